"""What --known-at means: a past moment, which may not lie before the first load."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from holdfast.cli.failure import CannotBeDone

if TYPE_CHECKING:
    from holdfast.warehouse.home import Home


def moment_of(said: str) -> datetime:
    """A past moment in UTC: a day means its end, a time without an offset is UTC."""
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        raise CannotBeDone(f"--known-at {said!r} is no moment; write 2026-03-31 or 2026-03-31T14:00") from None
    if len(said) == len("2026-03-31"):
        when += timedelta(days=1, seconds=-1)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def refuse_before_the_first_load(home: Home, known_at: datetime) -> None:
    from holdfast.cli.figures import moment
    from holdfast.warehouse.receipts import receipts

    first = min((r.recorded_at for r in receipts(home)), default=None)
    if first is None or known_at < first:
        when = f"; the first load is of {moment(first)}" if first else ""
        raise CannotBeDone(f"nothing was known yet at {moment(known_at)}{when}")
