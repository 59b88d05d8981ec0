"""What a message says: a TOML file with its texts and every variable it may use, each with what stands in its place.

  subject = "Welcome, {{ first_name }}"
  text = "..."                 # html = "..." beside it; without one the text is set in paragraphs
  pool = "spring"              # a coupon code of this pool, as {{ code }}
  [variables]
  first_name = "there"         # where nothing is known

HTML is escaped. A variable that is not declared stops the template from being read, not the message from being sent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2 import Template as Ready
from jinja2.sandbox import SandboxedEnvironment

from holdfast.warehouse.home import Home, HomeProblem

SHIPPED = Path(__file__).with_name("messages")
FOLDER = "messages"
GIVEN = frozenset({"code", "unsubscribe_link", "preferences_link", "shop"})
_PLAIN = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
_HTML = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


class NoTemplate(HomeProblem):
    """There is no such template, or it cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Template:
    """subject, text, html: as written. days: how long a slot shows it."""

    name: str
    text: str
    subject: str = ""
    html: str = ""
    pool: str = ""
    link: str = ""
    days: int = 14
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """A message as somebody gets it."""

    subject: str
    text: str
    html: str
    link: str


def template(home: Home, name: str) -> Template:
    """The home's own, else one that ships. Raises NoTemplate."""
    own = home.path / FOLDER / f"{name}.toml"
    path = own if own.is_file() else SHIPPED / f"{name}.toml"
    if not name.replace("_", "").replace("-", "").isalnum() or not path.is_file():
        raise NoTemplate(f"there is no template {name!r}: write {home.path / FOLDER}/NAME.toml")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _: int) -> Template:
    try:
        text = path.read_text(encoding="utf-8")
    except ValueError as problem:
        raise NoTemplate(f"{path} cannot be read: {problem}") from problem
    return read_text(path.stem, text, str(path))


def read_text(name: str, text: str, called: str) -> Template:
    """What a file would hold that nobody wrote. called: its name in what is said. Raises NoTemplate."""
    try:
        told = tomllib.loads(text)
        made = Template(
            name, told["text"], str(told.get("subject", "")), str(told.get("html", "")), str(told.get("pool", "")),
            str(told.get("link", "")), int(told.get("days", 14)),
            {name: str(value) for name, value in told.get("variables", {}).items()},
        )  # fmt: skip
        _check(made)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError, TemplateError) as problem:
        raise NoTemplate(f"{called} cannot be read: {problem}") from problem
    return made


def _check(made: Template) -> None:
    for part in (made.subject, made.text, made.html, made.link):
        strange = meta.find_undeclared_variables(_PLAIN.parse(part)) - GIVEN - set(made.variables)
        if strange:
            raise ValueError(f"{', '.join(sorted(strange))} is not declared under [variables]")


def written(made: Template, values: Mapping[str, Any]) -> Written:
    """values: what is known of the variables, and the given ones; others are not told to the template."""
    known = {name: values[name] for name in (*made.variables, *GIVEN) if values.get(name) not in (None, "")}
    told = dict.fromkeys(GIVEN, "") | dict(made.variables) | known
    text = _ready(made.text, html=False).render(told)
    html = _ready(made.html, html=True).render(told) if made.html else _paragraphs(text)
    subject, link = (_ready(part, html=False).render(told) for part in (made.subject, made.link))
    return Written(" ".join(subject.split()), text, html, link.strip())


@lru_cache(maxsize=256)
def _ready(source: str, *, html: bool) -> Ready:
    """Compiled once: that takes longer than to fill it."""
    return (_HTML if html else _PLAIN).from_string(source)


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    return "\n".join(f"<p>{'<br>'.join(escape(line) for line in part.splitlines())}</p>" for part in parts)
