"""For supervisors and load balancers."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_tasks_db.models import DBTaskResult

from holdfast.accounts.reading.schedules import schedules
from holdfast.web import reading


@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; no database is asked."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and has every migration."""
    wrong = _why_not()
    return HttpResponse(wrong or "ok", status=503 if wrong else 200, content_type="text/plain")


def status(request: HttpRequest) -> HttpResponse:
    """For who keeps it running: the version, what serves, what runs by itself, and what waits. Raises MayNot."""
    jobs, source = schedules(request.user), reading.published()
    queue = DBTaskResult.objects.order_by().values_list("status").annotate(n=Count("pk"))
    serves = source and {"id": source.snapshot, "as_of": source.as_of, "built_at": source.built_at}
    told = {
        "ready": _why_not() or "ok",
        "version": version("holdfast"),
        "database": connection.vendor,
        "snapshot": serves,
        "jobs": [asdict(one) for one in jobs],
        "queue": {state.lower(): n for state, n in queue},
    }
    return JsonResponse(told, json_dumps_params={"indent": 2})


def _why_not() -> str:
    """Why it is not ready; empty where it is."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "the database does not answer"
    return "migrations are missing: run manage.py migrate" if missing else ""
