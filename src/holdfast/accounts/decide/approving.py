"""Whose yes a change of price needs: limits per role, as data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from holdfast.metrics.section import Section

SHIPPED = Path(__file__).with_name("approvals.toml")
FILE = "approvals.toml"  # in the home, in place of what ships


@dataclass(frozen=True, slots=True)
class Limits:
    """percent: how large a change, up or down, each role may approve. days: how long an approval holds."""

    percent: dict[str, Decimal]
    days: int


@dataclass(frozen=True, slots=True)
class Needed:
    """Roles whose yes is enough, those with the lowest limits first; empty: nobody's is, by these limits."""

    roles: tuple[str, ...]
    percent: Decimal | None
    because: str


def limits(home: Path | None = None) -> Limits:
    """Raises FrameworkProblem, which names the file, the key and what is wrong."""
    own = home / FILE if home else None
    file = Section.read(own if own and own.is_file() else SHIPPED)
    percent = {name: Decimal(str(s.number("percent"))) for name, s in file.named_tables("limit")}
    read = Limits(percent, file.whole("holds_days"))
    file.finish()
    return read


def needed(percent: Decimal | None, amount_minor: int | None, value_minor: int | None, known: Limits) -> Needed:
    """Of a change in percent, or in an amount of a contract worth value_minor a year.

    An amount of a contract whose value nobody knows needs those who may approve the most.
    """
    size = percent if percent is not None else _share(amount_minor or 0, value_minor)
    if size is None:
        most = max(known.percent.values(), default=Decimal(0))
        roles = tuple(role for role, limit in known.percent.items() if limit == most)
        return Needed(roles, None, "the contract states no value, so nobody knows how large the change is")
    enough = sorted((limit, role) for role, limit in known.percent.items() if limit >= abs(size))
    said = f"a change of {abs(size):.1f} %"
    if not enough:
        return Needed((), size, f"{said} is more than any role may approve")
    return Needed(tuple(role for _, role in enough), size, f"{said} needs {' or '.join(role for _, role in enough)}")


def may_decide(role: str, user_id: int | None, asked_by: int, roles: tuple[str, ...], approver: int | None) -> str:
    """Empty where this person may say yes or no, else why not."""
    if user_id is None:
        return "an approval is somebody's"
    if user_id == asked_by:
        return "nobody approves what they asked for themselves"
    if approver is not None and approver != asked_by:
        return "" if user_id == approver else "the contract names somebody else who approves"
    return "" if role in roles else f"this needs {' or '.join(roles) or 'somebody above every limit'}"


def _share(amount_minor: int, value_minor: int | None) -> Decimal | None:
    return Decimal(amount_minor) * 100 / Decimal(value_minor) if value_minor else None
