"""Web server and worker together, for one machine; `holdfast serve` calls this."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from holdfast.web import jobs, reading, tokens


class Command(BaseCommand):
    help = "Prepare the book of work, then run the web server and one worker until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        reading.home().create()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        jobs.put_back_interrupted()
        address = f"http://{options['host']}:{options['port']}"
        token = tokens.welcome_token(reading.home())
        if token:
            self.stdout.write(
                f"Nobody has an account yet. Make the first one here:\n  {address}/welcome/?token={token}"
            )
        self.stdout.write(f"Holdfast answers at {address}  (stop with Ctrl C)")
        self.stdout.flush()
        sys.exit(_run(_server(options, address), [sys.executable, "-m", "django", "db_worker", "--interval", "1"]))


def _server(options: dict[str, Any], address: str) -> list[str]:
    bind = address.removeprefix("http://")
    return [
        sys.executable, "-m", "gunicorn", "holdfast.web.wsgi", "--bind", bind, "--worker-class", "gthread",
        "--workers", str(options["workers"]), "--threads", "4", "--log-level", "warning",
    ]  # fmt: skip


def _run(server: list[str], worker: list[str]) -> int:
    """Both processes until the server ends; a worker that dies is started again."""
    web, helper = subprocess.Popen(server), subprocess.Popen(worker)
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        web.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    while True:
        try:
            code = web.wait(timeout=1)
            break
        except subprocess.TimeoutExpired:
            if helper.poll() is not None and not stopping:
                jobs.put_back_interrupted()
                helper = subprocess.Popen(worker)
    helper.terminate()
    helper.wait()
    return 0 if stopping else code
