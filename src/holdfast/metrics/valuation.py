"""Tallies become values: an estimate with its interval, or Unknown with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from operator import add

from holdfast.commerce.calendar import last_closed_month, months_before
from holdfast.commerce.counting import some
from holdfast.commerce.money import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.differences import difference
from holdfast.estimates.intervals import exact_proportion, growth, mean, proportion, quotient, ratio, total
from holdfast.estimates.net_promoters import net_promoters
from holdfast.estimates.survival import kaplan_meier
from holdfast.estimates.tally import NOTHING, Tally
from holdfast.metrics.declare import WAITS, Metric
from holdfast.metrics.measure import HOURS_A_DAY, Slice
from holdfast.metrics.possible import cut_back
from holdfast.metrics.values import Change, Reading, Scope, Value
from holdfast.warehouse.home import Shop
from holdfast.warehouse.tables import TABLES

FEWEST_IN_SLICE = 10  # C12: no slice below ten units, for privacy and noise
DAYS_BEHIND = 31  # a shop whose data end longer before as_of cannot say how things stand
_SHARE_GONE = {"median": 0.5, "p90": 0.9}
MEMBERS_SHOWN = 12  # the rest of a dimension is one member, "all others"

_ESTIMATORS: dict[str, Callable[[Tally], Reading | Unknown]] = {
    "proportion": proportion, "mean": mean, "ratio": ratio, "growth": growth, "total": total, "net": net_promoters,
    "quotient": quotient,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """What the data allow a metric to say: set once per snapshot."""

    shops: Sequence[Shop]
    as_of: date
    first_days: dict[str, dict[int, date]]  # table → shop → day of its earliest row
    missing: dict[int, dict[str, Unknown]]  # shop → a metric's `needs` → why it is not there
    left_out: dict[int, str]  # shop → orders kept apart from money, in words
    snapshot: str
    # table → shop → day of its latest row, also after as_of; only for tables whose rows keep coming
    last_days: dict[str, dict[int, date]] = field(default_factory=dict)

    def measurable(self, metric: Metric) -> bool:
        """Whether some shop has all that a metric needs; without one there is nothing to run."""
        lacking = [self.missing.get(shop.shop_id, {}).keys() for shop in self.shops]
        return metric.never is None and any(not set(metric.needs) & gone for gone in lacking)

    def scopes(self) -> list[Scope]:
        accounts = sorted({shop.account for shop in self.shops})
        found = [Scope()]
        found += [Scope("shop", shop.name) for shop in self.shops]
        return found + [Scope("account", account) for account in accounts]

    def shops_of(self, scope: Scope) -> tuple[Shop, ...]:
        return scope.of(self.shops)

    def first_day(self, table: str, shops: Iterable[Shop]) -> date | None:
        """The day on which this table's rows of these shops begin."""
        first = self.first_days.get(table, {})
        return min((first[s.shop_id] for s in shops if s.shop_id in first), default=None)


