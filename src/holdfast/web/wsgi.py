"""The WSGI application. Refuses to start without a home: sessions signed with a throw-away key would not last."""

from __future__ import annotations

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

from holdfast.warehouse.home import Home, HomeProblem

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.web.settings")
if not Home.find().exists:
    raise HomeProblem(f"no Holdfast home at {Home.find().path}. Make one with `holdfast init`.")
application = get_wsgi_application()


def _warm() -> None:
    """Read what the first page would wait for: the metrics take a second to load."""
    from holdfast.metrics import registry  # noqa: F401
    from holdfast.web import reading

    source = reading.published()
    if source is not None:
        scope = reading.scope_of(source, "")
        reading.scorecard(source, scope, reading.default_segment(source, scope))


Thread(target=_warm, daemon=True).start()
