"""Run a command with the book of work on PostgreSQL: python tests/on_postgres.py pytest tests/accounts

The server is of Debian's package, lies in a temporary folder, listens on a socket there and on no port, and ends with
the command. Texts are ordered as people order them (ICU), not by their bytes as SQLite does, and nothing is synced to
disk: a crash may lose what tests wrote.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "listen_addresses=")


def main() -> int:
    with server() as address:
        os.environ["HOLDFAST_DATABASE_URL"] = address
        command = [str(Path(sys.executable).parent / sys.argv[1]), *sys.argv[2:]]
        return subprocess.run(command).returncode


@contextmanager
def server() -> Iterator[str]:
    """The address of an empty database, as HOLDFAST_DATABASE_URL takes it."""
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = folder / "data"
        made = [programs / "initdb", "-D", data, "-U", "holdfast", "--auth=trust", "--no-sync", "--encoding=UTF8"]
        order = ["--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8"]
        subprocess.run([*made, *order], check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)
        options = [word for one in QUICK for word in ("-c", one)]
        with (folder / "log").open("w") as log, subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, *options],
            stdout=log, stderr=log, cwd=folder, preexec_fn=_die_with_parent, **as_user,
        ) as running:  # fmt: skip
            try:
                _wait(running, folder)
                yield f"postgresql://holdfast@/holdfast?host={folder}"
            finally:
                running.send_signal(signal.SIGINT)  # ends what is connected too
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Debian keeps each version in a folder of its own, not on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        sys.exit("There is no PostgreSQL here: run .ci/system-packages, which says what to install.")
    return (found[-1] if found else Path(str(on_path))).parent


def _user() -> pwd.struct_passwd | None:
    """PostgreSQL does not run as root: then as the user its package makes."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _wait(running: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(host=str(folder), user="holdfast", dbname="postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE holdfast")
                return
        except psycopg.OperationalError:
            if running.poll() is not None or time.monotonic() > until:
                sys.exit((folder / "log").read_text())
            time.sleep(0.1)


def _die_with_parent() -> None:
    """No server stays behind when whoever began it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    raise SystemExit(main())
