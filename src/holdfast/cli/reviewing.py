"""`holdfast review`: an account's review as it would be drafted now, in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, book
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from holdfast.accounts.decide.reviewing import Told
    from holdfast.reviews.story import Story
    from holdfast.warehouse.home import Home

TEMPLATE = "review-template.pptx"  # in the home, as the pages use it
KINDS = (".pptx", ".html", ".pdf")


def review(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", autocompletion=asked.account_names)],
    out: Annotated[Path, typer.Option("--out", help="A .pptx, .html or .pdf file.", metavar="FILE")],
    template: Annotated[
        Path | None, typer.Option(help="Your own .pptx with the layouts Title Slide and Title Only.", metavar="FILE")
    ] = None,
    blacken: Annotated[str, typer.Option(help="names, money or both: for a customer's copy.")] = "nothing",
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Draft an account's review from what is known now. It is marked as a draft: reviews are issued in the browser.

    Example: holdfast review "My shop" --out review.pptx
    """
    from holdfast.reviews.withheld import PROFILES, withhold

    if out.suffix not in KINDS or blacken not in PROFILES:
        raise typer.BadParameter(f"--out ends with {', '.join(KINDS)}, and --blacken is one of {', '.join(PROFILES)}")
    speech, place = Speech(json, quiet), asked.need_home(home)
    story = withhold(_story(place, account), blacken)
    out.write_bytes(_file(story, out.suffix, _template(place, template)))
    document = {"file": str(out), "pages": len(story.pages), "figures": len(story.notes), "snapshot": story.snapshot}
    speech.answer(document, lambda to: to.print(f"{out}: {len(story.pages)} pages, each figure with its footnote"))


def _file(story: Story, suffix: str, template: bytes | None) -> bytes:
    from holdfast.reviews.deck import deck_of
    from holdfast.reviews.look import TemplateProblem
    from holdfast.reviews.printed import CannotPrint, pdf_of
    from holdfast.reviews.sheets import file_of

    if suffix == ".html":
        return file_of(story).encode()
    try:
        deck = deck_of(story, template)
        return pdf_of(deck) if suffix == ".pdf" else deck
    except (TemplateProblem, CannotPrint) as problem:
        raise CannotBeDone(str(problem)) from problem


def _template(place: Home, given: Path | None) -> bytes | None:
    path = given or place.path / TEMPLATE
    return path.read_bytes() if given or path.is_file() else None


def _story(place: Home, account: str) -> Story:
    from dataclasses import replace

    from holdfast.metrics.published import need_published
    from holdfast.metrics.scorecard import scorecard
    from holdfast.metrics.values import Scope
    from holdfast.reviews.findings import Numbers
    from holdfast.reviews.telling import Given
    from holdfast.reviews.telling import tell as drawn
    from holdfast.warehouse.simulated import tell

    source = need_published(place)
    known = sorted({shop.account for shop in source.shops})
    if account not in known:
        raise CannotBeDone(f"no account is called {account!r}; {did_you_mean(account, known)}")
    scope = Scope("account", account)
    tell(source.shops_of(scope))
    told, segment = _told(place, account)
    card = scorecard(source, scope, segment or None)
    # a segment of the merchant's own has no targets: those of the card are then nobody's choice
    numbers = Numbers(source, scope, card, bool(segment) and card.segment.id == segment)
    return replace(drawn(Given(told, numbers, datetime.now(UTC).date())), draft=True)


def _told(place: Home, account: str) -> tuple[Told, str]:
    """What the book of work tells of it, and its segment there; whoever has the home's files may read all of it."""
    from holdfast.accounts.decide.reviewing import Told

    if not book.there_is_a_book(place):
        return Told(account), ""
    with book.opened(place):
        from holdfast.accounts.models import Account, source_of
        from holdfast.accounts.reading.reviews import told_of

        found = Account.objects.filter(source=source_of(account)).first()
        if found is None:
            return Told(account), ""
        return told_of(book.acting(None).user, found.pk), found.segment
