"""A shop whose data come day by day, drawn at random: late rows, corrections, refunds of old orders, merging profiles.

Every day is one import. What is drawn reaches back: a line, a refund or an e-mail may speak of an order or a buyer of
any day before, and an order may be dated long ago.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256

from paper_shop import line

FIRST = date(2023, 11, 27)  # so that months, quarters and years end within a few draws
STATUSES = ("paid", "paid", "paid", "refunded", "cancelled")


class Shop:
    """Draws one import after the other; `today` is the day of the newest one."""

    def __init__(self, seed: int, salt: str) -> None:
        self.draw, self.salt, self.today = random.Random(seed), salt, FIRST
        self.orders: dict[str, tuple[str | None, date]] = {}
        self.refunds = 0
        self.tickets = 0
        self.staff = ""  # who of the buyers is found to be the merchant's own

    def days(self) -> Iterator[dict[str, list[dict[str, object]]]]:
        """Years of orders at first, then a day, or a few, at a time."""
        yield self._import([FIRST - timedelta(days=self.draw.randrange(900)) for _ in range(40)])
        while True:
            self.today += timedelta(days=self.draw.choice((0, 1, 1, 1, 2, 30)))
            late = [self.today - timedelta(days=self.draw.randrange(800)) for _ in range(self.draw.randrange(3))]
            ahead = [self.today + timedelta(days=2)] if self.draw.random() < 0.3 else []
            yield self._import([self.today, *([self.today] * self.draw.randrange(4)), *late, *ahead])

    def _import(self, placed: list[date]) -> dict[str, list[dict[str, object]]]:
        told: dict[str, list[dict[str, object]]] = {"product": [{"product_source": p} for p in ("mug", "cup")]}
        for day in placed:
            self._order(told, f"o{len(self.orders) + 1}", self._buyer(), day)
        for number in self._some(list(self.orders), 3):
            self.draw.choice((self._correct, self._refund, self._add_line))(told, number)
        if self.draw.random() < 0.6:
            self._loose(told)
        if self.draw.random() < 0.5:
            self._ticket(told)
        if self.draw.random() < 0.7:
            self._evidence(told)
        self._costs(told)
        named = {row["customer_source"] for rows in told.values() for row in rows if row.get("customer_source")}
        if self.draw.random() < 0.5:  # somebody is found to work here; whom one thought so of does not
            self.staff = f"c{self.draw.randrange(14)}"
            named |= {self.staff}
        told["customer"] = [self._customer(str(who)) for who in sorted(map(str, named))]
        return {table: rows for table, rows in told.items() if rows}

    def _buyer(self) -> str | None:
        return self.draw.choice([*(f"c{n}" for n in range(14)), None])

    def _customer(self, who: str) -> dict[str, object]:
        opened = datetime(2021, 10, 1, 22) + timedelta(days=17 * int(who[1:]), hours=int(who[1:]))
        own = {"is_staff": who == self.staff}
        return {"customer_source": who, "customer_number": who, "account_created_at": opened} | own

    def _order(self, told: dict, number: str, who: str | None, day: date, **more: object) -> None:
        self.orders[number] = (who, day)
        moment = datetime(day.year, day.month, day.day, self.draw.randrange(24))
        currency = "USD" if self.draw.random() < 0.05 else "EUR"
        head = {
            "order_source": number, "order_number": number, "customer_source": who, "processed_at": moment,
            "currency": currency, "financial_status": self.draw.choice(STATUSES), "country": self.draw.choice("AB"),
            "channel": self.draw.choice(("web", "app")),
        }  # fmt: skip
        told.setdefault("order", []).append(head | more)
        self._add_line(told, number)

    def _add_line(self, told: dict, number: str) -> None:
        product, price = self.draw.choice(("mug", "cup")), f"{self.draw.randrange(1, 40)}.00"
        told.setdefault("order_line", []).append(line(number, product, self.draw.randrange(1, 3), price))
        self._once(told, number)

    def _correct(self, told: dict, number: str) -> None:
        """A later file tells an order again: another buyer, another day, another status."""
        if number in {row["order_source"] for row in told.get("order", [])}:
            return
        who, day = self.orders[number]
        if self.draw.random() < 0.5:
            who = self._buyer()
        self._order(told, number, who, day + timedelta(days=self.draw.choice((0, 0, -40, 3))))

    def _once(self, told: dict, number: str) -> None:
        """An order that this import has not told is told again as it was: lines come with their order."""
        if number not in {row["order_source"] for row in told.get("order", [])}:
            who, day = self.orders[number]
            moment = datetime(day.year, day.month, day.day, 12)
            told.setdefault("order", []).append(
                {"order_source": number, "order_number": number, "customer_source": who, "processed_at": moment,
                 "currency": "EUR"}
            )  # fmt: skip

    def _refund(self, told: dict, number: str) -> None:
        self.refunds += 1
        name, day = f"r{self.refunds}", self.today - timedelta(days=self.draw.randrange(3))
        head = {
            "refund_source": name, "refund_number": name, "order_source": number, "currency": "EUR",
            "processed_at": datetime(day.year, day.month, day.day, 9),
        }  # fmt: skip
        if self.draw.random() < 0.5:
            told.setdefault("refund", []).append(head | {"amount_minor": self.draw.randrange(1, 5000)})
            return
        told.setdefault("refund", []).append(head)
        told.setdefault("refund_line", []).append(self._back(name))

    def _loose(self, told: dict) -> None:
        """A credit note without an order: it may find one of its customer's, or stand for itself."""
        self.refunds += 1
        name, who = f"r{self.refunds}", self._buyer()
        day = self.today - timedelta(days=self.draw.randrange(400))
        told.setdefault("refund", []).append(
            {"refund_source": name, "refund_number": name, "customer_source": who, "currency": "EUR",
             "processed_at": datetime(day.year, day.month, day.day, 9)}
        )  # fmt: skip
        told.setdefault("refund_line", []).append(self._back(name))

    def _costs(self, told: dict) -> None:
        """At first: incentives that are told before their time has come. Later: corrections of books, moved at times."""
        if len(self.orders) == 40:
            told["cost_event"] = [
                {"cost_source": f"i{n}", "spent_on": self.today, "until": self.today + timedelta(days=n - 3),
                 "type": "incentive", "amount_minor": 100 + n, "currency": "EUR", "customer_source": f"c{n}"}
                for n in range(12)
            ]  # fmt: skip
        if self.draw.random() < 0.4:
            told["order_adjustment"] = [
                {"adjustment_source": f"a{self.draw.randrange(4)}", "order_source": number, "kind": "bad debt",
                 "currency": "EUR", "amount_minor": self.draw.randrange(-900, 900)}
                for number in self._some(list(self.orders), 1)
            ]  # fmt: skip

    def _back(self, refund: str) -> dict[str, object]:
        price = self.draw.randrange(1, 40)
        return {
            "refund_source": refund, "product_source": self.draw.choice(("mug", "cup")), "kind": "merchandise",
            "quantity": 1, "price": price, "subtotal_minor": price * 100,
        }  # fmt: skip

    def _ticket(self, told: dict) -> None:
        self.tickets += 1
        moment = datetime(self.today.year, self.today.month, self.today.day, 8)
        told.setdefault("ticket", []).append(
            {"ticket_source": f"t{self.tickets}", "customer_source": self._buyer(), "created_at": moment,
             "status": "solved", "solved_at": moment + timedelta(hours=self.draw.randrange(90))}
        )  # fmt: skip

    def _evidence(self, told: dict) -> None:
        """Somebody gives an e-mail that somebody else gave, or a new one."""
        mail = f"{self.draw.choice(('ana', 'bo', 'cy'))}@a.example"
        local, _, domain = mail.partition("@")
        seen = datetime(self.today.year, self.today.month, self.today.day, 10)
        told.setdefault("customer_identifier", []).append(
            {"customer_source": f"c{self.draw.randrange(14)}", "type": "email", "seen_in": "order",
             "identifier_hash": self._salted(mail), "first_seen": seen, "last_seen": seen,
             "local_hash": self._salted(local)[:16], "domain_hash": self._salted(domain)[:16]}
        )  # fmt: skip

    def _salted(self, plain: str) -> str:
        return sha256((self.salt + plain).encode()).hexdigest()

    def _some(self, items: list[str], most: int) -> list[str]:
        return self.draw.sample(items, self.draw.randrange(most + 1))
