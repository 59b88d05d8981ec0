"""Audiences for marketing tools: a CSV of hashed e-mails for each name, as such tools take it. Steps of one name add
people to one file and take them out of it again.

Tools match on SHA-256 of the lower-cased e-mail without a salt. That is no protection: a file of it is personal data,
is readable by its owner only, and loses whoever is erased.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path

from holdfast.playbooks.channels.outcome import Outcome, Taken
from holdfast.playbooks.models import Outbox
from holdfast.warehouse.home import Home

HEAD = "hashed_email"
FOLDER = "audiences"


class Audience:
    """A file that is written whole: adding somebody twice is adding them once."""

    again = True

    def __init__(self, home: Home) -> None:
        self._home = home

    def hand_over(self, message: Outbox) -> Outcome:
        action = "remove" if message.variables.get("action") == "remove" else "add"
        change(file_of(self._home, message), **{action: hashed(message.address)})
        return Taken()

    def close(self) -> None:
        """Nothing is open."""


def hashed(email: str) -> str:
    return sha256(email.strip().lower().encode()).hexdigest()


def file_of(home: Home, message: Outbox) -> Path:
    called = message.variables.get("audience") or f"{message.playbook}-{message.step}"
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", called)
    return home.path / FOLDER / f"{name}.csv"


def files(home: Home) -> list[Path]:
    return sorted((home.path / FOLDER).glob("*.csv"))


def change(path: Path, *, add: str = "", remove: str = "") -> bool:
    """Whether anything was changed."""
    there = set(path.read_text().splitlines()[1:]) if path.is_file() else set()
    wanted = (there | {add} - {""}) - {remove}
    if wanted == there and path.is_file():
        return False
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join([HEAD, *sorted(wanted)]) + "\n")
    os.replace(beside, path)
    return True
