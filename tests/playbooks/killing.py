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
    """Runs ticks in processes of their own and says how each ended: 0, or minus the signal."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running

    def __call__(
        self, home: Path, *moments: datetime, stop: tuple[object, ...] = (), sends: bool = False, switch: str = ""
    ) -> int:
        told = {"home": str(home), "moments": [one.isoformat() for one in moments], "sends": sends, "switch": switch,
                "stop": [str(one) for one in stop]}  # fmt: skip
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        print(json.dumps(told), file=self._running.stdin, flush=True)
        return int(self._running.stdout.readline())


@contextmanager
def ready(folder: Path) -> Iterator[Killing]:
    """folder: an empty one, whose settings the process begins with."""
    told = os.environ | {"HOLDFAST_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
    told.pop("HOLDFAST_DATABASE_URL", None)  # each has a file of its own
    command = [sys.executable, str(Path(__file__).with_name("killed.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=told) as running:
        yield Killing(running)
        assert running.stdin is not None
        running.stdin.close()
