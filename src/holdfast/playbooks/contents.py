"""What the steps of a version say, as the templates that the outbox fills: written when it is switched on, and kept."""

from __future__ import annotations

from collections.abc import Mapping

import tomlkit
from jinja2 import Environment, TemplateError, meta

from holdfast.playbooks.channels.template import FOLDER, GIVEN, NoTemplate, Written, read_text, template, written
from holdfast.playbooks.declare import WORK, Playbook, PlaybookProblem, Step
from holdfast.warehouse.home import Home, write_whole

INSTEAD = {"first_name": "there"}  # where nothing is known
OUTBOX = {"ticket": "webhook"}  # deed → channel, where it is not its own name
_PARSED = Environment(autoescape=True)


def sent(step: Step) -> bool:
    """Whether the outbox does it."""
    return step.do not in WORK and step.do != "branch"


def channel_of(step: Step) -> str:
    return OUTBOX.get(step.do, step.do)


def name_of(playbook: str, version: int, step: str) -> str:
    """A version's text never changes: it is called by its number."""
    return f"{playbook}-v{version}-{step}"


def variables_of(step: Step, subject: int) -> dict[str, str]:
    """What an endpoint, a slot or an audience is called, and whom a ticket is about."""
    told = {"customer": str(subject)}
    if step.do in ("webhook", "ticket"):
        told["endpoint"] = str(step.says.get("name", "tickets"))
    if step.do == "slot":
        told["slot"] = str(step.says["name"])
    if step.do == "audience":
        told |= {"audience": str(step.says["name"]), "action": str(step.says.get("action", "add"))}
    return told


def keep_contents(home: Home, it: Playbook, version: int) -> None:
    """Raises PlaybookProblem for a text that cannot be filled."""
    folder = home.path / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for step in filter(sent, it.steps):
        name = name_of(it.id, version, step.id)
        if (folder / f"{name}.toml").exists():
            continue
        write_whole(folder / f"{name}.toml", _written(it, step))
        try:
            template(home, name)
        except NoTemplate as problem:
            (folder / f"{name}.toml").unlink()
            raise PlaybookProblem(f"step {step.id!r}: {problem}") from problem


def as_sent(it: Playbook, step: Step, values: Mapping[str, str]) -> Written:
    """A step's text as somebody would get it, of whom these values are known; nothing is written down for it.

    Raises PlaybookProblem for a text that cannot be filled.
    """
    try:
        return written(read_text(step.id, _written(it, step), f"step {step.id!r}"), values)
    except (NoTemplate, TemplateError) as problem:
        raise PlaybookProblem(f"step {step.id!r}: {problem}") from problem


def pool_of(it: Playbook) -> str:
    """The pool from which a run of it has its code."""
    return next((str(step.says["pool"]) for step in it.steps if step.do == "coupon"), "")


def _written(it: Playbook, step: Step) -> str:
    says = step.says
    made = {"subject": str(says.get("subject", says.get("offer", ""))), "text": str(says.get("body", "")) or it.name}
    document = tomlkit.document()
    document.update(made)
    used = _used(step, made["subject"], made["text"])
    if step.do == "coupon" or "code" in used:
        document["pool"] = pool_of(it)
    if step.do == "slot" and "days" in says:
        document["days"] = says["days"]
    document["variables"] = {name: INSTEAD.get(name, "") for name in sorted(used - GIVEN | {"customer"})}
    return tomlkit.dumps(document)


def _used(step: Step, *texts: str) -> set[str]:
    try:
        return {name for one in texts for name in meta.find_undeclared_variables(_PARSED.parse(one))}
    except TemplateError as problem:
        raise PlaybookProblem(f"step {step.id!r}: its text cannot be filled: {problem}") from problem
