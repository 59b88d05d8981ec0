"""What the book of work knows of a subject; it is handed in, since health reads facts only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from holdfast.commerce.counting import some
from holdfast.commerce.writing import day
from holdfast.health.answer import Evidence, Found


@dataclass(frozen=True, slots=True)
class Work:
    """None: the book says nothing, and what was imported is asked. Days are those on which it was last looked at.

    outcomes: (confirmed by the customer, due) of the last year. progress: 0…1 of the way to the targets. threads:
    people who speak with us. sponsor_on: when the sponsor was last spoken to. next_step_on: the day of the next step
    agreed; has_next_step False: there is none. at_stake: share of a year's merchandise that would leave with its
    customers, as the models of its shops foretell it, and of how many customers; still_to_come: what those who have
    bought are expected to bring in a year ÷ what was brought in the last, and of how many. The rest is shown and counts
    for nothing.
    """

    told_on: date
    outcomes: tuple[int, int] | None = None
    progress: float | None = None
    champion: bool | None = None
    threads: int | None = None
    sponsor_on: date | None = None
    has_next_step: bool | None = None
    next_step_on: date | None = None
    at_stake: tuple[float, int] | None = None
    still_to_come: tuple[float, int] | None = None
    meetings_held: int | None = None
    documents: int | None = None
    certificates: int | None = None
    our_impression: float | None = None

    def answers(self, as_of: date) -> dict[str, Found]:
        """By input."""
        return {
            id: Found(value, self.told_on, said, Evidence("book", id, 1, as_of, n))
            for id, value, said, n in self._told(as_of)
        }

    def _told(self, as_of: date) -> Iterator[tuple[str, float, str, int]]:
        on = max(as_of, self.told_on)  # data may end long before the book was looked at
        if self.outcomes and self.outcomes[1]:
            done, due = self.outcomes
            yield "verified_outcomes", done / due, f"{done} of {due} outcomes due were confirmed by the customer", due
        if self.progress is not None:
            yield "target_progress", self.progress, f"{self.progress * 100:.0f} % of the way to the targets agreed", 1
        if self.champion is not None:
            said = "a champion is there" if self.champion else "nobody there stands up for us"
            yield "champion", float(self.champion), said, 1
        if self.threads is not None:
            yield "threads", float(self.threads), f"in touch with {some(self.threads, 'contacts')}", self.threads
        if self.sponsor_on is not None:
            since = (on - self.sponsor_on).days
            yield "sponsor_contact", float(since), f"the sponsor was last spoken to on {day(self.sponsor_on)}", 1
        if self.has_next_step is not None:
            ahead = self.has_next_step and (self.next_step_on is None or self.next_step_on >= on)
            said = "a next step is agreed" if ahead else "no next step"
            if self.has_next_step and not ahead and self.next_step_on:
                said = f"the next step was due on {day(self.next_step_on)}"
            yield "next_step", float(ahead), said, 1
        if self.at_stake is not None:
            share, n = self.at_stake
            yield "at_stake", share, f"{share:.0%} of a year's merchandise would leave with its customers", n
        if self.still_to_come is not None:
            ratio, n = self.still_to_come
            said = f"today's customers are expected to bring {ratio:.0%} of what the last year brought"
            yield "still_to_come", ratio, said, n
        for id in ("meetings_held", "documents", "certificates"):
            if (count := getattr(self, id)) is not None:
                yield id, float(count), f"{count:,} {id.replace('_', ' ')}", count
        if self.our_impression is not None:
            yield "our_impression", self.our_impression, f"{self.our_impression * 100:.0f} %, as its owner feels", 1
