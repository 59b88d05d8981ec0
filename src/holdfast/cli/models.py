"""`holdfast models`: fit them, see what they are worth, and what became of what they said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.speech import Speech
from holdfast.cli.staying import staying

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from holdfast.metrics.published import Published
    from holdfast.predictions.model import Model, Refused
    from holdfast.warehouse.home import Shop


class OrList(TyperGroup):
    """`holdfast models` alone lists them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args not in (["--help"], ["-h"])):
            args = ["list", *args]
        return list(super().parse_args(ctx, args))


models = typer.Typer(cls=OrList, rich_markup_mode="markdown")
LabelArgument = Annotated[
    str, typer.Argument(help="leaves, orders_30, orders_60 or orders_90.", metavar="MODEL", show_default=False)
]
SCORED = ("as of", "customers", "said", "happened", "AUC", "slope", "Brier", "skill", "lift of the top tenth",
          "found by looking", "days before", "may be called")  # fmt: skip
RIVALS = (
    "model",
    "AUC",
    "precision by recall",
    "lift of the top tenth",
    "Brier",
    "over days since last order",
    "over the regression",
)


@models.callback()
def about() -> None:
    """Models of who leaves and who orders soon: fitted on what was known, held to what happened.

    `holdfast models` lists them. A model may be called predictive only where it passed every check for this shop.

    Example: holdfast models fit
    """


