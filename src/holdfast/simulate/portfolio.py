"""One invented shop, or a portfolio of them, written as folders that `holdfast import` reads."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from holdfast.commerce.calendar import months_before
from holdfast.simulate import companies, contact, costs, desk, recurring, sales, voice
from holdfast.simulate.buyers import draw_buyers
from holdfast.simulate.clock import Clock
from holdfast.simulate.draws import Chance
from holdfast.simulate.files import Files, Format
from holdfast.simulate.laws import KINDS, Laws, Treatment, Trouble, laws_of
from holdfast.simulate.shop import Shop, season_of
from holdfast.simulate.truth import Tally, facts, write_hidden
from holdfast.warehouse.simulated import MARK

PORTFOLIO = "portfolio"
AT_ONCE = 60_000  # customers drawn together: whole companies, and a few hundred megabytes
ZONE, CURRENCY = "Europe/Berlin", "EUR"
TRUTH, HIDDEN = "truth.json", "truth"
SHARES = {"marketplace": 0.6, "b2b": 0.15, "subscription": 0.25}  # of a portfolio's customers
NAMES = {"marketplace": "Simulated marketplace", "b2b": "Simulated B2B", "subscription": "Simulated subscription"}

Progress = Callable[[str, float], None]


class CannotSimulate(Exception):
    """What was asked for cannot be invented, or not there; the message says what can."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to invent. until: the last day; months: how many months end with it; seed: any whole number from 0."""

    kind: str
    customers: int
    months: int
    seed: int
    until: date
    format: Format = "parquet"
    treatment: Treatment = field(default_factory=Treatment)
    trouble: Trouble = field(default_factory=Trouble)

    def check(self) -> None:
        if self.kind not in (*KINDS, PORTFOLIO):
            raise CannotSimulate(f"no kind of shop is called {self.kind!r}; choose {', '.join(KINDS)} or {PORTFOLIO}")
        if not 1 <= self.months <= 240:
            raise CannotSimulate(f"{self.months} months cannot be invented: ask for 1 to 240")
        least = 20 if self.kind == PORTFOLIO else 1
        if self.customers < least:
            raise CannotSimulate(f"a {self.kind} has {least} customers or more, not {self.customers}")
        if self.trouble.days < 0:
            raise CannotSimulate("trouble begins some days before the end, 0 or more")
        if self.seed < 0:
            raise CannotSimulate("the seed is a whole number from 0 on")
        if (
            not 0 <= self.treatment.share <= 1
            or min(self.treatment.rate, self.treatment.spend, self.treatment.churn) <= 0
        ):
            raise CannotSimulate("a treatment multiplies by more than 0, and treats a share from 0 to 1")


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: the folder of each shop, its rows by file and its truth."""

    folder: Path
    shops: dict[str, Path]
    rows: dict[str, dict[str, int]]
    truth: dict[str, dict[str, Any]]


def simulate(out: Path, wanted: Wanted, progress: Progress | None = None) -> Made:
    """Write the folder, all of it or none. The same Wanted gives the same bytes. Raises CannotSimulate."""
    wanted.check()
    _refuse_what_is_not_ours(out)
    beside = out.with_name(f"{out.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        made = _write(beside, wanted, progress or (lambda step, share: None))
        if out.exists():
            shutil.rmtree(out)
        os.replace(beside, out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    places = {name: out / path.relative_to(beside) for name, path in made.shops.items()}
    return Made(out, places, made.rows, made.truth)


def _refuse_what_is_not_ours(out: Path) -> None:
    """A folder is written anew only where all that lies in it was written by us."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CannotSimulate(f"{out} is not a folder; name another")
    if not out.is_dir() or not any(out.iterdir()):
        return
    strange = _strangers(out)
    if strange:
        raise CannotSimulate(f"{out} holds {strange}, which `holdfast simulate` did not write; name another folder")


