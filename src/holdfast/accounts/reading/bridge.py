"""The ledger's year beside what the book of work says was renewed: two counts, never mixed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from holdfast.accounts.access import accounts_of, facts_of
from holdfast.accounts.models import Renewal, source_of
from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Scope

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody
    from holdfast.metrics.published import Published
    from holdfast.metrics.recurringmonths import Bridge

NOT_THE_SAME = (
    "The ledger follows every payer of a year ago by what they paid. The book of work holds contracts whose term ended"
    " in those twelve months. A contract paid outside the shops is only in the second, a payer without one only in the"
    " first: the two are shown side by side and neither is made to fit the other."
)


@dataclass(frozen=True, slots=True)
class Ended:
    """Contracts of one currency whose term ended in the year: yearly values in minor units."""

    currency: str
    n: int
    due_minor: int  # what they were worth
    signed: int
    signed_minor: int  # what was signed instead
    kept_minor: int  # the smaller of the two, contract by contract
    lost: int
    open: int  # ended and nobody said how
    unvalued: int  # state no value: in no sum

    @property
    def gross_renewal(self) -> float | Unknown:
        return self.kept_minor / self.due_minor if self.due_minor else Unknown("no contract with a value ended")

    @property
    def net_renewal(self) -> float | Unknown:
        return self.signed_minor / self.due_minor if self.due_minor else Unknown("no contract with a value ended")


@dataclass(frozen=True, slots=True)
class Beside:
    """since, until: the twelve months that the newest bridge of the ledger spans, or those before `today`."""

    since: date
    until: date
    bridge: Bridge | Unknown
    ended: tuple[Ended, ...]
    note: str = NOT_THE_SAME


def beside_the_ledger(user: Anybody, source: Published | None, scope: Scope, today: date) -> Beside:
    """The newest twelve months of the ledger of these shops, and the contracts of the accounts this person sees."""
    bridge = _bridge(user, source, scope)
    until = today if isinstance(bridge, Unknown) else months_before(bridge.month, -1) - timedelta(days=1)
    since = months_before(until + timedelta(days=1), 12) - timedelta(days=1)
    seen = accounts_of(user)
    if scope.kind != "all":
        seen = seen.filter(source__in=[source_of(name) for name in _accounts_of(source, scope)])
    rows = Renewal.objects.filter(account__in=seen, contract__ends__gt=since, contract__ends__lte=until)
    by_currency: dict[str, list[tuple[int | None, bool | None, int | None]]] = defaultdict(list)
    for currency, value, signed, minor in rows.values_list(
        "contract__currency", "contract__value_minor", "signed", "signed_minor"
    ):
        by_currency[currency].append((value, signed, minor))
    ended = tuple(_ended(currency, held) for currency, held in sorted(by_currency.items()))
    return Beside(since, until, bridge, ended)


def _bridge(user: Anybody, source: Published | None, scope: Scope) -> Bridge | Unknown:
    from holdfast.metrics.recurringmonths import bridges

    mine, named = facts_of(user), _accounts_of(source, scope)
    part = scope.kind == "all" and (source is None or source.part)  # what is published of all is of others' too
    if mine is not None and (part or not named or not named <= mine):
        return Unknown("these shops are not of accounts you look after", "choose an account of yours")
    if source is None:
        return Unknown("nothing is built yet", "import files of subscriptions, then build")
    found = bridges(source, scope)
    if isinstance(found, Unknown):
        return found
    return found[-1] if found else Unknown("no customer has paid for twelve months yet")


def _accounts_of(source: Published | None, scope: Scope) -> frozenset[str]:
    """The accounts whose shops a scope takes in, by their names in the facts."""
    if source is None:
        return frozenset({scope.name} if scope.kind == "account" else ())
    return frozenset(shop.account for shop in source.shops_of(scope))


def _ended(currency: str, held: list[tuple[int | None, bool | None, int | None]]) -> Ended:
    valued = [(value, signed, minor or 0) for value, signed, minor in held if value is not None]
    won = [(value, minor) for value, signed, minor in valued if signed]
    return Ended(
        currency, len(held), sum(value for value, _, _ in valued), sum(bool(signed) for _, signed, _ in held),
        sum(minor for _, minor in won), sum(min(value, minor) for value, minor in won),
        sum(signed is False for _, signed, _ in held), sum(signed is None for _, signed, _ in held),
        len(held) - len(valued),
    )  # fmt: skip
