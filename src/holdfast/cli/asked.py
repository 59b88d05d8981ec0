"""What every command may be asked with: options, and the home, scope, metric and day they mean.

Nothing heavy is imported before a command runs, so that `--help` and completion answer at once.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.failure import CannotBeDone, did_you_mean

if TYPE_CHECKING:
    from holdfast.metrics.declare import Metric
    from holdfast.metrics.export import Format
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope
    from holdfast.warehouse.home import Home


def shop_names(ctx: typer.Context, incomplete: str) -> list[str]:
    return [name for name in _declared(ctx, "name") if name.startswith(incomplete)]


def account_names(ctx: typer.Context, incomplete: str) -> list[str]:
    return [name for name in _declared(ctx, "account") if name.startswith(incomplete)]


def _declared(ctx: typer.Context, key: str) -> list[str]:
    from holdfast.warehouse.home import Home

    try:
        settings = tomllib.loads((Home.find(ctx.params.get("home")).path / "holdfast.toml").read_text())
        return sorted({str(shop.get(key, "")) for shop in settings.get("shop", [])})
    except (OSError, tomllib.TOMLDecodeError, AttributeError):
        return []


def metric_ids(incomplete: str) -> list[tuple[str, str]]:
    from holdfast.metrics.registry import METRICS

    return [(m.id, m.name) for m in METRICS.values() if m.id.startswith(incomplete.lower())]


HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="HOLDFAST_HOME", help="The home folder (default ~/.holdfast).", metavar="FOLDER"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for machines.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="As it stood on this day."),
]
ShopOption = Annotated[
    str | None, typer.Option("--shop", help="One shop's numbers.", metavar="NAME", autocompletion=shop_names)
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="One account's numbers.", metavar="NAME", autocompletion=account_names)
]
MetricArgument = Annotated[
    str,
    typer.Argument(
        help="Id, number or short name: repeat_purchase_rate, M18, aov.", metavar="METRIC", autocompletion=metric_ids
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write all of it to a .csv, .parquet or .xlsx file.", metavar="FILE")
]


def need_home(given: Path | None) -> Home:
    """The home, which must be there."""
    from holdfast.warehouse.home import Home, HomeProblem
    from holdfast.warehouse.simulated import tell

    home = Home.find(given)
    if not home.exists:
        raise HomeProblem(f"no Holdfast home at {home.path}; make one with `holdfast init` or name one with --home")
    tell(home.shops())
    return home


def published(given: Path | None) -> Published:
    """What serves in the home."""
    from holdfast.metrics.published import need_published
    from holdfast.warehouse.simulated import tell

    found = need_published(need_home(given))
    tell(found.shops)
    return found


def scope_of(found: Published, shop: str | None, account: str | None) -> Scope:
    """The scope of --shop or --account, which must be in the snapshot; what is said from here on is about it."""
    from holdfast.warehouse.simulated import tell

    scope = _scope(found, shop, account)
    tell(found.shops_of(scope))
    return scope


def _scope(found: Published, shop: str | None, account: str | None) -> Scope:
    from holdfast.metrics.values import Scope

    if shop and account:
        raise typer.BadParameter("say --shop or --account, not both")
    if shop:
        return Scope("shop", _one_of(shop, [s.name for s in found.shops], "shop"))
    if account:
        return Scope("account", _one_of(account, sorted({s.account for s in found.shops}), "account"))
    return Scope()


def _one_of(name: str, known: list[str], noun: str) -> str:
    if name in known:
        return name
    raise CannotBeDone(f"no {noun} in the snapshot is called {name!r}; {did_you_mean(name, known)}")


def metric_of(said: str) -> Metric:
    from holdfast.metrics.registry import find

    return find(said)


def day_of(found: Published, as_of: datetime | None) -> date | None:
    """The day asked for, or None for the snapshot's own."""
    if as_of is None or as_of.date() == found.as_of:
        return None
    if as_of.date() > found.as_of:
        raise CannotBeDone(
            f"the data end on {found.as_of}, so nothing can be said as of {as_of.date()}; ask for a day up to then,"
            " or import newer orders and build"
        )
    return as_of.date()


def format_of(out: Path) -> Format:
    """csv, parquet or xlsx, by how the file's name ends."""
    ending = out.suffix.lower().removeprefix(".")
    if ending not in ("csv", "parquet", "xlsx"):
        raise typer.BadParameter(f"--out {out}: end the name in .csv, .parquet or .xlsx")
    if not out.absolute().parent.is_dir():
        raise CannotBeDone(f"there is no folder {out.absolute().parent}; make it first")
    return ending  # type: ignore[return-value]
