"""Taking readings: of an account, of the companies that buy from its shops, of one customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Literal

import duckdb
import numpy as np

from holdfast.health.answer import Answer
from holdfast.health.answering import METRICS_READ, answers, found
from holdfast.health.catalogue import INPUTS
from holdfast.health.facts import Facts
from holdfast.health.many import Keys, Scores, inputs_of, scores
from holdfast.health.reading import Known, Reading, read
from holdfast.health.rows.purchases import buyers_of_a_year
from holdfast.health.rows.registry import ROWS
from holdfast.health.scorecard import SHIPPED, Scorecard, all_scorecards
from holdfast.health.subject import Kind, Subject
from holdfast.health.work import Work
from holdfast.metrics.drill import measured_in, opened
from holdfast.metrics.merchant import read_merchant
from holdfast.metrics.published import Published, need_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Home, Shop

BUSINESS = "b2b_platform"  # the scorecard of companies whose segment has none of its own
Chosen = Literal["asked", "kept", "nobody"]


class NoSuchSubject(LookupError):
    """Nobody is called that; the message says who is."""


class AfterTheData(ValueError):
    """A day that the data do not reach; the message says where they end."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What readings are taken of, told without opening the snapshot. as_of: the day readings speak of."""

    home: Home
    published: Published  # of the snapshot's own day
    as_of: date
    cards: Mapping[str, Scorecard]
    segments: Mapping[str, str]  # by account

    @property
    def snapshot(self) -> str:
        return self.published.snapshot

    @property
    def shops(self) -> tuple[Shop, ...]:
        return self.published.shops

    @property
    def known(self) -> Known:
        return "then" if self.as_of == self.published.as_of else "now"


