"""A tick in a process of its own, which may kill itself before a step: python killed.py HOME NOW [MODULE.NAME TIMES]."""

import importlib
import os
import signal
import sys
from datetime import datetime
from pathlib import Path


def main() -> None:
    home, now, *stop = sys.argv[1:]
    os.environ["HOLDFAST_HOME"], os.environ["DJANGO_SETTINGS_MODULE"] = home, "holdfast.web.settings"
    import django

    django.setup()
    if now == "migrate":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return
    if stop:
        kill_before(*stop)
    from holdfast.playbooks.handing import edges
    from holdfast.playbooks.tick import tick
    from holdfast.warehouse.home import Home

    at = datetime.fromisoformat(now)
    place = Home(Path(home))
    tick(place, edges(place, now=at), now=at)


def kill_before(name: str, times: str = "1") -> None:
    """Die when this function is called for the so-manieth time."""
    module, _, function = name.rpartition(".")
    left, where = [int(times)], importlib.import_module(module)
    kept = getattr(where, function)

    def dying(*args: object, **kwargs: object) -> object:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept(*args, **kwargs)

    setattr(where, function, dying)


if __name__ == "__main__":
    main()
