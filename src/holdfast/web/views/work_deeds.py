"""What can be done to a plan from its page: each takes what was sent and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from holdfast.accounts.act import By
from holdfast.accounts.actions import evidence, guests, lines, remarks, stakeholders, works
from holdfast.accounts.actions.calibration import score_sample
from holdfast.accounts.reading.work import WorkPage
from holdfast.web import filling, formatting, reading, trying
from holdfast.web.jinja import url
from holdfast.web.sent import Sent, day_if_said, day_of, key_of, moment_of


@dataclass(frozen=True, slots=True)
class Link:
    """A link for a guest, to be shown once."""

    path: str


def _frame(who: By, work: WorkPage, sent: Sent) -> str:
    told: dict[str, Any] = {name: sent[name].strip() for name in ("title", "decision", "decider") if name in sent}
    for name in ("decision_on", "review_by", "expires_on"):
        if name in sent:
            told[name] = day_if_said(sent, name)
    for name in ("owner", "objective"):
        if name in sent:
            told[f"{name}_id"] = key_of(sent, name)
    if "redaction" in sent:
        told["redaction"] = sent["redaction"]
    works.edit_work(work.id, by=who, at=timezone.now(), **told)
    return "Saved."


def _fields(who: By, work: WorkPage, sent: Sent) -> str:
    told = filling.read(work.kind.fields, sent)
    works.edit_work(work.id, by=who, at=timezone.now(), fields=told, note=sent.get("note", ""))
    return "Saved."


def _move(who: By, work: WorkPage, sent: Sent) -> str:
    moved = works.move_work(work.id, sent["to"], by=who, at=timezone.now())
    label = work.kind.machine.state(sent["to"]).label
    if moved.state != sent["to"]:
        return f"Your word for “{label}” is written down; it happens when the others have given theirs."
    return f"It is {label.lower()} now."


def _share(who: By, work: WorkPage, sent: Sent) -> str:
    works.share_work(work.id, by=who, at=timezone.now(), visibility=sent["visibility"])
    return "The customer can be let in now." if sent["visibility"] == "customer" else "Only we see it from now on."


def _changed_decision(who: By, work: WorkPage, sent: Sent) -> str:
    works.changed_a_decision(work.id, sent.get("what", ""), by=who, at=timezone.now())
    return "Noted: it counts as used from today."


def _take_part(who: By, work: WorkPage, sent: Sent) -> str:
    side, _, key = sent.get("who", "").partition(":")
    if side not in ("user", "contact"):
        raise ValidationError("say who takes part")
    works.add_participant(work.id, by=who, at=timezone.now(), **{f"{side}_id": int(key)})
    return "Takes part now."


def _part_no_more(who: By, work: WorkPage, sent: Sent) -> str:
    works.remove_participant(int(sent["participant"]), by=who, at=timezone.now())
    return "Takes part no more."


def _add_line(who: By, work: WorkPage, sent: Sent) -> str:
    part = _part(work, sent)
    if not sent.get("what", "").strip():
        raise ValidationError("say what the line is about")
    lines.add_line(
        work.id, part.name, sent["what"], by=who, at=timezone.now(), fields=filling.read(part.columns, sent),
        note=sent.get("note", ""), **_line_frame(sent),
    )  # fmt: skip
    return "The line is added."


def _change_line(who: By, work: WorkPage, sent: Sent) -> str:
    told = _line_frame(sent) | ({"what": sent["what"]} if "what" in sent else {})
    lines.change_line(
        int(sent["line"]), by=who, at=timezone.now(), fields=filling.read(_part(work, sent).columns, sent),
        note=sent.get("note", ""), **told,
    )  # fmt: skip
    return "Saved."


def _move_line(who: By, work: WorkPage, sent: Sent) -> str:
    line = lines.move_line(int(sent["line"]), sent["to"], by=who, at=timezone.now())
    return f"“{line.what}” is {work.kind.part(line.part).machine.state(line.state).label.lower()} now."


def _line_frame(sent: Sent) -> dict[str, Any]:
    """Whoever owns a line is one of us or one of them: owner is "user:3" or "contact:7"."""
    told: dict[str, Any] = {}
    if "owner" in sent:
        side, _, key = sent["owner"].partition(":")
        told = {"our_owner_id": int(key) if side == "user" else None,
                "customer_owner_id": int(key) if side == "contact" else None}  # fmt: skip
    if "due" in sent:
        told["due"] = day_if_said(sent, "due")
    for name in ("under", "depends_on"):
        if name in sent:
            told[f"{name}_id"] = key_of(sent, name)
    return told


def _score(who: By, work: WorkPage, sent: Sent) -> str:
    score_sample(int(sent["line"]), int(sent["score"]), by=who)
    return "Your score is kept; nobody else sees it before two have scored all."


def _steps_for_gaps(who: By, work: WorkPage, sent: Sent) -> str:
    made = stakeholders.steps_for_gaps(
        work.id, owner_id=int(sent["owner"]), due=day_of(sent, "due"), by=who, at=timezone.now()
    )
    return f"{formatting.plural(len(made), 'steps')} added." if made else "Every gap has a step already."


def _value(who: By, work: WorkPage, sent: Sent) -> str:
    source, metric = reading.published(), reading.metrics().get(sent.get("metric", "").strip())
    if source is None:
        raise ValidationError("nothing was built yet, so there is no value to link")
    if metric is None:
        raise ValidationError("choose a metric of the list")
    scope = reading.scope_of(source, sent.get("scope", ""))
    evidence.link_value(
        work.id, metric.id, version=metric.version, scope=reading.scope_text(scope) or "all", as_of=source.as_of,
        snapshot=source.snapshot, by=who, at=timezone.now(), line_id=key_of(sent, "line"),
    )  # fmt: skip
    return f"{metric.name} is linked as it stood on {formatting.day(source.as_of)}."


def _claim(who: By, work: WorkPage, sent: Sent) -> str:
    source = reading.published()
    found = trying.claim(sent.get("claim", ""))
    if source is None or found is None:
        raise ValidationError("choose a claim of the list")
    evidence.link_claim(
        work.id, found.id, found.sentence, metric=found.metric, version=found.version, scope=found.scope,
        as_of=found.as_of, snapshot=source.snapshot, grade=str(found.grade), by=who, at=timezone.now(),
        line_id=key_of(sent, "line"),
    )  # fmt: skip
    return f"What {found.name} shows is linked as it stood on {formatting.day(found.as_of)}."


def _document(who: By, work: WorkPage, sent: Sent) -> str:
    evidence.link_document(
        work.id, sent.get("address", "").strip(), sent.get("text", ""), by=who, at=timezone.now(),
        line_id=key_of(sent, "line"),
    )  # fmt: skip
    return "The document is linked."


def _quote(who: By, work: WorkPage, sent: Sent) -> str:
    evidence.link_quote(
        work.id, sent.get("text", ""), said_by=sent.get("said_by", ""), said_on=day_of(sent, "said_on"), by=who,
        at=timezone.now(), line_id=key_of(sent, "line"),
    )  # fmt: skip
    return "The quote is kept."


def _unlink(who: By, work: WorkPage, sent: Sent) -> str:
    evidence.unlink(int(sent["evidence"]), by=who, at=timezone.now())
    return "Taken away."


def _update(who: By, work: WorkPage, sent: Sent) -> str:
    promised = moment_of(sent, "promised_at") if sent.get("promised_at") else None
    remarks.post_update(work.id, sent.get("text", ""), by=who, at=timezone.now(), promised_at=promised)
    return f"Written down; the next is promised by {formatting.moment(promised)}." if promised else "Written down."


def _comment(who: By, work: WorkPage, sent: Sent) -> str:
    remarks.comment(
        work.id, sent.get("text", ""), by=who, at=timezone.now(), line_id=key_of(sent, "line"),
        to_customer="to_customer" in sent,
    )  # fmt: skip
    return "Said."


def _handed(who: By, work: WorkPage, sent: Sent) -> str:
    remarks.share_with(work.id, int(sent["contact"]), by=who, at=timezone.now(), text=sent.get("text", ""))
    return "Written down to whom it was handed."


def _make_link(who: By, work: WorkPage, sent: Sent) -> Link:
    days = int(sent.get("days") or guests.DAYS)
    token = guests.make_guest_link(work.id, int(sent["contact"]), by=who, at=timezone.now(), days=days)
    return Link(url("guest", token))


def _revoke(who: By, work: WorkPage, sent: Sent) -> str:
    guests.revoke_guest_link(int(sent["link"]), by=who, at=timezone.now())
    return "The link opens nothing from now on."


DEEDS: dict[str, Callable[[By, WorkPage, Sent], str | Link]] = {
    "frame": _frame, "fields": _fields, "move": _move, "share": _share, "changed a decision": _changed_decision,
    "take part": _take_part, "part no more": _part_no_more, "add line": _add_line, "change line": _change_line,
    "move line": _move_line, "score": _score, "steps for gaps": _steps_for_gaps, "value": _value, "claim": _claim,
    "document": _document, "quote": _quote, "unlink": _unlink, "update": _update, "comment": _comment,
    "handed": _handed, "make link": _make_link, "revoke": _revoke,
}  # fmt: skip


def _part(work: WorkPage, sent: Sent) -> Any:
    return work.kind.part(sent["part"])