@dataclass(frozen=True, slots=True)
class Taker(Basis):
    """The snapshot open for reading."""

    connection: duckdb.DuckDBPyConnection

    def accounts(self) -> tuple[str, ...]:
        return tuple(sorted({shop.account for shop in self.shops}))

    def card_of(self, account: str, asked: str | None = None) -> tuple[Scorecard, Chosen]:
        """The scorecard of an account's segment, and who chose it. Raises KeyError for one asked for that is not."""
        if asked is not None:
            return self.cards[asked], "asked"
        kept = self.segments.get(account, "")
        return (self.cards[kept], "kept") if kept in self.cards else (self.cards[SHIPPED[0]], "nobody")

    def facts_of(self, account: str) -> Facts:
        return Facts(self.connection, tuple(s.shop_id for s in self.shops if s.account == account))

    def account(self, account: str, work: Work | None = None, card: str | None = None) -> Reading:
        """The reading of the shops under one name. Raises NoSuchSubject."""
        if account not in self.accounts():
            raise NoSuchSubject(f"no account is called {account!r}; there are {', '.join(self.accounts())}")
        scorecard, subject = self.card_of(account, card)[0], Subject("account", account, account)
        facts, values = self.facts_of(account), self.values_of(account)
        told = answers(scorecard, subject, facts, self.as_of, values, work)
        return read(scorecard, subject, self.as_of, told, self.known)

    def values_of(self, account: str) -> Published:
        """What was published; of an earlier day measured afresh."""
        if self.known == "then":
            return self.published
        scope = Scope("account", account)
        wanted = [METRICS[id] for id in METRICS_READ]
        return measured_in(self.home, self.connection, self.published.manifest, wanted, scope, self.as_of)

    def companies(
        self, account: str, work: Mapping[int, Work] | None = None, card: str | None = None
    ) -> tuple[Reading, ...]:
        """Readings of every company that buys from an account's shops; those that others became part of are theirs."""
        facts, listed = self.facts_of(account), self._companies(account)
        wanted = {id: self._card_of_company(segment, card) for id, (_, segment) in listed.items()}
        told = self._answers(facts, {one.id: one for one in wanted.values()}.values(), "company", listed)
        return tuple(
            read(
                wanted[id], Subject("company", str(id), label), self.as_of,
                told[id] | (work[id].answers(self.as_of) if work and id in work else {}), self.known,
            )
            for id, (label, _) in listed.items()
        )  # fmt: skip

    def customer(self, customer_id: int, card: str | None = None) -> Reading:
        """The reading of one person by their surrogate key. Raises NoSuchSubject for one who never bought."""
        found = self.connection.execute(
            "SELECT DISTINCT shop_id FROM order_value WHERE customer_id = ? AND placed_on <= ?",
            [customer_id, self.as_of],
        ).fetchall()
        accounts = sorted({shop.account for shop in self.shops if (shop.shop_id,) in found})
        if not accounts:
            raise NoSuchSubject(f"no customer with the key {customer_id} had bought by {self.as_of}")
        scorecard, subject = self.card_of(accounts[0], card)[0], Subject("customer", str(customer_id), str(customer_id))
        told = answers(scorecard, subject, self.facts_of(accounts[0]), self.as_of)
        return read(scorecard, subject, self.as_of, told, self.known)

    def customers(self, account: str, card: str | None = None) -> Scores:
        """The scores of everybody who bought from an account's shops within a year, without sentences."""
        scorecard, facts, days = self.card_of(account, card)[0], self.facts_of(account), (self.as_of,)
        here = facts.listed(buyers_of_a_year(), days, "DISTINCT as_of, party", "ORDER BY party")
        keys = Keys.of(here, days)
        inputs = inputs_of(facts, scorecard, "customer", days, keys)
        score, coverage = scores(scorecard, "customer", inputs, len(keys.key))
        return Scores(here["party"].astype(np.int64), score, coverage, inputs)

    def _card_of_company(self, segment: str | None, asked: str | None) -> Scorecard:
        return self.cards[asked or (segment if segment and segment in self.cards else BUSINESS)]

    def _companies(self, account: str) -> dict[int, tuple[str, str | None]]:
        """Surrogate key → name and segment, by name; no test accounts."""
        ids = ", ".join(str(s.shop_id) for s in self.shops if s.account == account)
        rows = self.connection.execute(
            "SELECT a.account_id, coalesce(a.name, a.account_number, a.account_id::VARCHAR), a.segment"
            f" FROM account AS a WHERE a.shop_id IN ({ids}) AND NOT coalesce(a.is_test, false)"
            " AND a.account_id NOT IN (SELECT account_id FROM account_survivor)"
            " AND coalesce(a.customer_since_at::DATE <= ?, true) ORDER BY 2, 1",
            [self.as_of],
        ).fetchall()
        return {id: (name, segment) for id, name, segment in rows}

    def _answers(
        self, facts: Facts, cards: Iterable[Scorecard], kind: Kind, parties: Iterable[int]
    ) -> dict[int, dict[str, Answer]]:
        """Party → input → answer, each input asked once for all of them, on however many scorecards it stands."""
        told: dict[int, dict[str, Answer]] = {party: {} for party in parties}
        for id in dict.fromkeys(line.input.id for card in cards for _, line in card.lines_for(kind)):
            if id not in ROWS or kind not in INPUTS[id].of:
                continue
            rows = ROWS[id]
            if (missing := facts.missing(rows)) is not None:
                for own in told.values():
                    own[id] = missing
                continue
            alive, sums = facts.newest(rows, self.as_of), facts.sums(rows, kind, self.as_of)
            for party, own in told.items():
                own[id] = found(INPUTS[id], rows, kind, sums.get(party), self.as_of, alive)
        return told


def basis(home: Home, as_of: date | None = None) -> Basis:
    """Of the serving snapshot, on its own day or an earlier one, by the home's scorecards. Raises as `taking` does."""
    cards, merchant, published = all_scorecards(home.path), read_merchant(home.path), need_published(home)
    day = as_of or published.as_of
    if day > published.as_of:
        raise AfterTheData(f"the data end on {published.as_of}, so nothing can be said as of {day}")
    segments = {shop.account: merchant.segment_of(shop.account) for shop in published.shops}
    return Basis(home, published, day, cards, segments)


@contextmanager
def taking(home: Home, as_of: date | None = None) -> Iterator[Taker]:
    """The serving snapshot, on its own day or an earlier one: then metrics are measured afresh, as known now.

    Raises NothingBuilt, DamagedSnapshot, FrameworkProblem, and AfterTheData for a day that the data do not reach.
    """
    while True:
        told = basis(home, as_of)
        with opened(home) as (connection, snapshot):
            if snapshot.id != told.snapshot:
                continue  # another one was switched to in between: values and rows must be of one
            yield Taker(home, told.published, told.as_of, told.cards, told.segments, connection)
            return
