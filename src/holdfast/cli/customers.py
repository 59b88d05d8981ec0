"""`holdfast customers` and `holdfast customer`: who is at risk, with reasons, and one customer whole."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech, plain

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from holdfast.metrics.published import Published
    from holdfast.predictions.customer import Customer
    from holdfast.predictions.customers import Listed
    from holdfast.warehouse.home import Shop


SPEAKS = "what speaks most"
HAPPENED = {"order": "order", "refund": "given back,"}  # what an event begins with, where that is not its kind


class By(Enum):
    """What comes first."""

    stake = "stake"
    risk = "risk"
    value = "value"
    soon = "soon"


def customers(
    by: Annotated[
        By,
        typer.Option(
            help="stake: chance of leaving × spent in a year; risk; value: what they will bring in a year, or spent"
            " where that is not told; soon: chance of an order."
        ),
    ] = By.stake,
    limit: Annotated[int, typer.Option(min=1, help="Customers to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Customers to pass over.")] = 0,
    out: asked.OutOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Customers by what is at stake, with each one's chance of leaving and the three things that speak most for it.

    Reasons say what the model made of a customer's own numbers; they are no causes.

    Example: holdfast customers --by risk --limit 10
    """
    from holdfast.commerce.unknown import Unknown
    from holdfast.predictions.customers import customers as listed

    speech, found = Speech(json, quiet), asked.published(home)
    one = _one_shop(found, shop)
    told = listed(found.home, one, by=by.value, limit=None if out else limit, offset=0 if out else offset)
    if isinstance(told, Unknown):
        raise CannotBeDone(f"{told.why}: {told.would_need}")
    if out is not None:
        return _write(speech, told.table, out)
    document = {
        "shop": one.name, "currency": one.currency, "as_of": told.card["as_of"], "total": told.total, "word": told.word,
        "of_older_snapshot": told.stale, "customers": told.table.to_pylist(),
    }  # fmt: skip
    speech.answer(document, lambda console: _show(console, one, told))


