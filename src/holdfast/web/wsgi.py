"""The WSGI application. Refuses to start without a home: sessions signed with a throw-away key would not last."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from holdfast.warehouse.home import Home, HomeProblem

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.web.settings")
if not Home.find().exists:
    raise HomeProblem(f"no Holdfast home at {Home.find().path}. Make one with `holdfast init`.")
application = get_wsgi_application()
