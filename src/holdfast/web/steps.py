"""A playbook in words: its steps as a line of waits, messages and branches, whom it is for, what begins and ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from holdfast.playbooks.conditions import Condition, facts_of
from holdfast.playbooks.declare import MESSAGES, WORK, Playbook, Step
from holdfast.playbooks.facts import UnknownFact, Who, find
from holdfast.web import formatting

ICONS = {
    "email": "file-text", "sms": "file-text", "audience": "users", "webhook": "refresh-cw", "coupon": "scale",
    "slot": "gauge", "ticket": "inbox", "task": "list-checks", "touchpoint": "calendar-clock", "work": "list-checks",
    "branch": "filter",
}  # fmt: skip
DONE = {
    "email": "E-mail", "sms": "Text message", "audience": "Audience of a marketing tool", "webhook": "Call to",
    "coupon": "Coupon code", "slot": "Shown in the shop", "ticket": "Ticket at the help desk", "task": "Task",
    "touchpoint": "Touchpoint", "work": "Work object", "branch": "Asked",
}  # fmt: skip
STATES = {
    "under way": "Under way", "waiting": "Wait to begin", "kept aside": "Kept aside by lot", "held": "Held back",
    "stopped": "Stopped", "done": "Went to the end",
}  # fmt: skip

DECIDED = {
    "start": "began", "did": "step done", "left out": "step left out", "branch": "took a branch", "wait": "waits",
    "held": "step held back", "hold": "not begun", "not yet": "waits to begin", "stop": "stopped", "done": "ended",
    "assigned": "is to be treated",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One step of the line. after: how long is waited before it; says: what is said; more: small words below it."""

    id: str
    do: str
    icon: str
    title: str
    says: str
    after: str
    more: tuple[str, ...]
    message: bool


def drawn(it: Playbook) -> tuple[Drawn, ...]:
    return tuple(
        Drawn(
            step.id, step.do, ICONS[step.do], DONE[step.do], _says(step), waited(step.after), tuple(_more(it, step)),
            step.do in MESSAGES | {"slot", "coupon", "ticket"},
        )
        for step in it.steps
    )  # fmt: skip


def waited(span: timedelta) -> str:
    """ "10 days", "2 days 6 hours"; empty for none."""
    hours, days = round(span.seconds / 3600, 1), span.days
    parts = [formatting.plural(days, "days")] if days else []
    if hours:
        parts.append(formatting.plural(int(hours), "hours") if hours.is_integer() else f"{hours} hours")
    return " ".join(parts)


def audience(it: Playbook) -> list[str]:
    """What must hold of whom it is for, each in words."""
    said = [f"in the segment {it.audience.segment}"] if it.audience.segment else []
    return said + [one.said for one in it.audience.when]


def begins(it: Playbook) -> str:
    t = it.trigger
    whom = "They" if it.who == "customers" else "It"
    if t.on == "enter":
        inside = "; who is in it when the playbook is switched on has entered it too" if t.those_inside else ""
        return f"{whom} enter{'s' if whom == 'It' else ''} the audience{inside}."
    if t.on == "leave":
        return f"{whom} leave{'s' if whom == 'It' else ''} the audience."
    day = _fact(it.who, t.fact)
    when = (
        f"{formatting.plural(abs(t.days), 'days')} {'before' if t.days < 0 else 'after'} the " if t.days else "On the "
    )
    return f"{formatting.as_sentence(when + day)} At most {formatting.plural(t.within_days, 'days')} late."


def ends(it: Playbook) -> list[str]:
    """What ends a run before its last step."""
    said = {"bought": it.stop.bought, "said no to marketing": it.stop.unsubscribed, "left the audience": it.stop.left}
    return [words for words, so in said.items() if so] + [one.said for one in it.stop.when]


def rests(it: Playbook) -> str:
    a = it.again
    if a.once:
        return "Once, and never again."
    most = f", at most {formatting.plural(a.most, 'times')}" if a.most else ""
    return f"Again after a rest of {formatting.plural(a.rest_days, 'days')}{most}."


def peaks(it: Playbook) -> str:
    starts, waits = it.peaks.starts == "hold", it.peaks.messages == "hold"
    if not (starts or waits):
        return "As at any other time."
    held = [*(["nobody begins"] if starts else []), *(["marketing waits"] if waits else [])]
    return f"{formatting.as_sentence(' and '.join(held))}"


def facts_said(it: Playbook) -> list[tuple[str, str]]:
    """The facts that its conditions speak of, and what each is."""
    asked = facts_of(it.audience.when, it.stop.when, *(step.only_if for step in it.steps))
    return [(id, _fact(it.who, id)) for id in sorted(asked)]


def _says(step: Step) -> str:
    says = step.says
    if step.do == "branch":
        return _all(step.only_if)
    for key in ("subject", "what", "title", "offer", "name", "kind", "body"):
        if says.get(key):
            return str(says[key])
    return ""


def _more(it: Playbook, step: Step) -> list[str]:
    said = []
    if step.only_if and step.do != "branch":
        said.append(f"only if {_all(step.only_if)}")
    if step.do == "branch":
        said += [f"{word}: {_leads(it, step, to)}" for word, to in (("yes", step.then), ("no", step.otherwise))]
    if step.turns > 1:
        said.append(f"{step.turns} times, every {waited(step.every)}")
    if step.do in MESSAGES and step.of_class == "service":
        said.append("service: goes whatever the caps")
    if to := str(step.says.get("to", "")):
        said.append(f"to the {', else the '.join(part.strip() for part in to.split(','))}; else a task for the owner")
    if step.says.get("action") == "remove":
        said.append("takes them out of it again")
    if step.do in WORK and "due_days" in step.says:
        said.append(f"due within {formatting.plural(int(step.says['due_days']), 'days')}")
    if step.cost:
        said.append(f"costs {formatting.number(step.cost, 2)}")
    return said


def _leads(it: Playbook, step: Step, to: str) -> str:
    if to == "end":
        return "it ends"
    place = it.place_of(to) if to else it.place_of(step.id) + 1
    return f"on to step {place + 1}" if place < len(it.steps) else "it ends"


def _all(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(one.said for one in conditions)


def _fact(who: Who, id: str) -> str:
    try:
        return find(who, id).says
    except UnknownFact:
        return id
