"""What comes first today: whatever would lose the most, as far as anybody knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from holdfast.commerce.money import Money, minor_digits
from holdfast.commerce.unknown import Unknown

# Decision 0084. Days ahead on which something is due "today" because the work takes that long.
NOTICE_AHEAD_DAYS = 30  # of a contract's last day for notice
PROMISE_AHEAD_DAYS = 1  # of the day an update was promised for
FELL_WITHIN_DAYS = 14  # health that fell longer ago than this is no news

NO_VALUE = Unknown("no contract in force states a value", "enter the account's contract with its yearly value")
NO_CHANCE = Unknown("nobody has said how likely it is lost", "a forecast of its renewal, or a health that was tested")


@dataclass(frozen=True, slots=True)
class Stake:
    """What hangs on one thing that is due. value: of a year. chance: that it is lost, 0…1."""

    key: str
    due: date
    value: Money | Unknown = NO_VALUE
    chance: float | Unknown = NO_CHANCE

    @property
    def loss(self) -> Money | Unknown:
        """What is lost on average: value × chance, to the minor unit."""
        if isinstance(self.value, Unknown):
            return self.value
        if isinstance(self.chance, Unknown):
            return self.chance
        exact = Decimal(self.value.minor) * Decimal(str(self.chance))
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.value.currency)


@dataclass(frozen=True, slots=True)
class Rates:
    """One currency to compare in, and what one major unit of each other costs in it."""

    to: str
    of: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Place:
    """rank: from 1. not_known: why its loss is not; empty where it is."""

    stake: Stake
    rank: int
    not_known: str = ""

    @property
    def key(self) -> str:
        return self.stake.key

    @property
    def by(self) -> str:
        """Why it stands there, as a sentence."""
        if not self.not_known:
            return f"{self.stake.loss} would be lost on average."
        return f"What would be lost is not known ({self.not_known}): it stands by its day, {self.stake.due}."


def ranked(stakes: Iterable[Stake], rates: Rates | None = None) -> tuple[Place, ...]:
    """Those with a known loss first, the largest first; then the others by the day they are due.

    Losses in a currency without a rate cannot be compared and stand with the others; without rates, those are all but
    the commonest currency's.
    """
    told = list(stakes)
    rates = rates or _commonest(told)
    known: list[tuple[Decimal, Stake]] = []
    rest: list[tuple[str, Stake]] = []
    worths: dict[tuple[object, object], Decimal | Unknown] = {}  # what is due of one account mostly has the same stake
    for stake in told:
        same = (stake.value, stake.chance)
        if same not in worths:
            worths[same] = _worth(stake.loss, rates)
        worth = worths[same]
        if isinstance(worth, Unknown):
            rest.append((worth.why, stake))
        else:
            known.append((worth, stake))
    known.sort(key=lambda pair: (-pair[0], pair[1].due, pair[1].key))
    rest.sort(key=lambda pair: (pair[1].due, pair[1].key))
    lines = [(stake, "") for _, stake in known] + [(stake, why) for why, stake in rest]
    return tuple(Place(stake, rank, why) for rank, (stake, why) in enumerate(lines, start=1))


def together(amounts: Sequence[Money], rates: Rates | None = None) -> Money | Unknown:
    """One account's contracts as one value; of several currencies only where there are rates for all."""
    if not amounts:
        return NO_VALUE
    currencies = {amount.currency for amount in amounts}
    if len(currencies) == 1:
        return Money.sum(amounts, amounts[0].currency)
    if rates is None or not all(c == rates.to or c in rates.of for c in currencies):
        return Unknown(f"its contracts are in {' and '.join(sorted(currencies))}", "rates to one currency")
    each = [_worth(amount, rates) for amount in amounts]
    total = sum((major for major in each if isinstance(major, Decimal)), Decimal(0))
    return Money.from_decimal(total, rates.to)


def _worth(loss: Money | Unknown, rates: Rates) -> Decimal | Unknown:
    """In major units of the currency to compare in."""
    if isinstance(loss, Unknown):
        return loss
    major = Decimal(loss.minor).scaleb(-minor_digits(loss.currency))
    if loss.currency == rates.to:
        return major
    if loss.currency not in rates.of:
        return Unknown(f"there is no rate from {loss.currency} to {rates.to}", "a rate")
    return major * rates.of[loss.currency]


def _commonest(stakes: Sequence[Stake]) -> Rates:
    counted = Counter(s.value.currency for s in stakes if isinstance(s.value, Money))
    most = max(counted.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return Rates(most[0], {})
