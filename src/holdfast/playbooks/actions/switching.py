"""Switching a playbook: the file that ticks read and the entry in the activity that tells of it.

A file and a database are not one transaction. The file is written first and holds; whoever is killed before the entry
is kept has it told by the next start, tick or switch, out of what the file says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from holdfast.accounts.act import By, act
from holdfast.playbooks import shelf
from holdfast.playbooks.declare import PlaybookProblem
from holdfast.playbooks.live import Live
from holdfast.playbooks.models import Switching
from holdfast.warehouse.home import Home
from holdfast.warehouse.lock import held

SIGNED_IN = ("web", "api")  # doors at which a name is that of somebody who signed in


def switch_on(home: Home, id: str, *, by: By, now: datetime, seal: Callable[[], None]) -> Live:
    """seal: registers its lot, which stays where the rest comes to nothing. Raises ValidationError, and what sealing
    raises."""
    with _alone(home):
        _tell_missed(home)
        with act("switch playbook on", by=by, note=id) as doing:
            try:
                seal()
                live = shelf.switch_on(home, id, by=by.called, via=by.via, now=now)
            except PlaybookProblem as problem:
                raise ValidationError(str(problem)) from problem
            doing.create(Switching, playbook=id, on=True, version=live.version, at=now)
    return live


def switch_off(home: Home, id: str, *, by: By, now: datetime) -> None:
    """Raises ValidationError."""
    with _alone(home):
        _tell_missed(home)
        with act("switch playbook off", by=by, note=id) as doing:
            try:
                shelf.switch_off(home, id, by=by.called, via=by.via, now=now)
            except PlaybookProblem as problem:
                raise ValidationError(str(problem)) from problem
            doing.create(Switching, playbook=id, on=False, version=shelf.switches(home)[id].version, at=now)


def tell_missed(home: Home) -> int:
    """Give the activity the switches that the file knows and it does not: of whoever was killed in between, and of a
    home that had no book of work when it was switched. How many there were."""
    if not shelf.switches(home):
        return 0
    with _alone(home):
        return _tell_missed(home)


def _tell_missed(home: Home) -> int:
    missed = 0
    for id, one in shelf.switches(home).items():
        at = datetime.fromisoformat(one.since)
        if Switching.objects.filter(playbook=id, on=one.on, at=at).exists():
            continue
        user = get_user_model().objects.filter(username=one.by).first() if one.via in SIGNED_IN else None
        by = By(user or AnonymousUser(), one.via or "cli", one.by)
        note = f"{id}, at {at:%Y-%m-%d %H:%M} UTC; told later, as the activity did not know of it"
        with act(f"switch playbook {'on' if one.on else 'off'}", by=by, note=note) as doing:
            doing.create(Switching, playbook=id, on=one.on, version=one.version, at=at)
        missed += 1
    return missed


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Nobody looks for what was missed while somebody is between the file and the entry."""
    folder = home.path / shelf.FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(folder / "switching.lock"):
        yield