def _strangers(folder: Path) -> str:
    """The first thing in a folder that its own mark does not name, else ""."""
    try:
        said = json.loads((folder / MARK).read_text())
        ours, shops = {MARK, *said["files"]}, [str(name) for name in said.get("shops", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return next(str(path.name) for path in sorted(folder.iterdir()))
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        inside = name.parts[0] in shops
        if path.is_file() and not inside and name.as_posix() not in ours:
            return name.as_posix()
    return next(
        (f"{name}/{found}" for name in shops if (folder / name).is_dir() and (found := _strangers(folder / name))), ""
    )


def _write(folder: Path, wanted: Wanted, progress: Progress) -> Made:
    if wanted.kind != PORTFOLIO:
        rows, truth = _write_shop(
            folder, wanted, laws_of(wanted.kind, wanted.treatment, wanted.trouble), wanted.customers, progress
        )
        return Made(folder, {wanted.kind: folder}, {wanted.kind: rows}, {wanted.kind: truth})
    made = Made(folder, {}, {}, {})
    begun = 0.0
    for kind in KINDS:
        place = folder / kind
        place.mkdir()

        def told(step: str, share: float, begun: float = begun, kind: str = kind) -> None:
            progress(f"{kind}: {step}", begun + SHARES[kind] * share)

        customers = max(round(wanted.customers * SHARES[kind]), 1)
        made.shops[kind] = place
        made.rows[kind], made.truth[kind] = _write_shop(
            place, wanted, laws_of(kind, wanted.treatment, wanted.trouble), customers, told
        )
        begun += SHARES[kind]
    whole = {"simulated": True, "made_by": made_by(wanted), "shops": made.truth}
    (folder / TRUTH).write_text(_json(whole))
    (folder / MARK).write_text(_json(_mark(wanted, PORTFOLIO, [TRUTH]) | {"shops": list(KINDS)}))
    return made


def _write_shop(
    folder: Path, wanted: Wanted, laws: Laws, customers: int, progress: Progress
) -> tuple[dict[str, int], dict[str, Any]]:
    (folder / HIDDEN).mkdir()
    with Files(folder, wanted.format) as files, Files(folder / HIDDEN, wanted.format) as hidden:
        shop, tally = invent(files, wanted, laws, customers), Tally()
        _write_what_stands(shop)
        upto = range(0, customers, AT_ONCE)
        for chunk, begins in enumerate(upto):
            progress(f"customers {begins:,} of {customers:,}", begins / customers)
            _write_chunk(shop, hidden, tally, chunk, begins, min(AT_ONCE, customers - begins))
    progress("truth", 1.0)
    truth = {
        "simulated": True, "made_by": made_by(wanted), "kind": laws.kind, "shop": shop.name,
        "since": shop.since.isoformat(), "until": shop.until.isoformat(), "zone": shop.zone, "currency": shop.currency,
        "laws": asdict(laws), "rows": dict(sorted(files.rows.items())), "facts": facts(shop, tally),
    }  # fmt: skip
    (folder / TRUTH).write_text(_json(truth))
    own = [*files.names, TRUTH, *(f"{HIDDEN}/{name}" for name in hidden.names)]
    (folder / MARK).write_text(_json(_mark(wanted, laws.kind, own)))
    return dict(sorted(files.rows.items())), truth


def invent(sink: Any, wanted: Wanted, laws: Laws, customers: int) -> Shop:
    """The shop, before anything of it is drawn."""
    since = months_before(wanted.until + timedelta(days=1), wanted.months)
    clock = Clock(ZONE, since, wanted.until + timedelta(days=400))
    return Shop(
        NAMES[laws.kind], laws, customers, since, wanted.until, ZONE, CURRENCY, Chance(wanted.seed, laws.kind), sink,
        clock, season_of(laws, since, wanted.until),
    )  # fmt: skip


def _write_what_stands(shop: Shop) -> None:
    sales.write_products(shop)
    desk.write_schedule(shop)
    voice.write_surveys(shop)
    contact.write_capabilities(shop)
    costs.write_costs(shop)


def _write_chunk(shop: Shop, hidden: Files, tally: Tally, chunk: int, begins: int, count: int) -> None:
    buyers = draw_buyers(shop, chunk, begins, count)
    write_hidden(shop, hidden, buyers)
    country = sales.country_of(buyers.number)
    contact.write_customers(shop, chunk, buyers, country, sales.COUNTRIES)
    companies.write_companies(shop, chunk, buyers, country, sales.COUNTRIES)
    sold = sales.draw_sales(shop, chunk, buyers)
    tally.add_buyers(shop, buyers, sold)
    agreements = recurring.draw_agreements(shop, chunk, buyers)
    recurring.write_agreements(shop, chunk, buyers, agreements)
    tally.add_agreements(shop, agreements)
    tickets = desk.draw_tickets(shop, chunk, buyers, sold)
    tally.add_tickets(tickets)
    tally.add_answers(shop, voice.draw_answers(shop, chunk, buyers, sold, tickets))
    contact.write_messages(shop, chunk, buyers)
    contact.write_visits(shop, chunk, buyers, sold)
    contact.write_habits(shop, chunk, buyers, sold)


def made_by(wanted: Wanted) -> dict[str, Any]:
    return {"holdfast": version("holdfast"), **asdict(wanted), "until": wanted.until.isoformat()}


def _mark(wanted: Wanted, kind: str, files: list[str]) -> dict[str, Any]:
    shop = (
        {} if kind == PORTFOLIO else {"shop": NAMES[kind], "account": NAMES[kind], "zone": ZONE, "currency": CURRENCY}
    )
    return {"simulated": True, "kind": kind, **shop, "made_by": made_by(wanted), "files": files}


def _json(said: Any) -> str:
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"
