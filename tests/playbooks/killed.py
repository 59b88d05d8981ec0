"""Processes that tick and may kill themselves: python killed.py, then a line of JSON for those that run at once.

Every one is forked from a process that has imported everything and touched nothing, since importing takes longer than
a tick of a few people. A line lists {"home", "moments": when it ticks, none to make the book of work, "sends": whether
what waits is sent after each tick, "ticks": false to send only, "book": a database that is not the home's own, "switch": "on
hello" to switch it instead, "missed" to tell what was missed, "stop": ["module.function" or "after:module.function", at
which call]}, and is answered by a list of how they ended. It dies before that call, or right after it. Files of what is
only added to are put together in every tick, so that this is killed as well.
"""

import importlib
import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any


def main() -> None:
    import django

    django.setup()
    from holdfast.playbooks import handing, joining, tick  # noqa: F401 (so that nobody has to import them)
    from holdfast.playbooks.channels import sending  # noqa: F401

    joining.MOST_FILES = 0
    for line in sys.stdin:
        children = [forked(**told) for told in json.loads(line)]
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), flush=True)


def forked(**told: Any) -> int:
    if not (child := os.fork()):
        one(**told)
    return child


def one(
    home: str, moments: list[str], stop: list[str], sends: bool, ticks: bool = True, book: str = "", switch: str = ""
) -> None:
    """Never comes back."""
    code = 1
    try:
        at_home(Path(home), book)
        if stop:
            kill_at(*stop)
        for moment in moments if not switch else ():
            run(Path(home), datetime.fromisoformat(moment), ticks, sends)
        if switch:
            switches(Path(home), *switch.split(), datetime.fromisoformat(moments[0]))
        elif not moments:
            migrate()
        code = 0
    finally:
        sys.stderr.flush()
        if code:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(code)


def at_home(home: Path, book: str) -> None:
    from django.conf import settings
    from django.db import connection

    from holdfast.warehouse.home import Home

    settings.HOME = Home(home)
    connection.settings_dict["NAME"] = book or str(home / "work.sqlite3")


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def run(home: Path, at: datetime, ticks: bool, sends: bool) -> None:
    from holdfast.playbooks.channels import sending
    from holdfast.playbooks.handing import NOBODY, edges
    from holdfast.playbooks.tick import tick
    from holdfast.warehouse.home import Home

    place = Home(home)
    if ticks:
        tick(place, edges(place, now=at), now=at)
    if sends:
        sending.send(place, clock=lambda: at, by=NOBODY)


def switches(home: Path, *told: object) -> None:
    """told: "on" or "off" and which, or "missed"; then when."""
    from django.contrib.auth import get_user_model

    from holdfast.accounts.act import By
    from holdfast.playbooks.actions import switching
    from holdfast.warehouse.home import Home

    place, (how, *which, at) = Home(home), told
    ada = By(get_user_model().objects.get_or_create(username="ada")[0], "web")
    match how:
        case "on":
            switching.switch_on(place, *which, by=ada, now=at, seal=lambda: None)
        case "off":
            switching.switch_off(place, *which, by=ada, now=at)
        case _:
            switching.tell_missed(place)


def kill_at(name: str, times: str = "1") -> None:
    """Die at this function, for the so-manieth time that it is called."""
    left = [int(times)]
    after, name = name.startswith("after:"), name.removeprefix("after:")
    module, _, function = name.rpartition(".")
    where = owner(module)
    kept = getattr(where, function)

    def dying(*args: object, **kwargs: object) -> object:
        left[0] -= 1
        if not left[0] and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = kept(*args, **kwargs)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(where, function, dying)


def owner(name: str) -> object:
    """A module, or a class of one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, called = name.rpartition(".")
        return getattr(importlib.import_module(module), called)


if __name__ == "__main__":
    main()