class Valuer:
    """One metric's values from its slices."""

    def __init__(self, metric: Metric, ground: Ground) -> None:
        self.metric, self.ground = metric, ground
        self._able: dict[Scope, tuple[Shop, ...]] = {}  # asked anew for every value of thousands

    def headline(self, slices: Iterable[Slice], scope: Scope) -> Value:
        own = [s for s in self._of(slices, scope) if s.dimension is None]
        return self._value(own if self.metric.span == "matured" else [s for s in own if s.year_back == 0], scope)

    def before(self, slices: Iterable[Slice], months: Iterable[Slice], scope: Scope) -> Value | Unknown:
        """The same a year earlier, of units that the newest year does not hold."""
        if self.metric.kind in ("growth", "stated", *WAITS):
            return Unknown("no year-on-year change is kept for this metric")
        if self.metric.span == "state":
            then = self._a_year_ago().isoformat()
            if isinstance(partial := self._partial(date.fromisoformat(then), scope), Unknown):
                return partial
            own = [s for s in self._of(months, scope) if s.member == then]
        else:
            own = [s for s in self._of(slices, scope) if s.dimension is None and s.year_back == 1]
        starts = months_before(self.ground.as_of, 24)
        first = self.ground.first_day(self.metric.rests_on, self.able(scope))
        if self.metric.span == "trailing" and (first is None or first > starts + timedelta(days=1)):
            return Unknown("the year before is not whole", f"{self._rows} from {starts + timedelta(days=1)} on")
        if not own:
            return Unknown("there is no year before to compare with")
        # The first days of the data hold old customers whose real first purchase nobody saw.
        begins = min((s.since for s in own if s.since), default=None)
        if self.metric.span == "matured" and first is not None and begins is not None and begins <= first:
            return Unknown("the year before is not whole", f"{self._rows} from before {first}")
        return self._value(own, scope)

    @property
    def _rows(self) -> str:
        return TABLES[self.metric.rests_on].rows or "orders"

    def change(self, slices: Sequence[Slice], months: Sequence[Slice], scope: Scope) -> Change | Unknown:
        """This year's units against the year before: only new units on either side, never the same twice."""
        before = self.before(slices, months, scope)
        if isinstance(before, Unknown):
            return before
        now = [s for s in self._of(slices, scope) if s.dimension is None and s.year_back == 0]
        after = self._value(now, scope)
        for side in (after.reading, before.reading):
            if isinstance(side, Unknown):
                return Unknown(f"one side cannot be told: {side.why}", side.would_need)
        found = difference(self._tally(now), self._before_tally(slices, months, scope), self.metric.kind)  # type: ignore[arg-type]
        if isinstance(found, Unknown):
            return found
        scaled = self._scaled(found, after.currency)
        return Change(scaled.point, scaled.low, scaled.high, before)

    def by_month(self, slices: Iterable[Slice], scope: Scope) -> list[Value]:
        groups = defaultdict(list)
        for s in self._of(slices, scope):
            groups[s.member].append(s)
        values = [
            replace(self._value(groups[m], scope, small=True, on=date.fromisoformat(str(m))), member=m)
            for m in sorted(groups, key=str)
        ]
        return [self._whole(value) for value in values]

    def by_week(self, slices: Iterable[Slice], scope: Scope) -> list[Value]:
        """The newest weeks by their Mondays, oldest first; `member` is that day. None from before the data."""
        groups = defaultdict(list)
        for s in self._of(slices, scope):
            groups[str(s.member)].append(s)
        first = self.ground.first_day(self.metric.rests_on, self.able(scope))
        whole = [m for m in sorted(groups) if first is None or date.fromisoformat(m) >= first]
        return [replace(self._value(groups[m], scope, small=True), member=m) for m in whole]

    def _whole(self, value: Value) -> Value:
        """A past point whose base began before the data says so instead of a number."""
        then = date.fromisoformat(str(value.member))
        partial = (
            None if then == self.ground.as_of and self.metric.kind != "growth" else self._partial(then, value.scope)
        )
        return value if partial is None else replace(value, reading=partial)

    def _partial(self, then: date, scope: Scope) -> Unknown | None:
        first, reach = self.ground.first_day(self.metric.rests_on, self.able(scope)), self.metric.reach_months
        if not reach or first is None:
            return None
        begins = months_before(then, reach)
        if self.metric.kind == "growth":  # its points are calendar months, each held against one whole month
            if begins >= first:
                return None
            return Unknown(f"the month it is held against is not whole in the data, which start on {first}")
        if begins + timedelta(days=1) >= first:
            return None
        return Unknown(f"its {reach} months begin before the data, which start on {first}")

    def by(self, dimension: str, slices: Iterable[Slice], scope: Scope) -> list[Value]:
        """Members by size; the long tail is one member. Nothing when the data know no member."""
        groups: dict[str | None, list[Slice]] = defaultdict(list)
        for s in self._of(slices, scope):
            if s.dimension == dimension and (self.metric.span == "matured" or s.year_back == 0):
                groups[s.member].append(s)
        if not any(groups):
            return []
        ranked = sorted(groups, key=lambda m: (-sum(s.tally.n for s in groups[m]), str(m)))
        shown, rest = ranked[:MEMBERS_SHOWN], ranked[MEMBERS_SHOWN:]
        if dimension == "cohort":  # by time: the newest are shown
            by_time = sorted(groups, key=lambda m: str(m or ""))
            shown, rest = by_time[-MEMBERS_SHOWN:], by_time[:-MEMBERS_SHOWN]
        values = [replace(self._value(groups[m], scope, small=True), member=m or "not known") for m in shown]
        if rest:
            tail = [s for m in rest for s in groups[m]]
            values.append(replace(self._value(tail, scope, small=True), member=f"all others ({len(rest)})"))
        return values

    def _of(self, slices: Iterable[Slice], scope: Scope) -> list[Slice]:
        """Slices of a scope, over the shops that have what the metric needs; every shop is the whole."""
        shops = self.able(scope)
        if len(shops) < len(self.ground.shops_of(scope)):
            able = {shop.shop_id for shop in shops}
            return [s for s in slices if s.shop_id in able]
        if len(shops) == len(self.ground.shops):
            return [s for s in slices if s.shop_id is None and s.account is None]
        if scope.kind == "shop":
            return [s for s in slices if s.shop_id == shops[0].shop_id]
        return [s for s in slices if s.account == scope.name]

    def able(self, scope: Scope) -> tuple[Shop, ...]:
        """The shops of a scope that have what the metric needs; all of them when none has."""
        if scope not in self._able:
            shops = self.ground.shops_of(scope)
            self._able[scope] = tuple(s for s in shops if self._missing(s) is None) or shops
        return self._able[scope]

    def _missing(self, shop: Shop, on: date | None = None) -> Unknown | None:
        missing = self.ground.missing.get(shop.shop_id, {})
        lacking = next((missing[need] for need in self.metric.needs if need in missing), None)
        return self._ended(shop, on or self.ground.as_of) if lacking is None else lacking

    def _ended(self, shop: Shop, on: date) -> Unknown | None:
        """A shop whose file ended long ago did not lose its customers: nobody looked."""
        last = self.ground.last_days.get(self.metric.rests_on, {}).get(shop.shop_id)
        if self.metric.span == "matured" or last is None or (on - last).days <= DAYS_BEHIND:
            return None
        what = TABLES[self.metric.rests_on].rows or "orders"
        return Unknown(f"its data end on {last}", f"newer {what}")

    def _tally(self, slices: Iterable[Slice]) -> Tally:
        return reduce(add, (s.tally for s in slices), NOTHING)

    def _a_year_ago(self) -> date:
        """The point of a state metric twelve months before its headline."""
        newest = last_closed_month(self.ground.as_of) if self.metric.monthly else self.ground.as_of
        return months_before(newest, 12)

    def _before_tally(self, slices: Iterable[Slice], months: Iterable[Slice], scope: Scope) -> Tally:
        then = self._a_year_ago().isoformat()
        if self.metric.span == "state":
            return self._tally(s for s in self._of(months, scope) if s.member == then)
        return self._tally(s for s in self._of(slices, scope) if s.dimension is None and s.year_back == 1)

    def _value(self, slices: Sequence[Slice], scope: Scope, *, small: bool = False, on: date | None = None) -> Value:
        tally = self._tally(slices)
        still_open = sum(s.still_open for s in slices)
        currency = self._currency(scope)
        why_not = self._why_not(scope, on)
        reading = self._reading(slices, tally, still_open, scope) if why_not is None else why_not
        few = self._few(tally) if small and why_not is None and tally.n else None
        if few is not None and (self.metric.kind == "quotient" or not isinstance(reading, Unknown)):
            reading = few
        money = currency if isinstance(currency, str) and self.metric.scale == "money" else None
        scale = 10 ** minor_digits(currency) if isinstance(currency, str) and self.metric.basis else 1
        added = not (self.metric.basis and isinstance(currency, Unknown))
        return Value(
            metric=self.metric.id,
            version=self.metric.version,
            scope=scope,
            as_of=self.ground.as_of,
            since=min((s.since for s in slices if s.since), default=None),
            until=max((s.until for s in slices if s.until), default=None),
            n=tally.n,
            still_open=still_open,
            counted=tally.counted / scale if added else 0.0,
            out_of=tally.out_of / (scale if self._money_below() else 1) if added or not self._money_below() else 0.0,
            reading=reading if isinstance(reading, Unknown) else self._scaled(reading, money),
            currency=currency if isinstance(currency, str) and self.metric.basis else None,
            snapshot=self.ground.snapshot,
            left_out="; ".join(self._left_out(scope)),
            strangers=sum(s.strangers for s in slices) if self.metric.basis and not self.metric.opens else 0,
        )

    def _few(self, tally: Tally) -> Unknown | None:
        """A quotient's units are periods: few are those it is out of."""
        periods = self.metric.kind == "quotient"
        n, what = (tally.out_of, self.metric.out_of) if periods else (tally.n, self.metric.unit)
        return Unknown(f"fewer than {FEWEST_IN_SLICE} {what}") if n < FEWEST_IN_SLICE else None

    def _left_out(self, scope: Scope) -> Iterable[str]:
        """Shops that lack what the metric needs, and orders whose money is in another currency."""
        able = self.able(scope)
        for shop in self.ground.shops_of(scope):
            missing = self._missing(shop)
            if shop not in able and missing is not None:
                yield f"{shop.name}: {missing.why}"
            elif self._of_orders() and shop.shop_id in self.ground.left_out:
                yield self.ground.left_out[shop.shop_id]

    def _of_orders(self) -> bool:
        """Whether the money is that of orders, some of which may be in another currency."""
        return self.metric.basis is not None and self.metric.rests_on == "order"

    def _money_below(self) -> bool:
        """Whether the denominator is money as well (shares and growth of money)."""
        return self.metric.scale == "share"

    def _currency(self, scope: Scope) -> str | Unknown:
        currencies = sorted({shop.currency for shop in self.able(scope)})
        if len(currencies) > 1:
            return Unknown(
                f"these shops report in {' and '.join(currencies)}, which cannot be added",
                "choose one shop with --shop, or an account whose shops share a currency",
            )
        return currencies[0] if currencies else Unknown("no shop")

    def _why_not(self, scope: Scope, on: date | None = None) -> Unknown | None:
        if self.metric.never is not None:
            return self.metric.never
        able = self.able(scope)
        for shop in able:
            if (missing := self._missing(shop, on)) is not None:
                return missing
        if self.metric.basis and isinstance(currency := self._currency(scope), Unknown):
            return currency
        first = self.ground.first_day(self.metric.rests_on, able)
        if self.metric.needs_months and first:
            since = months_before(self.ground.as_of, self.metric.needs_months) + timedelta(days=1)
            if first > since:
                return Unknown(
                    f"the data begin on {first}, and {self.metric.needs_months} whole months are needed",
                    f"{TABLES[self.metric.rests_on].rows or 'orders'} from {since} on",
                )
        return None

    def _reading(self, slices: Sequence[Slice], tally: Tally, still_open: int, scope: Scope) -> Reading | Unknown:
        if tally.n == 0 and still_open:
            are = "is" if still_open == 1 else "are"
            closes = min((s.closes for s in slices if s.closes), default=None)
            return Unknown(
                f"too early: no window has closed yet, {some(still_open, self.metric.unit)} {are} still open",
                f"data up to {closes}, when the first window closes" if closes else "",
            )
        apart = [self.ground.left_out[s.shop_id] for s in self.able(scope) if s.shop_id in self.ground.left_out]
        if tally.n == 0 and self._of_orders() and apart:
            return Unknown(
                f"the orders are in another currency than the shop's: {'; '.join(apart)}",
                "set the shop's currency in holdfast.toml, then build again",
            )
        if tally.n == 0:
            wanted = self.metric.unit if self.metric.kind in WAITS else self.metric.out_of
            return Unknown(f"there are no {self.metric.unit} to count", wanted)
        if self.metric.kind in WAITS:
            return _waiting(slices, _SHARE_GONE[self.metric.kind], self.metric.scale)
        if self.metric.kind == "stated":
            return _stated(slices, tally)
        found = exact_proportion(tally) if self.metric.exact else _ESTIMATORS[self.metric.kind](tally)
        return found if isinstance(found, Unknown) else cut_back(found, self.metric)

    def _scaled(self, reading: Reading, currency: str | None) -> Reading:
        """Minor units to major units; everything else stays."""
        if self.metric.scale != "money" or currency is None:
            return reading
        scale = 10 ** minor_digits(currency)
        low, high = (None if end is None else end / scale for end in (reading.low, reading.high))
        return Reading(reading.point / scale, low, high, reading.method)


def _stated(slices: Sequence[Slice], tally: Tally) -> Reading | Unknown:
    """Somebody else's figure, as it was brought: nothing is computed, so two are never added."""
    if tally.n > 1:
        return Unknown("figures that different shops brought are not added", "choose one shop with --shop")
    return Reading(tally.counted, None, None, f"stated by {slices[0].said}")


def _waiting(slices: Sequence[Slice], share: float, scale: str) -> Reading | Unknown:
    """Waiting time of a share of units, in the scale, by Kaplan–Meier; who still waits is censored, not dropped."""
    bins: dict[float, list[float]] = {}
    unit = HOURS_A_DAY if scale == "days" else 1.0
    for s in slices:
        wait = (s.wait_hours or 0.0) / unit
        happened, waiting = bins.get(wait, (0.0, 0.0))
        bins[wait] = [happened + s.tally.counted, waiting + s.tally.n - s.tally.counted]
    waits = sorted(bins)
    return kaplan_meier(waits, [bins[w][0] for w in waits], [bins[w][1] for w in waits]).quantile(share)
