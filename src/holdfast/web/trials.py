"""Trials of health scorecards, as pages show them: what the book of work knows is joined to what health reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from holdfast.accounts.reading.treated import treated
from holdfast.commerce.unknown import Unknown
from holdfast.warehouse.home import Home
from holdfast.web import reading
from holdfast.web.models import TrialRun

if TYPE_CHECKING:
    from holdfast.health.scorecard import Scorecard
    from holdfast.health.trial.kept import KeptTrial

CAPACITY = 20  # people looked after a week, where nobody says how many: the command's too


def hold(card: str, capacity: float, *, at: datetime, tell: Callable[[str, float], None]) -> str:
    """Try a scorecard and keep what comes out; why nothing can be judged, else empty.

    Raises NothingBuilt, DamagedSnapshot, FrameworkProblem, and KeyError for a card there is none of.
    """
    from holdfast.health.history import first_at_risk
    from holdfast.health.taking import taking
    from holdfast.health.trial.kept import keep_trial
    from holdfast.health.trial.run import trial

    home = reading.home()
    with taking(home) as taker:
        told = trial(taker, card, capacity=capacity, treated=treated(first_at_risk(home)), tell=tell)
    if isinstance(told, Unknown):
        return f"{told.why}: {told.would_need}" if told.would_need else told.why
    keep_trial(home, told, at=at)
    return ""


def cards() -> Mapping[str, Scorecard]:
    """Every health scorecard by id: what ships, and what the home has of its own. Raises FrameworkProblem."""
    from holdfast.health.scorecard import all_scorecards

    return all_scorecards(reading.home().path)


def kept(card: str) -> tuple[KeptTrial, ...]:
    """The trials of a scorecard whose shops may all be seen, the newest first."""
    return tuple(one for one in _all(card) if may_see(one))


def hidden(card: str) -> bool:
    """Whether there are trials of shops that may not all be seen."""
    return any(not may_see(one) for one in _all(card))


def may_see(one: KeptTrial) -> bool:
    """A trial speaks of all its shops together, so that whoever misses one of them sees none of it."""
    return reading.sees_all() or (
        bool(one.told.get("accounts")) and set(one.told["accounts"]) <= {shop.account for shop in reading.shops()}
    )


def newest_run(card: str) -> TrialRun | None:
    return TrialRun.objects.filter(scorecard=card).first()


def _all(card: str) -> tuple[KeptTrial, ...]:
    from holdfast.health.scorecard import FOLDER
    from holdfast.health.trial.kept import TRIALS

    files = (reading.home().path / FOLDER / TRIALS).glob(f"{card}.*.json")
    return _read(reading.home(), card, tuple(sorted((path.name, path.stat().st_mtime_ns) for path in files)))


@lru_cache(maxsize=16)
def _read(home: Home, card: str, stamp: tuple[tuple[str, int], ...]) -> tuple[KeptTrial, ...]:
    """Read anew when a file is added or written again."""
    from holdfast.health.trial.kept import kept_trials

    return kept_trials(home, card) if stamp else ()
