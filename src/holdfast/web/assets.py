"""Static files served from the package; their address carries a digest, so that a new version is fetched at once."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def digest(name: str) -> str:
    found = finders.find(name)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:10] if isinstance(found, str) else ""


class VersionedStatic(StaticFilesStorage):
    """`static("web/holdfast.css")` → /static/web/holdfast.css?v=…"""

    def url(self, name: str | None) -> str:
        address = super().url(name)
        return f"{address}?v={digest(name)}" if name and digest(name) else address
