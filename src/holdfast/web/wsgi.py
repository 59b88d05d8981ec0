"""The WSGI application. Refuses to start without a home: sessions signed with a throw-away key would not last."""

from __future__ import annotations

import atexit
import gc
import os
from threading import Thread
from typing import Any

from django.core.wsgi import get_wsgi_application

from holdfast.warehouse.home import Home, HomeProblem

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.web.settings")
if not Home.find().exists:
    raise HomeProblem(f"no Holdfast home at {Home.find().path}. Make one with `holdfast init`.")
application = get_wsgi_application()


def _load() -> None:
    """Every page's code and template, before the first request is taken: read one by one by the first people who
    come, they take each of them seconds, and more while the worker begins as well."""
    from django.template import engines
    from django.urls import get_resolver

    from holdfast.metrics import registry  # noqa: F401

    assert get_resolver().url_patterns  # noqa: S101 (asked for because asking reads them)
    pages: Any = engines["jinja2"]
    for name in pages.env.list_templates():
        pages.env.get_template(name)


def _warm() -> None:
    """Read what the first page of numbers would wait for."""
    from holdfast.web import reading

    source = reading.published()
    if source is not None:
        scope = reading.scope_of(source, "")
        reading.scorecard(source, scope, reading.default_segment(source, scope))


_load()
gc.collect()
gc.freeze()  # what was loaded stays: passing over it again took a tenth of a second from some page
atexit.register(gc.unfreeze)  # or the process ends with DuckDB's types uncollected, and tells everybody so
Thread(target=_warm, daemon=True).start()
