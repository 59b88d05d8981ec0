"""Work that outlasts a request. Every job may run twice: a worker that was killed is started again."""

from __future__ import annotations

import fcntl
import logging
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django_tasks import task

from holdfast.playbooks.shelf import find
from holdfast.warehouse.home import Home, HomeProblem
from holdfast.web import importing, reading, trials
from holdfast.web.formatting import as_sentence
from holdfast.web.models import Import, LookAhead, TrialRun

log = logging.getLogger("holdfast.web.jobs")
State = Import.State
Job = Import | TrialRun | LookAhead


@task()
def run_import(import_id: str) -> None:
    """Declare the shop, read the files, build; leave every step in the row that pages watch."""
    job = Import.objects.get(pk=import_id)
    if job.state in (State.DONE, State.FAILED):
        return
    try:
        _set(job, state=State.READING, step="", problem="")
        receipt = importing.load(job, _steps(job))
        said = {"rows_read": receipt.rows_read, "rows_rejected": receipt.rows_rejected}
        _set(job, state=State.BUILDING, step="", load_id=receipt.load_id, **said)
        reading.build(_steps(job))
    except Exception as problem:
        _stopped(job, problem)
    else:
        _set(job, state=State.DONE, step="")
        importing.forget_uploads(job)


@task()
def run_trial(run_id: str) -> None:
    """Hold a scorecard against what happened later; what came out is kept in the home, the way there in the row."""
    job = TrialRun.objects.get(pk=run_id)
    if not job.running:
        return
    try:
        _set(job, state=TrialRun.State.RUNNING, step="", problem="")
        refused = trials.hold(job.scorecard, job.capacity, at=datetime.now(UTC), tell=_steps(job))
    except Exception as problem:
        _stopped(job, problem)
    else:
        state = TrialRun.State.FAILED if refused else TrialRun.State.DONE
        _set(job, state=state, step="", problem=as_sentence(refused))


@task()
def run_look(run_id: str) -> None:
    """Look ahead for a playbook; what came out is the part of its start page."""
    from holdfast.web import looking

    job = LookAhead.objects.filter(pk=run_id).first()
    if job is None or not job.running:
        return
    try:
        _set(job, state=LookAhead.State.RUNNING, step="", problem="")
        told = looking.part(find(reading.home(), job.playbook), job.playbook, _steps(job))
    except Exception as problem:
        _stopped(job, problem)
    else:
        _set(job, state=LookAhead.State.DONE, step="", told=told)


@task()
def fit_models() -> None:
    """Fit every model of every shop anew, and let them speak of the serving snapshot."""
    from holdfast.predictions.rounds import fit_shops, say

    for _ in fit_shops(reading.home(), now=datetime.now(UTC)):
        pass
    say(reading.home(), now=datetime.now(UTC))


def fitting() -> bool:
    """Whether the worker fits models, or will next."""
    from django_tasks_db.models import DBTaskResult

    under_way = DBTaskResult.objects.filter(task_path=f"{__name__}.fit_models", status__in=("READY", "RUNNING"))
    return bool(under_way.exists())


def _stopped(job: Job, problem: Exception) -> None:
    """A person waits for an answer whatever went wrong; the log keeps the frames, without cell values."""
    told = "" if _is_told(problem) else _frames(problem)
    log.error("%s %s stopped: %s%s", job._meta.verbose_name, job.pk, type(problem).__name__, told)
    _set(job, state=State.FAILED, problem=sentence(problem))


def _is_told(problem: Exception) -> bool:
    """Errors of ours carry a sentence that says what to do."""
    return isinstance(problem, HomeProblem) or type(problem).__module__.startswith("holdfast.")


def sentence(problem: Exception) -> str:
    if _is_told(problem):
        text = str(problem).strip() or type(problem).__name__
    elif isinstance(problem, OSError):
        text = f"a file could not be read: {problem.strerror or 'unknown reason'}"
    else:
        text = f"something unexpected happened ({type(problem).__name__}); the worker's log has the details"
    return as_sentence(text)


def _steps(job: Job) -> Callable[[str, float], None]:
    """What a layer below calls as it goes: the step, and how much of all is done (0 to 1)."""

    def tell(step: str, fraction: float) -> None:
        words = f"{step}, {fraction:.0%}"[:200]
        if words != job.step:
            _set(job, step=words)

    return tell


def _set(job: Job, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(update_fields=[*fields, "changed_at"])


def _frames(problem: BaseException | None) -> str:
    """Where it happened, cause by cause, without the messages: an engine's message quotes the cells it stumbled on."""
    lines: list[str] = []
    while problem is not None:
        lines.append(f"{type(problem).__module__}.{type(problem).__name__}")
        lines += (f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(problem.__traceback__))
        problem = problem.__cause__ or problem.__context__
    return "\n" + "\n".join(lines)


def put_back_interrupted() -> int:
    """Tasks that a killed worker left as running are made ready again.

    Nothing is put back while a worker is at work here: another `holdfast serve` of this home runs it.
    """
    with only_worker(reading.home()) as alone:
        return put_back() if alone else 0


def put_back() -> int:
    """For whoever holds the worker's place."""
    from django_tasks_db.models import DBTaskResult

    return int(DBTaskResult.objects.filter(status="RUNNING").update(status="READY", started_at=None))


@contextmanager
def only_worker(home: Home, *, wait: bool = False) -> Iterator[bool]:
    """Hold the place of the home's only worker; False when another process has it and we do not wait.

    The kernel lets go of the place when its holder dies.
    """
    handle = os.open(home.path / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
