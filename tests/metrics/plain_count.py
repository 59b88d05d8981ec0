"""The same headlines counted in plain Python from the published files. Shares no line with the product, and no SQL."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

NOT_MERCHANDISE = {
    "post", "dot", "c2", "c3", "m", "d", "s", "bank charges", "amazonfee", "cruk", "b", "adjust", "adjust2",
    "test001", "test002", "gift",
}  # fmt: skip


class Sale(NamedTuple):
    customer: int | None
    moment: datetime
    minor: int


@dataclass
class Books:
    """Purchases by order, what came back of each, and what came back of none."""

    sales: dict[str, Sale]
    back: Counter[str] = field(default_factory=Counter)
    loose: list[Sale] = field(default_factory=list)
    free_counts: bool = False

    def counting(self) -> dict[str, Sale]:
        return {number: s for number, s in self.sales.items() if s.minor > 0 or self.free_counts}

    @cached_property
    def days(self) -> dict[int, list[date]]:
        """Customer → days on which they bought and kept something."""
        found: dict[int, set[date]] = defaultdict(set)
        for number, s in self.counting().items():
            if s.customer is not None and not (s.minor > 0 and self.back[number] >= s.minor):
                found[s.customer].add(s.moment.date())
        return {customer: sorted(days) for customer, days in found.items()}

    def again_within(self, days: int, as_of: date) -> tuple[int, int, int]:
        """(came back, matured, still open)."""
        firsts = [(d[0], d[1] if len(d) > 1 else None) for d in self.days.values()]
        closed = [(a, b) for a, b in firsts if (as_of - a).days >= days]
        back = sum(b is not None and (b - a).days < days for a, b in closed)
        return back, len(closed), len(firsts) - len(closed)

    def active(self, since: date, until: date) -> set[int]:
        """Customers who bought on a day in (since, until]."""
        return {c for c, days in self.days.items() if any(since < d <= until for d in days)}

    def returning(self, since: date, until: date) -> int:
        days = self.days
        return sum(max(d for d in days[c] if d <= until) > days[c][0] for c in self.active(since, until))

    def placed(self, since: date, until: date) -> tuple[int, int]:
        """(minor units, orders) placed in (since, until]."""
        inside = [s.minor for s in self.counting().values() if since < s.moment.date() <= until]
        return sum(inside), len(inside)

    def spent(self, since: date, until: date) -> dict[int, int]:
        """Known customer → net minor units in (since, until]."""
        net: dict[int, int] = defaultdict(int)
        for number, s in self.counting().items():
            if s.customer is not None and since < s.moment.date() <= until:
                net[s.customer] += s.minor - min(self.back[number], s.minor)
        for s in self.loose:
            if s.customer is not None and since < s.moment.date() <= until:
                net[s.customer] -= s.minor
        return net


def cdnow(path: Path) -> Books:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    sales = {
        str(n): Sale(int(r["customer_id"]), datetime.fromisoformat(r["date"]), round(float(r["dollar_value"]) * 100))
        for n, r in enumerate(rows)
    }
    return Books(sales, free_counts=True)


def retail(paths: Iterable[Path]) -> Books:
    """A line that stands in both sheets counts as often as in the sheet that has it most often."""
    lines: Counter[tuple] = Counter()
    for path in paths:
        table = pq.read_table(path)
        names = ("Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID")
        lines |= Counter(zip(*(table[name].to_pylist() for name in names), strict=True))
    moments, customers = {}, {}
    for invoice, _, _, moment, _, customer in lines:
        moments[invoice] = min(moments.get(invoice, moment), moment)
        customers[invoice] = customers.get(invoice) or customer
    sold: dict[str, int] = dict.fromkeys((i for i in moments if i[0] not in "CA"), 0)
    pieces: dict[tuple, list[list]] = defaultdict(list)  # (customer, code, price) → [moment, invoice, −pieces, left]
    credits: list[tuple] = []
    for (invoice, code, quantity, _, price, _), times in lines.items():
        if code.lower() in NOT_MERCHANDISE or code.lower().startswith("gift_0001") or invoice[0] == "A":
            continue
        minor = pence(quantity, price)
        for _ in range(times):
            if invoice[0] == "C":
                credits.append((moments[invoice], invoice, code, abs(quantity), price, -minor))
            elif quantity > 0:
                sold[invoice] += minor
                pieces[customers[invoice], code, price].append([moments[invoice], invoice, -quantity, quantity])
    books = Books({i: Sale(customers[i], moments[i], minor) for i, minor in sold.items()})
    _give_back(books, credits, pieces, customers)
    return books


def pence(quantity: int, price: float) -> int:
    micro = quantity * round(price * 1_000_000)
    half_up = (abs(micro) + 5_000) // 10_000
    return half_up if micro >= 0 else -half_up


def _give_back(books: Books, credits: list[tuple], pieces: dict[tuple, list[list]], customers: dict) -> None:
    """Each credit line asks the latest earlier line of its customer, product and price with enough pieces left;
    among equals the smaller line. A line serves its askers in their order, the smaller first; who was refused asks
    again."""
    waiting: dict[tuple, list[tuple]] = defaultdict(list)
    for credit in credits:
        waiting[customers[credit[1]], credit[2], credit[4]].append(credit)
    for key, asking in waiting.items():
        asking.sort(key=lambda c: (c[0], c[1], c[3]))
        while asking and key[0] is not None:
            asked: dict[int, list[tuple]] = defaultdict(list)
            for credit in asking:
                fits = [
                    n for n, (moment, _, _, left) in enumerate(pieces[key]) if moment <= credit[0] and left >= credit[3]
                ]
                if fits and credit[3] > 0:
                    asked[max(fits, key=lambda n: pieces[key][n][:3])].append(credit)
            if not asked:
                break
            for n, queue in asked.items():
                before = pieces[key][n][3]
                wanted = 0
                for credit in queue:
                    wanted += credit[3]
                    if wanted <= before:
                        pieces[key][n][3] -= credit[3]
                        books.back[pieces[key][n][1]] += credit[5]
                        asking.remove(credit)
        books.loose += [Sale(key[0], moment, minor) for moment, _, _, _, _, minor in asking]


def year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day - timedelta(days=366)
