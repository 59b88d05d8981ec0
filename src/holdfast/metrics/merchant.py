"""What a merchant decided about the targets: segments of accounts, markets of shops, answers to questions.

Kept in `merchant.toml` in the home, by hand or by a door:

    segment = "subscription"                 # of every account that has none of its own

    [account."Saltmarsh"]
    segment = "b2b_platform"

    [shop."uk"]
    market = "GB"

    [answer.retention_satisfaction]
    says = "mean"
    by = "ada"
    on = 2026-11-20
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import tomlkit

from holdfast.metrics.section import FrameworkProblem, Section
from holdfast.warehouse.home import write_whole
from holdfast.warehouse.lock import editing

FILE = "merchant.toml"  # in the home


@dataclass(frozen=True, slots=True)
class Answer:
    """An option somebody chose, by its id."""

    says: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Merchant:
    """segments: by account; markets: by shop; answers: by criterion."""

    segment: str = ""  # of accounts without their own
    segments: dict[str, str] = field(default_factory=dict)
    markets: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def segment_of(self, account: str) -> str:
        """Empty: nobody chose."""
        return self.segments.get(account, self.segment)


def read_merchant(home: Path) -> Merchant:
    """Raises FrameworkProblem, which names the file, the key and what is wrong."""
    path = home / FILE
    if not path.is_file():
        return Merchant()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise FrameworkProblem(f"{path}: cannot be read: {problem}. Mend it or move it away.") from problem
    file = Section(path, "", table)
    segments = {n: s.text("segment") for n, s in file.named_tables("account")} if "account" in file else {}
    markets = {n: s.text("market") for n, s in file.named_tables("shop")} if "shop" in file else {}
    answers = {n: _answer(s, table["answer"][n]) for n, s in file.named_tables("answer")} if "answer" in file else {}
    read = Merchant(file.text_or_none("segment") or "", segments, markets, answers)
    file.finish()
    return read


def _answer(section: Section, said: dict[str, object]) -> Answer:
    on = said.get("on")
    if "on" not in section or not isinstance(on, date):
        raise section.problem("on", f"must be a day such as 2026-11-20, not {on!r}")
    return Answer(section.text("says"), section.text_or_none("by") or "", on)


def keep_segment(home: Path, segment: str, account: str | None = None) -> None:
    """The segment of one account, or of every account without its own. Nobody checks here that it exists."""
    if account is None:
        _write(home, (), {"segment": segment})
    else:
        _write(home, ("account", account), {"segment": segment})


def keep_market(home: Path, shop: str, market: str) -> None:
    _write(home, ("shop", shop), {"market": market})


def keep_answer(home: Path, criterion: str, option: str, *, by: str, on: date) -> None:
    """An earlier answer to the same question is replaced."""
    _write(home, ("answer", criterion), {"says": option, "by": by, "on": on})


def _write(home: Path, way: tuple[str, ...], said: dict[str, object]) -> None:
    """Set keys of a table of the file; its comments and all the rest stay."""
    path = home / FILE
    with editing(home):
        read_merchant(home)  # a file that cannot be read is not written over
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
        at = document
        for place, name in enumerate(way):
            if name not in at:
                at[name] = tomlkit.table(is_super_table=place == 0)
            at = at[name]
        for key, value in said.items():
            at[key] = value
        write_whole(path, tomlkit.dumps(document))
