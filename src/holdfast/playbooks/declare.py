"""What a playbook is: for whom, when it begins, its steps, when it stops, and who is kept aside.

Declared here as records, or written as TOML (`written.py`) that gives the same records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, get_args

from holdfast.playbooks.conditions import Condition, facts_of
from holdfast.playbooks.facts import UnknownFact, Who, find
from holdfast.playbooks.outcomes import OUTCOMES

On = Literal["enter", "leave", "date", "event"]
Deed = Literal[
    "email", "sms", "audience", "webhook", "coupon", "slot", "ticket", "task", "touchpoint", "work", "branch"
]
Season = Literal["as usual", "hold"]
Class = Literal["marketing", "service"]

MESSAGES: frozenset[str] = frozenset({"email", "sms", "audience"})  # consent, quiet hours and caps apply to them
WORK: frozenset[str] = frozenset({"task", "touchpoint", "work"})  # done in the book of work
DEEDS: dict[Who, tuple[Deed, ...]] = {
    "customers": tuple(one for one in get_args(Deed) if one not in ("touchpoint", "work")),
    "accounts": ("email", "task", "touchpoint", "work", "webhook", "ticket", "branch"),
}
# By deed: what a step must say, and what it may say.
ASKED: dict[Deed, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "email": (("subject", "body"), ("to",)),
    "sms": (("body",), ()),
    "audience": (("name",), ("action",)),
    "webhook": (("name",), ("body",)),
    "coupon": (("pool", "offer"), ()),
    "slot": (("name", "body"), ("days",)),
    "ticket": (("subject", "body"), ()),
    "task": (("what",), ("why", "due_days")),
    "touchpoint": (("kind",), ("agenda", "due_days")),
    "work": (("kind", "title"), ("body",)),
    "branch": ((), ()),
}
# Parts of people at an account, to whom mail goes; the model of contacts has the same.
PARTS = ("buyer", "champion", "approver", "evaluator", "user", "blocker", "procurement", "security", "finance")
ACTIONS = ("add", "remove")  # of an audience
WHOLE = frozenset({"days", "due_days"})  # of the above, numbers of days
STRATA = ("country", "channel")
CLUSTERS: dict[Who, tuple[str, ...]] = {"customers": ("", "account"), "accounts": ("",)}
LEAST_HELD_OUT, MOST_HELD_OUT = 0.01, 0.9
MOST_STEPS, MOST_TURNS = 40, 60


class PlaybookProblem(Exception):
    """A playbook cannot be as it is declared; the message names what and says what to write."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom it concerns: who belongs to a segment and meets every condition."""

    when: tuple[Condition, ...] = ()
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What begins a run.

    enter, leave: the audience was entered or left since the playbook looked last. those_inside: who was in it when the
    playbook was switched on has entered it too. date, event: a fact's day, so many days after it (before it, where
    days is below 0), for whoever is in the audience then; within_days: so late it may still begin.
    """

    on: On = "enter"
    fact: str = ""
    days: int = 0
    within_days: int = 7
    those_inside: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done. after: how long after the step before it (the first: after the start).

    only_if: else it is left out and the run goes on. turns: how often it is done, every so long. then, otherwise: of a
    branch, the step that follows where only_if is met and where not; empty for the next one, "end" for none.
    """

    id: str
    do: Deed
    says: Mapping[str, str | int] = field(default_factory=dict)
    after: timedelta = timedelta()
    only_if: tuple[Condition, ...] = ()
    turns: int = 1
    every: timedelta = timedelta(days=1)
    then: str = ""
    otherwise: str = ""
    of_class: Class = "marketing"
    cost: float = 0.0  # of doing it once, in the shop's currency

    @property
    def asked_as(self) -> Class:
        """Whoever said no is still taken out of an audience."""
        return "service" if self.says.get("action") == "remove" else self.of_class


