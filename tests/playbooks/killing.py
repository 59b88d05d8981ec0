"""The process from which `killed.py` forks, as a test talks to it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


class Killing:
    """Runs ticks and senders in processes of their own and says how each ended: 0, or minus the signal."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running

    def __call__(
        self, home: Path, *moments: datetime, stop: tuple[object, ...] = (), sends: bool = False, switch: str = ""
    ) -> int:
        (code,) = self._ended(home, moments, stop=stop, sends=sends, switch=switch)
        return code

    def senders(
        self, home: Path, at: datetime, *, book: str, stop: tuple[object, ...] = (), many: int = 1
    ) -> list[int]:
        """So many at once, which only send. book: the name of the database they work in."""
        return self._ended(home, (at,), stop=stop, sends=True, ticks=False, book=book, many=many)

    def _ended(
        self, home: Path, moments: tuple[datetime, ...], *, stop: tuple[object, ...], many: int = 1, **more: object
    ) -> list[int]:
        told = {"home": str(home), "moments": [one.isoformat() for one in moments], "stop": list(map(str, stop))}
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        print(json.dumps([told | more] * many), file=self._running.stdin, flush=True)
        return list(map(int, json.loads(self._running.stdout.readline())))


@contextmanager
def ready(folder: Path, url: str = "") -> Iterator[Killing]:
    """folder: an empty one, whose settings the process begins with. url: of the books of work, where they are no files."""
    told = os.environ | {"HOLDFAST_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
    told.pop("HOLDFAST_DATABASE_URL", None)
    told |= {"HOLDFAST_DATABASE_URL": url} if url else {}
    command = [sys.executable, str(Path(__file__).with_name("killed.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=told) as running:
        yield Killing(running)
        assert running.stdin is not None
        running.stdin.close()
