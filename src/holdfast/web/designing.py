"""The designer of a playbook: its text, and fields for what people change most, put into the text for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import tomlkit
from tomlkit.exceptions import TOMLKitError

from holdfast.playbooks.contents import as_sent, sent
from holdfast.playbooks.declare import Holdout, Playbook, PlaybookProblem
from holdfast.playbooks.written import read_text

Kind = Literal["text", "number", "percent", "segment"]
FIELD, WAS = "set-", "was-"  # of a form: what is said now, and what the text said when the form was drawn


class FieldProblem(ValueError):
    """What a field says cannot be put into the text; the message names the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing of the text. value: as it is typed; was: as the text has it."""

    name: str
    label: str
    kind: Kind
    value: str
    was: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Designed:
    """text: with what the fields changed. it: the playbook that it declares; else problem says what to mend."""

    text: str
    fields: tuple[Field, ...]
    it: Playbook | None
    problem: str = ""

    @property
    def groups(self) -> tuple[tuple[str, tuple[Field, ...]], ...]:
        """What is of the whole first, then step by step as the text has them."""
        names = dict.fromkeys(field.group for field in self.fields)
        return tuple((name, tuple(one for one in self.fields if one.group == name)) for name in names)


def designed(text: str, said: Mapping[str, str], called: str) -> Designed:
    """A field counts where it says something else than the text did when the form was drawn; the rest of the text, its
    remarks and order among it, stays as somebody wrote it."""
    text = text.replace("\r\n", "\n")
    changed = {
        key.removeprefix(FIELD): value.strip()
        for key, value in said.items()
        if key.startswith(FIELD) and value.strip() != said.get(WAS + key.removeprefix(FIELD), "")
    }
    try:
        document = tomlkit.parse(text)
        for name, value in changed.items():
            _put(document, name, value)
    except (TOMLKitError, FieldProblem) as problem:
        # Nobody's typing is lost: fields that could not be put in stand as they were typed.
        told = f"{called}: is not TOML: {problem}" if isinstance(problem, TOMLKitError) else str(problem)
        return Designed(text, _as_typed(text, said), None, told)
    text = tomlkit.dumps(document) if changed else text
    try:
        it = read_text(text, called)
        for step in filter(sent, it.steps):
            as_sent(it, step, {})
    except PlaybookProblem as problem:
        return Designed(text, fields_of(text), None, str(problem))
    return Designed(text, fields_of(text), it)


def fields_of(text: str) -> tuple[Field, ...]:
    """What the text says of each, also where the playbook as a whole cannot be; none where it is no TOML."""
    try:
        said: dict[str, Any] = tomlkit.parse(text).unwrap()
    except TOMLKitError:
        return ()
    holdout, measured = _table(said, "holdout"), _table(said, "measured")
    found = [
        _field("segment", "Only who is in the segment", "segment", _table(said, "audience").get("segment", "")),
        _field("share", "Kept aside, %", "percent", _percent(holdout.get("share", ""))),
        _field("none_because", "Or nobody, because", "text", holdout.get("none_because", "")),
        _field("priority", "Priority, 1 first", "number", said.get("priority", 50)),
    ]
    if measured:
        found.append(_field("days", "Read after, days", "number", measured.get("days", "")))
    steps = said.get("step", [])
    for step in steps if isinstance(steps, list) else []:
        if isinstance(step, dict) and step.get("id"):
            found += _of_step(step)
    return tuple(found)


def _of_step(step: dict[str, Any]) -> list[Field]:
    id = str(step["id"])
    found = [_field(f"after_days-{id}", "Wait before it, days", "number", step.get("after_days", 0), id)]
    if "subject" in step:
        found.append(_field(f"subject-{id}", "Subject", "text", step["subject"], id))
    return found


def _field(name: str, label: str, kind: Kind, value: object, group: str = "") -> Field:
    told = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    return Field(name, label, kind, told, told, group)


def _as_typed(text: str, said: Mapping[str, str]) -> tuple[Field, ...]:
    known = {field.name: field for field in fields_of(text)}
    typed = [key.removeprefix(FIELD) for key in said if key.startswith(FIELD)]
    found = []
    for name in typed or known:
        drawn = known.get(name) or Field(name, *_plain(name))
        value, was = said.get(FIELD + name, drawn.value), said.get(WAS + name, drawn.was)
        found.append(Field(name, drawn.label, drawn.kind, value, was, drawn.group))
    return tuple(found)


def _plain(name: str) -> tuple[str, Kind, str, str, str]:
    """Of a field whose text cannot be read at this moment: label, kind, value, was, group."""
    key, _, step = name.partition("-")
    labels: dict[str, tuple[str, Kind]] = {
        "segment": ("Only who is in the segment", "segment"), "share": ("Kept aside, %", "percent"),
        "none_because": ("Or nobody, because", "text"), "priority": ("Priority, 1 first", "number"),
        "days": ("Read after, days", "number"), "after_days": ("Wait before it, days", "number"),
    }  # fmt: skip
    label, kind = labels.get(key, ("Subject", "text"))
    return label, kind, "", "", step


def _put(document: tomlkit.TOMLDocument, name: str, value: str) -> None:
    key, _, step = name.partition("-")
    match key:
        case "segment":
            _set(_made(document, "audience"), "segment", value or None)
        case "share":
            _set(_made(document, "holdout"), "share", _number(value, "Kept aside") / 100)
            _set(_made(document, "holdout"), "none_because", None)
        case "none_because":
            _set(_made(document, "holdout"), "none_because", value or None)
            _set(_made(document, "holdout"), "share", None if value else Holdout().share)
        case "priority":
            document["priority"] = _whole(value, "Priority")
        case "days":
            _set(_made(document, "measured"), "days", _whole(value, "Read after"))
        case "after_days" | "subject":
            for one in document.get("step", []):
                if one.get("id") == step:
                    told = value if key == "subject" else _plainest(_number(value, f"The wait before {step}"))
                    _set(one, key, told)


def _made(document: tomlkit.TOMLDocument, key: str) -> Any:
    if key not in document:
        document[key] = tomlkit.table()
    return document[key]


def _set(table: Any, key: str, value: object) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _table(said: dict[str, Any], key: str) -> dict[str, Any]:
    found = said.get(key)
    return found if isinstance(found, dict) else {}


def _percent(share: object) -> object:
    return round(share * 100, 6) if isinstance(share, int | float) else share


def _plainest(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _number(value: str, what: str) -> float:
    try:
        found = float(value.removesuffix("%").strip())
    except ValueError:
        raise FieldProblem(f"{what}: write a number") from None
    if not 0 <= found < 1e6:
        raise FieldProblem(f"{what}: write a number of 0 or more")
    return round(found, 6)


def _whole(value: str, what: str) -> int:
    found = _number(value, what)
    if not found.is_integer():
        raise FieldProblem(f"{what}: write a whole number")
    return int(found)