@dataclass(frozen=True, slots=True)
class Stop:
    """When a run ends before its last step. bought: they bought since it began. left: they are in the audience no more.
    when: each condition by itself ends it."""

    bought: bool = False
    unsubscribed: bool = False
    left: bool = False
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Whether somebody may be in it a second time, and how long after the end of the run before."""

    once: bool = True
    rest_days: int = 0
    most: int = 0  # runs of one person or account; 0 for any number


@dataclass(frozen=True, slots=True)
class Peaks:
    """In a peak of the market: whether runs begin, and whether messages of marketing wait."""

    starts: Season = "as usual"
    messages: Season = "as usual"


@dataclass(frozen=True, slots=True)
class Holdout:
    """The share kept aside by lot; or, written down, why nobody is.

    cluster: "account" keeps the people of one company together. stratum: a fact whose every word keeps the share.
    """

    share: float = 0.1
    cluster: str = ""
    stratum: str = ""
    none_because: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """A guardrail: a metric, read per, that may become worse by no more than a share."""

    metric: str
    tolerance: float
    per: str = "assigned"


@dataclass(frozen=True, slots=True)
class Measured:
    """What decides whether it worked, said before it begins; `evidence` holds it to that.

    lot: the name under which the lot is kept; another one draws anew. planned: customers (accounts) of both arms.
    currency: of accounts, in which their money is counted, where their shops have several.
    """

    metric: str
    hypothesis: str
    days: int
    planned: int
    per: str = "assigned"
    guardrails: tuple[Watched, ...] = ()
    segments: tuple[str, ...] = ()
    claims: str = ""
    stop: str = "at the horizon"
    lot: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """One playbook. priority: of competing messages, the lower number goes first."""

    id: str
    name: str
    who: Who
    aim: str
    owner: str
    audience: Audience
    trigger: Trigger
    steps: tuple[Step, ...]
    stop: Stop = Stop()
    again: Again = Again()
    peaks: Peaks = Peaks()
    holdout: Holdout = Holdout()
    measured: Measured | None = None
    priority: int = 50

    def __post_init__(self) -> None:
        _check(self)

    @property
    def lot(self) -> str:
        """The name of the lot by which somebody is kept aside; empty where nobody is."""
        if self.holdout.none_because:
            return ""
        return (self.measured.lot if self.measured else "") or self.id

    @property
    def cost(self) -> float:
        """The most that one run can cost."""
        return sum(step.cost * step.turns for step in self.steps)

    @property
    def asks(self) -> frozenset[str]:
        """The facts that have to be known for it to be decided."""
        asked = facts_of(self.audience.when, self.stop.when, *(step.only_if for step in self.steps))
        if self.audience.segment:
            asked |= {f"segment:{self.audience.segment}"}
        if self.trigger.fact:
            asked |= {self.trigger.fact}
        asked |= {"orders"} if self.stop.bought else set()
        asked |= {"refused_email"} if self.stop.unsubscribed else set()
        asked |= {"in_peak"} if "hold" in (self.peaks.starts, self.peaks.messages) else set()
        return frozenset(asked | ({self.holdout.stratum} if self.holdout.stratum else set()))

    @property
    def begins_by_data(self) -> bool:
        """Whether who begins is decided by what was imported, and so only as well as that is new. Customers are."""
        named = {self.trigger.fact, self.holdout.stratum} - {""}
        return self._of_data(named | facts_of(self.audience.when, self.stop.when))

    @property
    def reads_data(self) -> bool:
        """Whether anything of it is decided so, from some step on if not from the beginning."""
        return self._of_data(self.asks)

    def goes_on_by_data(self, place: int) -> bool:
        """Whether a run before a step is: by when it stops, or by what it comes to without having to wait."""
        left = self.audience.when if self.stop.left else ()
        return self._of_data(facts_of(self.stop.when, left)) or any(
            self._of_data(facts_of(step.only_if)) for step in self._without_waiting(place)
        )

    def _of_data(self, facts: Collection[str]) -> bool:
        return self.who == "customers" or any(find(self.who, id).of_data for id in facts)

    def _without_waiting(self, place: int) -> Iterator[Step]:
        """The step at a place, and those that follow it at once."""
        if place >= len(self.steps):
            return
        step = self.steps[place]
        yield step
        ways = (step.then, step.otherwise) if step.do == "branch" else ("",)
        for after in {self.place_of(way) if way else place + 1 for way in ways}:
            if after < len(self.steps) and not self.steps[after].after:
                yield from self._without_waiting(after)

    def place_of(self, step: str) -> int:
        """Where a step stands, from 0; "end" is behind the last one."""
        return len(self.steps) if step == "end" else next(n for n, one in enumerate(self.steps) if one.id == step)


def _check(it: Playbook) -> None:
    for wrong, said in (
        *_of_start(it), *_of_end(it), *_of_lot(it),
        *(pair for n, step in enumerate(it.steps) for pair in _of_step(it, n, step)),
    ):  # fmt: skip
        if wrong:
            raise PlaybookProblem(said)
    for id in it.asks:
        try:
            find(it.who, id)
        except UnknownFact as problem:
            raise PlaybookProblem(str(problem)) from problem


def _of_start(it: Playbook) -> tuple[tuple[bool, str], ...]:
    t, dated = it.trigger, it.trigger.on in ("date", "event")
    return (
        (not it.id.replace("-", "").isalnum() or it.id != it.id.lower(), "id: is of small letters, digits and hyphens"),
        (not it.aim.strip(), "aim: says in a sentence what it is for"),
        (not it.owner.strip(), "owner: says who answers for it"),
        (not it.audience.when and not it.audience.segment, "audience: says `segment`, or `when` with conditions"),
        (t.on == "event" and not t.fact.startswith("event:"), "trigger.event: names the event that begins it"),
        (dated and not t.fact, "trigger.fact: names the fact on whose day it begins"),
        (dated and bool(t.fact) and _kind(it.who, t.fact) != "day", f"trigger.fact: {t.fact} is no day"),
        (not dated and bool(t.fact), f"trigger.fact: is of date and event, not of {t.on}"),
        (t.within_days < 1, "trigger.within_days: is 1 or more"),
        (t.those_inside and t.on != "enter", "trigger.those_inside: is of enter alone"),
        (not 1 <= it.priority <= 99, "priority: is from 1, which goes first, to 99"),
    )


def _of_end(it: Playbook) -> tuple[tuple[bool, str], ...]:
    ids = [step.id for step in it.steps]
    return (
        (not ids, "step: there is none"),
        (len(ids) > MOST_STEPS, f"step: there are more than {MOST_STEPS}"),
        (len({*ids}) < len(ids), "step.id: two steps are called alike"),
        (it.again.rest_days < 0 or it.again.most < 0, "again: days and runs are 0 or more"),
        (it.again.once and (it.again.rest_days > 0 or it.again.most > 1), "again.once: there is no other run"),
        (it.stop.left and it.trigger.on == "leave", "stop.left: who began by leaving is outside from the start"),
        (it.who == "accounts" and (it.stop.bought or it.stop.unsubscribed), "stop: people buy and unsubscribe"),
    )  # fmt: skip


def _of_lot(it: Playbook) -> tuple[tuple[bool, str], ...]:
    h, m = it.holdout, it.measured
    return (
        (not h.none_because.strip() and not LEAST_HELD_OUT <= h.share <= MOST_HELD_OUT,
         "holdout.share: is from 0.01 to 0.9; or write none_because, with the reason why nobody is kept aside"),
        (bool(h.none_because and (h.cluster or h.stratum)), "holdout: nobody is kept aside: no cluster, no stratum"),
        (h.cluster not in CLUSTERS[it.who], f"holdout.cluster: is one of {', '.join(CLUSTERS[it.who]) or 'none'}"),
        (h.stratum not in ("", *STRATA), f"holdout.stratum: is one of {', '.join(STRATA)}"),
        (bool(h.cluster and h.stratum), "holdout: a cluster has no one stratum"),
        (not h.none_because and it.measured is None,
         "measured: is missing; who keeps people aside says before it begins what will decide"),
        (it.who == "customers" and m is not None and bool(m.currency), "measured.currency: is of accounts alone"),
        *(_of_accounts(m) if it.who == "accounts" and m is not None else ()),
    )  # fmt: skip


def _of_accounts(m: Measured) -> tuple[tuple[bool, str], ...]:
    told = ", ".join(OUTCOMES)
    return (
        (m.metric not in OUTCOMES, f"measured.metric: of accounts it is one of {told}"),
        (any(one.metric not in OUTCOMES for one in m.guardrails),
         f"measured.guardrails: of accounts metric is one of {told}"),
        (any(not 0 < one.tolerance <= 1 for one in m.guardrails),
         "measured.guardrails: tolerance is a share, above 0 and at most 1"),
        (bool(m.segments), "measured.segments: accounts are too few to be read by parts"),
        (bool(m.claims), "measured.claims: a claim is of customers"),
        (m.planned < 2, "measured.planned: is how many accounts are expected in both arms"),
        (not 7 <= m.days <= 730, "measured.days: is the horizon, from 7 to 730"),
    )  # fmt: skip


def _of_step(it: Playbook, place: int, step: Step) -> tuple[tuple[bool, str], ...]:
    where = f"step {step.id!r}"
    if step.do not in DEEDS[it.who]:
        return ((True, f"{where}.do: of {it.who} it is one of {', '.join(DEEDS[it.who])}"),)
    needed, may = ASKED[step.do]
    missing = [key for key in needed if not step.says.get(key)]
    strange = sorted(step.says.keys() - {*needed, *may})
    later = {one.id for one in it.steps[place + 1 :]} | {"", "end"}
    branch = step.do == "branch"
    return (
        (not step.id or step.id == "end", f"step[{place + 1}].id: is missing, or is `end`"),
        (bool(missing), f"{where}.{', '.join(missing)}: is missing"),
        (bool(strange), f"{where}.{', '.join(strange)}: is not a key of {step.do}"),
        (step.after < timedelta() or step.every <= timedelta(), f"{where}: waits are 0 or longer"),
        (not 1 <= step.turns <= MOST_TURNS, f"{where}.turns: is from 1 to {MOST_TURNS}"),
        (branch and not step.only_if, f"{where}.if: says what decides"),
        (branch and step.turns > 1, f"{where}.turns: a branch is taken once"),
        (not branch and bool(step.then or step.otherwise), f"{where}: then and otherwise are of a branch"),
        (step.then not in later or step.otherwise not in later, f"{where}: a branch leads to a later step, or to end"),
        *_of_mail(it.who, step, where),
        (step.says.get("action", "add") not in ACTIONS, f"{where}.action: is one of {', '.join(ACTIONS)}"),
        (step.cost < 0, f"{where}.cost: is 0 or more"),
    )


def _of_mail(who: Who, step: Step, where: str) -> tuple[tuple[bool, str], ...]:
    parts = [part.strip() for part in str(step.says.get("to", "")).split(",")]
    to_people = who == "accounts" and step.do == "email"
    return (
        (not to_people and "to" in step.says, f"{where}.to: is of mail to people of accounts"),
        (to_people and not {*parts} <= {*PARTS}, f"{where}.to: is of {', '.join(PARTS)}; the preferred one first"),
    )


def _kind(who: Who, id: str) -> str:
    try:
        return find(who, id).kind
    except UnknownFact as problem:
        raise PlaybookProblem(str(problem)) from problem