@models.command("list")
def list_models(
    shop: asked.ShopOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:  # fmt: skip
    """The newest model of each shop and label, what it may be called, and why there is none where there is none.

    Example: holdfast models
    """
    from holdfast.predictions.model import Refused
    from holdfast.predictions.rounds import models_of

    found = asked.published(home)
    told = [(one, model) for one in _shops(found, shop) for model in models_of(found.home, one)]
    document = {"models": [_in_short(one, model) for one, model in told]}

    def show(out: Console) -> None:
        if not told:
            out.print("No model has been fitted yet: holdfast models fit", markup=False)
        for one, model in told:
            if isinstance(model, Refused):
                need = f" ({model.unknown.would_need})" if model.unknown.would_need else ""
                out.print(f"{one.name}, {model.label}: none, {model.unknown.why}{need}", markup=False, soft_wrap=True)
            else:
                _show_line(out, one, model)

    Speech(json).answer(document, show)


@models.command()
def fit(
    known_then: Annotated[
        bool, typer.Option("--known-then", help="Read only what had been recorded by each day; a build for each.")
    ] = False,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Fit every model anew on what has happened up to now, test it, and publish what it says of today's customers.

    Tested on the latest day whose outcome is known, on customers that nothing was learned from, beside a regression
    and beside days since the last order alone.

    Example: holdfast models fit --shop "My shop"
    """
    from holdfast.predictions.publish import newest_published
    from holdfast.predictions.rounds import fit_shops, say

    speech, found, now = Speech(json, quiet), asked.published(home), datetime.now(UTC)
    _shops(found, shop)
    told: list[tuple[Shop, Model | Refused]] = []
    with speech.progress("fitting") as step:
        for one, model in fit_shops(found.home, now=now, shop=shop, known_then=known_then):
            told.append((one, model))
            step(f"{one.name}: {_label_of(model)}", min(0.9, 0.2 * len(told)))
        step("what they say", 0.95)
        say(found.home, now=now)
    for one, model in told:
        said = newest_published(found.home, "risk", one.shop_id) if _label_of(model) == "leaves" else None
        if said is not None and said.card["models"]["leaves"].get("version") != getattr(model, "version", None):
            speech.note(
                f"what an earlier model said of {one.name} on {said.as_of} stays; this one speaks after a build"
            )
    document = {"models": [_in_short(one, model) for one, model in told]}

    def show(out: Console) -> None:
        for one, model in told:
            _show_line(out, one, model)
        out.print("holdfast customers lists who is at risk; holdfast models show says how sure that is", style="dim")

    speech.answer(document, show)


@models.command()
def publish(home: asked.HomeOption = None, json: asked.JsonOption = False, quiet: asked.QuietOption = False) -> None:
    """Say what the models say of the serving snapshot's customers, and score what was said before and has come due.

    For after every build. What was said once is never written again.

    Example: holdfast models publish
    """
    from holdfast.commerce.unknown import Unknown
    from holdfast.predictions.rounds import say

    speech, found = Speech(json, quiet), asked.published(home)
    with speech.progress("saying") as step:
        step("what they say", 0.2)
        said, scored = say(found.home, now=datetime.now(UTC))
    files = [one.path for one in said if not isinstance(one, Unknown)]
    left = [one for one in said if isinstance(one, Unknown)]
    document = {"files": files, "not": left, "scored": [{"model": label, "score": told} for label, told in scored]}

    def show(out: Console) -> None:
        for path in files:
            out.print(f"said in {path}", markup=False, soft_wrap=True)
        for why in left:
            out.print(f"not said: {why.why} ({why.would_need})", markup=False, soft_wrap=True)
        out.print(f"{figures.plural(len(scored), 'predictions')} came due and were scored", style="dim")

    speech.answer(document, show)


@models.command()
def show(
    label: LabelArgument = "leaves", shop: asked.ShopOption = None, home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:  # fmt: skip
    """One model's card: what it foretells, from what, how well beside simpler ways, its checks and known failures.

    Example: holdfast models show leaves
    """
    from holdfast.predictions.model import Refused, newest, plain

    found = asked.published(home)
    one = _one_shop(found, shop)
    model = _known(newest(found.home, one.shop_id, label), label, found, one)
    if isinstance(model, Refused):
        raise CannotBeDone(f"there is no such model: {model.unknown.why} ({model.unknown.would_need})")
    document = _in_short(one, model) | {"card": model.card, "features": plain(model.features)}
    Speech(json).answer(document, lambda out: _show_card(out, one, model))


@models.command()
def record(
    label: LabelArgument = "leaves",
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Try the method on past months first, and keep what came out.")
    ] = False,
    shop: asked.ShopOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:  # fmt: skip
    """What a model said before and what happened: every published prediction that has come due, scored once.

    `value` is what customers were said to bring, held against what they brought a year on.

    With --backtest the method is tried as of past months, which nobody was told then; it is listed apart.

    Example: holdfast models record leaves --backtest
    """
    from holdfast.commerce.unknown import Unknown
    from holdfast.predictions.model import Model, newest
    from holdfast.predictions.record import kept_backtest, kept_scores
    from holdfast.predictions.rounds import try_past

    speech, found = Speech(json, quiet), asked.published(home)
    one = _one_shop(found, shop)
    if label == "value":
        due = kept_scores(found.home, one.shop_id, label, "value")
        document: dict[str, Any] = {"shop": one.name, "model": label, "published": due}
        return speech.answer(document, lambda out: _show_value_record(out, one, due))
    if backtest:
        with speech.progress("trying") as step:
            step("past months", 0.3)
            tried = try_past(found.home, one.name, label)
        if isinstance(tried, Unknown):
            raise CannotBeDone(f"{tried.why}: {tried.would_need}")
    model = _known(newest(found.home, one.shop_id, label), label, found, one)
    past = kept_backtest(found.home, model) if isinstance(model, Model) else []
    scores = kept_scores(found.home, one.shop_id, label)
    document = {"shop": one.name, "model": label, "published": scores, "backtest": past}
    speech.answer(document, lambda out: _show_record(out, scores, past))


models.command()(staying)


def _shops(found: Published, name: str | None) -> list[Shop]:
    scope = asked.scope_of(found, name, None)
    return list(found.shops_of(scope))


def _one_shop(found: Published, name: str | None) -> Shop:
    shops = _shops(found, name)
    if len(shops) > 1:
        raise CannotBeDone(f"say which shop with --shop: {', '.join(one.name for one in shops)}")
    return shops[0]


def _known(model: Model | Refused | None, label: str, found: Published, shop: Shop) -> Model | Refused:
    from holdfast.predictions.model import labels_kept

    if model is not None:
        return model
    labels = labels_kept(found.home, shop.shop_id)
    if not labels:
        raise CannotBeDone(f"no model has been fitted for {shop.name} yet: run `holdfast models fit`")
    raise CannotBeDone(f"no model is called {label!r}; {did_you_mean(label, labels)}")


def _label_of(model: Model | Refused) -> str:
    return model.label if isinstance(model.label, str) else model.label.id


def _in_short(shop: Shop, model: Model | Refused) -> dict[str, Any]:
    from holdfast.predictions.model import Refused

    told: dict[str, Any] = {
        "shop": shop.name, "model": _label_of(model), "fitted_at": model.fitted_at, "as_of": model.as_of,
    }  # fmt: skip
    if isinstance(model, Refused):
        return told | {"unknown": model.unknown}
    results = model.card["results"]
    return told | {
        "version": model.version, "label": model.label.said, "word": results["word"],
        "auc": results["rivals"][0]["auc"], "over_baseline": results["gate"]["verdict"],
        "over_regression": results["against_logistic"], "chances": results["chances"],
    }  # fmt: skip


def _show_line(out: Console, shop: Shop, model: Model | Refused) -> None:
    from holdfast.predictions.model import Refused

    if isinstance(model, Refused):
        need = f" ({model.unknown.would_need})" if model.unknown.would_need else ""
        out.print(f"{shop.name}, {model.label}: none, {model.unknown.why}{need}", markup=False, soft_wrap=True)
        return
    results = model.card["results"]
    out.print(f"{shop.name}, {model.label.id}: {results['word']}", style="bold", markup=False)
    out.print(
        f"  {model.label.said}; AUC {_estimate(results['rivals'][0]['auc'])}, {results['gate']['verdict']},"
        f" {results['against_logistic']}; its chances: {results['chances']}", markup=False, soft_wrap=True,
    )  # fmt: skip
    out.print(f"  fitted as of {figures.day(model.as_of)}, version {model.version}", style="dim", markup=False)


def _estimate(told: Mapping[str, Any] | None, places: int = 3, sign: str = "") -> str:
    """ "0.756 (0.733 to 0.777)", or why it is not known."""
    if told is None or "point" not in told:
        return f"unknown ({told['why']})" if told else figures.DASH
    point, low, high = (f"{told[name]:{sign}.{places}f}" for name in ("point", "low", "high"))
    return f"{point} ({low} to {high})".replace("-", figures.MINUS)


def _show_card(out: Console, shop: Shop, model: Model) -> None:
    from rich import box
    from rich.table import Table

    from holdfast.predictions.contest import NAMES

    card, results = model.card, model.card["results"]
    out.print(f"{shop.name}, {model.label.id}: {results['word']}", style="bold", markup=False)

    def line(name: str, said: str) -> None:
        out.print(f"  {name}: {said}", markup=False, soft_wrap=True)

    line("foretells", f"{card['label']}, of {card['who']}")
    line("for", card["purpose"])
    window = card["window"]
    line("learned from", f"{window['rows']:,} rows on {window['days']} days, {window['first']} to {window['last']}")
    line(
        "tested",
        f"on {results['test']}: {results['rows']:,} customers, it happened to {results['base_rate']:.1%}"
        f" ({results['learned_rate']:.1%} of the learned rows)",
    )
    table = Table(box=box.SIMPLE_HEAD)
    for head in RIVALS:
        table.add_column(head, justify="left" if head == "model" else "right")
    for one in results["rivals"]:
        brier = figures.DASH if one["brier"] is None else f"{one['brier']:.4f}"
        over = [figures.DASH if one["id"] == own else _estimate(one[name], sign="+")
                for own, name in (("overdue", "over_baseline"), ("logistic", "over_logistic"))]  # fmt: skip
        table.add_row(
            one["name"], _estimate(one["auc"]), _estimate(one["precision"]), _estimate(one["lift"], 2), brier, *over
        )
    out.print(table)
    if results["active"]:
        told = ", ".join(
            f"{NAMES[id]} {figures.DASH if auc is None else f'{auc:.3f}'}" for id, auc in results["active"].items()
        )
        line("AUC among who bought in the last 90 days", told)
    line("verdict", f"{results['gate']['verdict']}; {results['against_logistic']}")
    line("its chances", f"{results['chances']}: {results['chances_said']}")
    for check in results["gate"]["checks"]:
        mark = "✓" if check["passed"] else "✗"
        out.print(f"  {mark} {check['asks']}: {check['found']}", markup=False, soft_wrap=True)
    line("left out", "; ".join(card["exclusions"]))
    line("known", card["known"])
    for failure in card["failures"]:
        out.print(f"  · {failure}", style="dim", markup=False, soft_wrap=True)


def _show_record(out: Console, scores: list[dict[str, Any]], past: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    if not scores:
        out.print("Nothing that was published has come due yet.", markup=False)
    for title, rows in (("Published, and scored when its day came", scores), ("Backtest: what nobody was told", past)):
        if not rows:
            continue
        table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
        for head in SCORED:
            table.add_column(head, justify="left" if head in ("as of", "may be called") else "right")
        for row in rows:
            if "why" in row:
                table.add_row(row["as_of"], *[figures.DASH] * (len(SCORED) - 2), row["why"])
                continue
            slope = row["calibration"].get("slope")
            skill = row["skill"] if isinstance(row["skill"], float) else None
            table.add_row(
                row["as_of"], f"{row['n']:,}", f"{row['said']:.1%}", f"{row['rate']:.1%}", _estimate(row["auc"]),
                figures.DASH if slope is None else f"{slope:.2f}", f"{row['brier']:.4f}",
                figures.DASH if skill is None else figures.number(skill, 3), _point(row.get("lift")),
                _point(row.get("recall")), _days(row.get("lead")), row["word"],
            )  # fmt: skip
        out.print(table)
        newest = next((row for row in reversed(rows) if "why" not in row), None)
        if newest is not None:
            _show_parts(out, newest)


def _point(told: Mapping[str, Any] | None) -> str:
    """Without its ends, which `--json` has: the table is wide as it is."""
    return figures.DASH if not told or "point" not in told else f"{told['point']:.2f}"


def _days(lead: Mapping[str, Any] | None) -> str:
    return figures.DASH if not lead or lead["days"] is None else f"{lead['days']:,.0f}"


def _show_value_record(out: Console, shop: Shop, scores: list[dict[str, Any]]) -> None:
    """Said and come, of everybody and by cohort."""
    from rich import box
    from rich.table import Table

    if not scores:
        out.print("Nothing that was published has come due yet.", markup=False)
    for one in scores:
        if "why" in one:
            out.print(f"{one['as_of']}: {one['why']}", markup=False, soft_wrap=True)
            continue
        title = f"Said on {one['as_of']} ({one['word']}, {one['model']}), come due on {one['decided_on']}"
        table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
        for head in ("first bought", "customers", "days of buying said", "came", "value said", "came"):
            table.add_column(head, justify="left" if head == "first bought" else "right")
        for group in (*one["cohorts"], one["all"]):
            table.add_row(
                group["name"], f"{group['n']:,}", f"{group['said_orders']:,.0f}", f"{group['orders']:,}",
                figures.minor(round(group["said_minor"]), shop.currency),
                figures.minor(round(group["minor"]), shop.currency),
            )  # fmt: skip
        out.print(table)
        if one["inside"] is not None:
            out.print(f"  {one['inside']:.0%} of the customers brought what lay within their ends", markup=False)


def _show_parts(out: Console, row: dict[str, Any]) -> None:
    """One day taken apart: by tenths of what was said, and by the quarter of the first purchase."""
    tenths = ", ".join(f"{one['said']:.0%} → {one['happened']:.0%}" for one in row["reliability"])
    out.print(f"  {row['as_of']}, said → happened by tenths: {tenths}", markup=False, soft_wrap=True)
    cohorts = ", ".join(f"{c['name']} {c['said']:,.0f} → {c['happened']:,} of {c['n']:,}" for c in row["cohorts"])
    out.print(f"  by cohort: {cohorts}", markup=False, soft_wrap=True)
    out.print()
