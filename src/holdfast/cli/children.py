"""The processes that `holdfast serve` starts, watches and stops."""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType, TracebackType

from holdfast.cli.failure import CannotBeDone

ANSWER_SECONDS = 90  # a cold start on a busy small machine
STOP_SECONDS = 12
NICE = 10  # of the worker
_DJANGO = (sys.executable, "-m", "django")
# One process for all of it: starting Django is what takes long.
_PREPARE = """
from django.conf import settings
from django.core.management import call_command
from holdfast.playbooks.actions.switching import tell_missed
from holdfast.web.jobs import put_back_interrupted
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
put_back_interrupted()
tell_missed(settings.HOME)
call_command("welcome", at={address!r})
"""
# The job of a worker that was killed is put back before another one starts.
_PUT_BACK = "from holdfast.web.jobs import put_back_interrupted; put_back_interrupted()"


class Children:
    """The pages (gunicorn) and the worker; whatever happens to us, neither outlives us."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._pages: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        if kind is not None or self._stopping:
            self.stop()
        if self._stopping and kind is None:
            raise SystemExit(0)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        if self._pages is None:
            raise SystemExit(0)

    def prepare(self, address: str) -> str:
        """Migrations, the table of throttles, jobs and switches of whoever was killed; returns the address to open.

        It carries a one-time token while nobody has an account.
        """
        return _run(_PREPARE.format(address=address)).strip().splitlines()[-1]

    def start(self) -> None:
        handle = self._listening.fileno()
        self._pages = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "holdfast.web.wsgi:application", "--bind", f"fd://{handle}",
                "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "5",
                "--log-level", "warning", *_without_control_socket(),
            ],
            pass_fds=[handle], stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True,
            preexec_fn=_die_with_parent,
        )  # fmt: skip
        self._start_worker()

    def _start_worker(self) -> None:
        self._worker = subprocess.Popen(
            [*_DJANGO, "db_worker", "--interval", "1", "-v", "0"],
            stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True, preexec_fn=_behind_the_pages,
        )  # fmt: skip

    def wait_until_it_answers(self, host: str, port: int) -> None:
        """Ask /livez until it answers. Raises CannotBeDone when the pages end, or say nothing for long."""
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until and not self._stopping:
            self._need_pages()
            connection = http.client.HTTPConnection(host, port, timeout=5)
            try:
                connection.request("GET", "/livez")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.2)
        if not self._stopping:
            raise CannotBeDone(f"the pages did not answer on port {port} within {ANSWER_SECONDS} seconds")

    def watch(self) -> None:
        """Until we are asked to stop; a worker that dies is started again, at most every two seconds."""
        while not self._stopping:
            time.sleep(0.2)
            self._need_pages()
            if self._worker is not None and self._worker.poll() is not None and not self._stopping:
                sys.stderr.write("holdfast: the worker ended; starting it again\n")
                time.sleep(2)
                _run(_PUT_BACK)
                self._start_worker()

    def _need_pages(self) -> None:
        if self._pages is not None and (code := self._pages.poll()) is not None and not self._stopping:
            raise CannotBeDone(f"the pages ended with code {code}; the lines above say why")

    def stop(self) -> None:
        """Ask both to finish, then insist."""
        running = [child for child in (self._pages, self._worker) if child is not None and child.poll() is None]
        for child in running:
            child.terminate()
        until = time.monotonic() + STOP_SECONDS
        for child in running:
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._listening.close()


def _run(script: str) -> str:
    """A few lines inside Django, in a process of their own; what they say on stdout."""
    command = [*_DJANGO, "shell", "--no-imports", "-v", "0", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = next(reversed(done.stderr.strip().splitlines()), "no reason was given")
        raise CannotBeDone(f"the database could not be prepared ({last}); `holdfast doctor` looks closer")
    return done.stdout


def _die_with_parent() -> None:
    """On Linux the kernel stops a child whose parent was killed, so that no orphan keeps the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _behind_the_pages() -> None:
    """Jobs take what the pages leave of the machine: nobody waits for a job as they wait for a page."""
    os.nice(NICE)
    _die_with_parent()


def _without_control_socket() -> list[str]:
    """Newer servers open a socket for an operator's console; nobody here would use it."""
    from gunicorn.config import KNOWN_SETTINGS

    return ["--no-control-socket"] if any("--no-control-socket" in (s.cli or ()) for s in KNOWN_SETTINGS) else []
