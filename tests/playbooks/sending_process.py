"""A sender of its own process that is killed at a point: python sending_process.py HOME POINT NTH

POINT: "claim" (claimed, nothing begun), "begin" (marked as being sent, not handed over), "taken" (the server has it,
not marked), "sent" (marked), or "never". NTH: at which message.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import django


def main() -> None:
    home, point, nth = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    django.setup()
    from acting import SCHEDULE

    from holdfast.playbooks.channels import mail, outbox, sending
    from holdfast.warehouse.home import Home

    seen = count(1)

    def then(real: Callable[..., Any]) -> Callable[..., Any]:
        def killed(*args: Any, **more: Any) -> Any:
            answer = real(*args, **more)
            if next(seen) == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return killed

    places = {
        "claim": (outbox, "claim"),
        "begin": (outbox, "begin"),
        "taken": (mail.Mail, "_handed"),
        "sent": (outbox, "sent"),
    }
    if point in places:
        owner, name = places[point]
        setattr(owner, name, then(getattr(owner, name)))
    now = datetime.fromisoformat(sys.argv[4]) if len(sys.argv) > 4 else datetime.now(UTC)
    found = sending.send(Home(home), clock=lambda: now, by=SCHEDULE)
    print(dict(found.became), found.unknown)


if __name__ == "__main__":
    main()
