"""`holdfast consent`: what people said to being written to, and addresses that are written to no more."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, book, figures
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.playbooks.restraint.people import Person
    from holdfast.warehouse.home import Home

consent = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
CustomerArgument = Annotated[
    str,
    typer.Argument(help="The number that the shop gives them, or ours: #12.", metavar="CUSTOMER", show_default=False),
]
ChannelOption = Annotated[str, typer.Option(help="email or sms; without it all.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@consent.callback()
def about() -> None:
    """What people said to being written to: only ever added to, and the latest word holds."""


@consent.command()
def show(
    customer: CustomerArgument,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Every word of a customer and of their addresses, and what is kept of them.

    Example: holdfast consent show 1042
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.playbooks.restraint.erasing import theirs
        from holdfast.playbooks.restraint.ledger import of_person

        who = _person(place, customer, shop)
        words, stopped = of_person(who)
        kept = asdict(theirs(who))
    document = {"customer_id": who.key, "profiles": who.keys, "words": words, "suppressed": stopped, "kept": kept}

    def told(out: Console) -> None:
        for word in words:
            where = word["channel"] or "all channels"
            out.print(
                f"{word['at']:%Y-%m-%d %H:%M}  {word['word']:<8} {word['purpose']}, {where}: {word['source']}",
                markup=False,
            )
        for one in stopped:
            out.print(f"{one['at']:%Y-%m-%d %H:%M}  suppressed: {one['why']}", markup=False)
        if not words and not stopped:
            out.print("They said nothing here; what the shop's own files say of them holds.", markup=False)

    Speech(json).answer(document, told)


@consent.command("set")
def set_(
    customer: CustomerArgument,
    word: Annotated[str, typer.Argument(help="yes or no.", metavar="WORD", show_default=False)],
    channel: ChannelOption = "",
    purpose: Annotated[str, typer.Option(help="marketing, or profiling: a no is an objection.")] = "marketing",
    basis: Annotated[str, typer.Option(help="consent, legitimate interest or contract.")] = "",
    source: Annotated[str, typer.Option(help="Where it was said: a call, a letter, a form.")] = "",
    wording: Annotated[str, typer.Option(help="Which text they agreed to.")] = "",
    shop: asked.ShopOption = None,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Write down what a customer said. A yes says where it was said.

    Example: holdfast consent set 1042 no --source "call of 3 March"
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.accounts.access import must
        from holdfast.playbooks.restraint.words import Word, say

        by = book.acting(person)
        must(by.user, "note")
        if word == "yes" and not source:
            raise typer.BadParameter("a yes needs --source: where was it said?")
        if word not in ("yes", "no"):
            raise typer.BadParameter("a word is yes or no; what is to be confirmed is asked with a mail")
        who = _person(place, customer, shop)
        told = Word(word, channel, purpose, customer_id=who.key, shop_id=who.shop_id, basis=basis,
                    source=source or "the command line", wording=wording)  # fmt: skip
        say([told], by=by, at=datetime.now(UTC))
    said = f"Written down: {word} to {purpose} by {channel or 'all channels'}, customer {who.key}."
    Speech(json).answer({"customer_id": who.key, "word": word}, lambda out: out.print(said, markup=False))


@consent.command()
def ask(
    address: Annotated[str, typer.Argument(help="The e-mail that was given.", metavar="ADDRESS", show_default=False)],
    source: Annotated[str, typer.Option(help="Where it was given: a form, a stand at a fair.")],
    wording: Annotated[str, typer.Option(help="Which text they agreed to.")] = "",
    customer: Annotated[str, typer.Option(help="Whose it is, where that is known.", metavar="CUSTOMER")] = "",
    shop: asked.ShopOption = None,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Ask somebody by mail to confirm that they want to be written to; until they do, they are not.

    Example: holdfast consent ask ann@example.org --source "fair in May"
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.accounts.access import must
        from holdfast.playbooks.channels.leaving import ask_for_confirmation

        by = book.acting(person)
        must(by.user, "note")
        told = {"shop": _shop(place, shop).shop_id, "email": address, "source": source, "wording": wording}
        put = ask_for_confirmation(place, told | {"customer": customer}, by=by, at=datetime.now(UTC))
    said = "The mail that asks them is in the outbox."
    Speech(json).answer({"message": put.pk, "state": put.state}, lambda out: out.print(said, markup=False))


@consent.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: customer or address, word, at, and channel, source, basis, wording, purpose.",
            metavar="FILE",
            exists=True,
            dir_okay=False,
        ),
    ],
    shop: asked.ShopOption = None,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Take in words of consent that another tool kept, with their own days. Twice taken in is once.

    Example: holdfast consent import consents.csv
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.accounts.access import must
        from holdfast.playbooks.restraint.ledger import take_in

        by = book.acting(person)
        must(by.user, "assign")
        found = take_in(place, file, _shop(place, shop).shop_id, by=by)

    def told(out: Console) -> None:
        out.print(f"{figures.plural(found.taken, 'words')} taken in, {found.there} there already.", markup=False)
        for line, why in found.rejected:
            out.print(f"line {line}: {why}", markup=False)

    Speech(json).answer({"taken": found.taken, "there": found.there, "rejected": found.rejected}, told)
    if found.rejected and not found.taken and not found.there:
        raise typer.Exit(1)


@consent.command()
def suppress(
    address: Annotated[str, typer.Argument(help="An e-mail, or a telephone number as +49….", metavar="ADDRESS")],
    lift: Annotated[bool, typer.Option("--lift", help="Write to it again; complaints stay.")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="It does not exist: nothing is sent there at all.")] = False,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Write to an address no more, whoever has it. Only its hash is kept.

    Example: holdfast consent suppress ann@example.org
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.accounts.access import must
        from holdfast.playbooks.restraint import words

        by, now = book.acting(person), datetime.now(UTC)
        must(by.user, "assign")
        hashed = words.address_hash(place, address)
        if lift:
            changed = words.lift(hashed, by=by, at=now)
            said = (
                "It may be written to again." if changed else "It was not suppressed, or for a complaint, which stays."
            )
        else:
            changed = words.suppress([hashed], "hard bounce" if dead else "asked", by=by, at=now, source="command line")
            said = "Nothing is sent there any more." if dead else "No marketing is sent there any more."
    Speech(json).answer({"changed": changed, "lifted": lift}, lambda out: out.print(said, markup=False))


@consent.command()
def erase(
    customer: CustomerArgument,
    yes: YesOption = False,
    shop: asked.ShopOption = None,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Erase a customer: what playbooks keep of them, and in the facts all that names them. It cannot be taken back.

    Orders stay, under a key that leads to nobody, so that the books still add up. The hash of each address stays,
    suppressed, so that a later import does not begin to write to them again. Build afterwards.

    Example: holdfast consent erase 1042
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.playbooks.restraint.erasing import erase as erased
        from holdfast.playbooks.restraint.erasing import theirs

        who, by = _person(place, customer, shop), book.acting(person)
        found = theirs(who)
        told = f"{figures.plural(found.words, 'words')} of consent and {figures.plural(found.messages, 'messages')}"
        if not yes and json:
            raise CannotBeDone("say --yes: it cannot be taken back")
        if not yes:
            typer.confirm(f"Erase {told} of customer {who.key}? It cannot be taken back.", abort=True)
        found = erased(place, who, by=by, at=datetime.now(UTC))
    Speech(json).answer(asdict(found), lambda out: out.print(f"Erased: {told}.", markup=False))


@consent.command()
def replay(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Erase from the facts once more who was erased: after a backup was put back that knows them still.

    Example: holdfast consent replay
    """
    from holdfast.warehouse.erasure import replay as again

    found = again(asked.need_home(home))
    said = f"{figures.plural(found.rows, 'rows')} in {figures.plural(found.files, 'files')} were emptied."
    Speech(json).answer(asdict(found), lambda out: out.print(said, markup=False))


def _shop(home: Home, name: str | None) -> Any:
    shops = home.shops()
    if name is None and len(shops) == 1:
        return shops[0]
    found = next((shop for shop in shops if shop.name == name), None)
    if found is None:
        raise CannotBeDone(f"say which shop with --shop; {did_you_mean(name or '', [shop.name for shop in shops])}")
    return found


def _person(home: Home, customer: str, shop: str | None) -> Person:
    from holdfast.playbooks.restraint.people import person

    found = person(home, _shop(home, shop).shop_id, customer)
    if found is None:
        raise CannotBeDone(f"no customer goes by {customer!r}; a number such as #12 is ours, others are the shop's")
    return found