def customer(
    number: Annotated[str, typer.Argument(help="The shop's number of the customer, or ours: #12.", metavar="NUMBER")],
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """One customer: what happened, newest first, what they are worth, and how likely they are to leave, with reasons.

    Example: holdfast customer 17850
    """
    from holdfast.predictions.customer import customer as find

    found = asked.published(home)
    one = next(iter(found.shops_of(asked.scope_of(found, shop, None))), None) if shop else None
    told = find(found.home, number, one)
    document: dict[str, Any] = plain(told)
    speech = Speech(json)
    if number not in (told.number, f"#{told.customer_id}"):
        speech.note(
            f"{number} is one person with {told.number or f'#{told.customer_id}'}: holdfast identity why {number}"
        )
    speech.answer(document, lambda out: _show_one(out, told))


def _one_shop(found: Published, name: str | None) -> Shop:
    shops = list(found.shops_of(asked.scope_of(found, name, None)))
    if len(shops) > 1:
        raise CannotBeDone(f"say which shop with --shop: {', '.join(shop.name for shop in shops)}")
    return shops[0]


def _write(speech: Speech, table: pa.Table, out: Path) -> None:
    """All of them; reasons in one cell."""
    import pyarrow as pa

    from holdfast.metrics.export import write

    format = asked.format_of(out)
    reasons = pa.array([" · ".join(said) for said in table["reasons"].to_pylist()])
    told = table.set_column(table.schema.get_field_index("reasons"), "reasons", reasons)
    rows = write(told, out, format)
    said = f"{figures.plural(rows, 'customers')} written to {out}"
    speech.answer({"file": out, "rows": rows}, lambda o: o.print(said, markup=False, soft_wrap=True))


def _show(out: Console, shop: Shop, told: Listed) -> None:
    from rich import box
    from rich.table import Table

    label = told.card["models"]["leaves"]["label"]["said"].partition(" (")[0]
    title = f"{shop.name} on {told.card['as_of']}: who leaves ({label}), a {told.word} number"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    valued = "value_minor" in told.table.column_names
    for head in ("customer", "leaves", "spent", "at stake", *(["expected"] if valued else []), "last bought", SPEAKS):
        table.add_column(head, justify="left" if head in ("customer", SPEAKS) else "right")
    for row in told.table.to_pylist():
        last = figures.DASH if row["last_on"] is None else figures.day(row["last_on"])
        table.add_row(
            row["customer"] or f"#{row['customer_id']}", _chance(row["leaves"]), _money(row["spent_minor"], shop),
            _money(row["stake_minor"], shop), *([_money(row["value_minor"], shop)] if valued else []), last,
            "\n".join(_reasons(row)),
        )  # fmt: skip
    out.print(table)
    who = "companies" if told.card.get("of_companies") else "customers"
    shown = f"{figures.number(told.table.num_rows)} of {figures.plural(told.total, who)}"
    one = "" if told.card.get("of_companies") else "; holdfast customer NUMBER shows one"
    out.print(f"{shown}{one}", style="dim", markup=False)
    if told.stale:
        out.print("This was said of an older snapshot: holdfast models publish", style="yellow", markup=False)


def _reasons(row: dict[str, Any]) -> list[str]:
    return [f"for {row['toward']}:", *row["reasons"]] if row["reasons"] else []


def _show_one(out: Console, told: Customer) -> None:
    from holdfast.commerce.unknown import Unknown
    from holdfast.predictions.timeline import LISTED

    name = told.number or f"#{told.customer_id}"
    out.print(f"{told.shop.name}, customer {name}", style="bold", markup=False)
    if told.first_on is not None and told.last_on is not None:
        span = f"{figures.day(told.first_on)} to {figures.day(told.last_on)}"
        kept = f"{figures.minor(told.spent_minor, told.shop.currency)} after what went back"
        days = figures.plural(told.occasions, "days")
        out.print(f"  bought on {days}, {span}, for {kept}", markup=False, soft_wrap=True)
    if isinstance(told.said, Unknown):
        out.print(f"  risk: {told.said.why} ({told.said.would_need})", markup=False, soft_wrap=True)
    else:
        chance = _chance(told.said.leaves)
        out.print(f"  {chance} leaves ({told.said.word}): {told.said.label}", markup=False, soft_wrap=True)
        for sentence, odds in told.said.reasons:
            out.print(f"    {'likelier' if odds > 0 else 'less likely'}: {sentence}", markup=False, soft_wrap=True)
        if (value := told.said.value.get("value_minor")) is not None:
            low, high = (_money(told.said.value[name], told.shop) for name in ("low_minor", "high_minor"))
            out.print(
                f"  {_money(value, told.shop)} expected in a year: {low} to {high} 95 times in 100",
                markup=False, soft_wrap=True,
            )  # fmt: skip
        soon = "; ".join(f"{_chance(v)} within {k.partition('_')[2]} days" for k, v in told.said.orders.items() if v)
        if soon:
            out.print(f"  orders again: {soon}", markup=False)
        for sentence, odds in told.said.sooner:
            out.print(f"    {'sooner' if odds > 0 else 'later'}: {sentence}", markup=False, soft_wrap=True)
    if (stays := told.subscribed) is not None:
        worth = " to ".join(_money(end, told.shop) for end in (stays.low_minor, stays.high_minor))
        brings = f"{stays.renewals:.1f} renewals, {_money(stays.value_minor, told.shop)} ({worth})"
        chance = f"{_chance(stays.stays)} still subscribes in {stays.within} months ({stays.word})"
        out.print(f"  {chance}: {brings}", markup=False, soft_wrap=True)
    if told.before:
        before = ", ".join(f"{_chance(said.leaves)} on {figures.day(said.as_of)}" for said in told.before)
        out.print(f"  said before: {before}", style="dim", markup=False, soft_wrap=True)
    for other in told.elsewhere:
        there = f"{_chance(other.leaves)} leaves, {_money(other.value_minor, other.shop)} expected in a year"
        name = other.number or f"#{other.customer_id}"
        out.print(f"  also {name} of {other.shop.name}: {there}", markup=False, soft_wrap=True)
    for event in told.events:
        worth = "" if event.minor is None else f"  {figures.minor(event.minor, told.shop.currency)}"
        said = HAPPENED.get(event.kind, event.kind + ",") + f" {event.said}"
        out.print(f"  {figures.day(event.day)}  {said}{worth}", markup=False, soft_wrap=True)

    if len(told.events) == LISTED:
        out.print(f"  the newest {LISTED}; the page of the customer exports all of it", style="dim", markup=False)


def _chance(value: float | None) -> str:
    return figures.DASH if value is None else f"{value * 100:.0f} %"


def _money(minor: float | None, shop: Shop) -> str:
    from holdfast.commerce.money import minor_digits

    return figures.DASH if minor is None else figures.money(minor / 10 ** minor_digits(shop.currency), shop.currency)
