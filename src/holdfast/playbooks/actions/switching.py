"""Switching a playbook: the file that ticks read and the entry in the activity are written together, or neither is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError

from holdfast.accounts.act import By, act
from holdfast.playbooks import shelf
from holdfast.playbooks.declare import PlaybookProblem
from holdfast.playbooks.live import Live
from holdfast.playbooks.models import Switching
from holdfast.warehouse.home import Home


def switch_on(home: Home, id: str, *, by: By, now: datetime, seal: Callable[[], None]) -> Live:
    """seal: registers its lot, which stays where the rest comes to nothing. Raises ValidationError, and what sealing
    raises."""
    with act("switch playbook on", by=by, note=id) as doing:
        try:
            seal()
            live = shelf.switch_on(home, id, by=by.called, now=now)
        except PlaybookProblem as problem:
            raise ValidationError(str(problem)) from problem
        doing.create(Switching, playbook=id, on=True, version=live.version, at=now)
    return live


def switch_off(home: Home, id: str, *, by: By, now: datetime) -> None:
    """Raises ValidationError."""
    with act("switch playbook off", by=by, note=id) as doing:
        try:
            shelf.switch_off(home, id, by=by.called, now=now)
        except PlaybookProblem as problem:
            raise ValidationError(str(problem)) from problem
        doing.create(Switching, playbook=id, on=False, version=shelf.switches(home)[id].version, at=now)
