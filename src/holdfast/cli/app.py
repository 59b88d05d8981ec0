"""Every command, in the order a person meets them."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli import (
    accounts,
    building,
    consent,
    customers,
    doctor,
    experiments,
    explain,
    freezing,
    health,
    identity,
    importing,
    ledger,
    listing,
    models,
    outbox,
    parity,
    playbooks,
    reviewing,
    rows,
    scorecard,
    seasons,
    segments,
    series,
    serve,
    simulating,
    starting,
    targets,
)
from holdfast.cli.failure import Commands

app = typer.Typer(
    name="holdfast",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done · 1 could not be done · 2 written wrongly · 3 another writer is at work.",
)


def version() -> str:
    """The installed version."""
    from importlib import metadata

    return metadata.version("holdfast")


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"holdfast {version()}")
        raise typer.Exit


@app.callback()
def holdfast(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Customer success for e-commerce, on your own machine: every number opens, unknown is said."""


_FIRST, _NUMBERS, _WORK, _HOUSE = "From files to numbers", "The numbers", "The book of work", "The house"
app.command("init", rich_help_panel=_FIRST)(starting.init)
app.command("import", rich_help_panel=_FIRST)(importing.import_files)
app.command("build", rich_help_panel=_FIRST)(building.build)
app.command("scorecard", rich_help_panel=_NUMBERS)(scorecard.scorecard)
app.command("explain", rich_help_panel=_NUMBERS)(explain.explain)
app.command("rows", rich_help_panel=_NUMBERS)(rows.rows)
app.command("series", rich_help_panel=_NUMBERS)(series.series)
app.command("breakdown", rich_help_panel=_NUMBERS)(series.breakdown)
app.command("ledger", rich_help_panel=_NUMBERS)(ledger.ledger)
app.command("parity", rich_help_panel=_NUMBERS)(parity.parity)
app.command("metrics", rich_help_panel=_NUMBERS)(listing.metrics)
app.command("simulate", rich_help_panel=_FIRST)(simulating.simulate)
app.command("rejects", rich_help_panel=_FIRST)(listing.rejects)
app.command("loads", rich_help_panel=_FIRST)(listing.loads)
app.command("weeks", rich_help_panel=_NUMBERS)(seasons.weeks)
app.command("phases", rich_help_panel=_NUMBERS)(seasons.phases)
app.command("review", rich_help_panel=_NUMBERS)(reviewing.review)
app.add_typer(targets.targets, name="targets", rich_help_panel=_NUMBERS)
app.add_typer(freezing.freeze, name="freeze", rich_help_panel=_NUMBERS)
app.add_typer(health.health, name="health", rich_help_panel=_NUMBERS)
app.add_typer(experiments.experiments, name="experiments", rich_help_panel=_NUMBERS)
app.command("customers", rich_help_panel=_NUMBERS)(customers.customers)
app.command("customer", rich_help_panel=_NUMBERS)(customers.customer)
app.add_typer(segments.segments, name="segments", rich_help_panel=_NUMBERS)
app.add_typer(models.models, name="models", rich_help_panel=_NUMBERS)
app.command("peaks", rich_help_panel=_NUMBERS)(seasons.peaks)
app.add_typer(accounts.accounts, name="accounts", rich_help_panel=_WORK)
app.add_typer(playbooks.playbooks, name="playbooks", rich_help_panel=_WORK)
app.add_typer(consent.consent, name="consent", rich_help_panel=_WORK)
app.add_typer(outbox.outbox, name="outbox", rich_help_panel=_WORK)
app.add_typer(identity.identity, name="identity", rich_help_panel=_HOUSE)
app.command("serve", rich_help_panel=_HOUSE)(serve.serve)
app.command("doctor", rich_help_panel=_HOUSE)(doctor.doctor)


def main() -> None:
    """The entry point of `holdfast`."""
    app()
