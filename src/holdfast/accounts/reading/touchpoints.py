"""What the rule about touchpoints sees of accounts, and how well what was due was kept (M48 of the book of work)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Min, Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.due import Due, Hold, Looked, Rules, due
from holdfast.accounts.models import Account, Touchpoint
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import proportion
from holdfast.estimates.tally import Tally

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class Adherence:
    """Touchpoints due in a period: kept in time and ended with who does what by when. Merely held is not shown."""

    owner: str  # empty: of all of them together
    due: int
    kept: int
    share: Estimate | Unknown
    called_off: int  # of those due; they count as not kept


def looked(accounts: QuerySet[Account], statuses: Mapping[int, str]) -> tuple[Looked, ...]:
    """Accounts as the rule sees them: two queries for any number. statuses: of health, by account; none: not known."""
    seen = Touchpoint.objects.filter(account__in=accounts.values("pk")).order_by().values("account", "kind")
    told: Iterable[Any] = seen.annotate(
        last=Max("held_at"), times=Count("held_at"),
        next=Min("due", filter=Q(held_at=None, called_off="")), off=Max("due", filter=~Q(called_off="")),
    )  # fmt: skip
    by_account: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in told:
        by_account[row["account"]].append(row)
    rows = accounts.order_by("pk").values_list("pk", "tier", "stage", "since")
    return tuple(
        Looked(
            pk, tier, stage, since, statuses.get(pk, ""),
            held={r["kind"]: r["last"].date() for r in by_account[pk] if r["last"]},
            times={r["kind"]: r["times"] for r in by_account[pk]},
            called_off={r["kind"]: r["off"] for r in by_account[pk] if r["off"]},
            planned={r["kind"]: r["next"] for r in by_account[pk] if r["next"]},
        )
        for pk, tier, stage, since in rows
    )  # fmt: skip


def due_of(user: Anybody, known: Rules, today: date, statuses: Mapping[int, str] | None = None) -> list[Due | Hold]:
    """What the rule says of every account that a person sees."""
    return [answer for one in looked(accounts_of(user), statuses or {}) for answer in due(one, known, today)]


def adherence(user: Anybody, since: date, until: date) -> tuple[Adherence, ...]:
    """Of the touchpoints due from `since` to `until`, both included: everybody together first, then each owner."""
    rows = Touchpoint.objects.filter(account__in=accounts_of(user), due__gte=since, due__lte=until)
    by_owner: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for owner, day, held_at, step_owner, step_due, off in rows.values_list(
        "owner__username", "due", "held_at", "next_step__owner", "next_step__due", "called_off"
    ):
        closed = step_owner is not None and step_due is not None
        kept = held_at is not None and held_at.date() <= day and closed
        for name in {"", owner or "nobody"}:
            by_owner[name].append((kept, bool(off)))
    return tuple(_adherence(name, found) for name, found in sorted(by_owner.items()))


def _adherence(owner: str, found: Iterable[tuple[bool, bool]]) -> Adherence:
    pairs = list(found)
    kept = [int(kept) for kept, _ in pairs]
    return Adherence(owner, len(pairs), sum(kept), proportion(Tally.of(kept)), sum(off for _, off in pairs))
