"""Lots of accounts for commands: read with the book of work, which knows their contracts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from holdfast.cli import book

if TYPE_CHECKING:
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.reading import Reading
    from holdfast.warehouse.home import Home


def read(place: Home, found: Lot) -> Reading:
    """As of today. Raises CannotBeDone without a book of work, LotProblem where nobody was assigned yet."""
    from holdfast.evidence.account_lot import read_accounts
    from holdfast.evidence.sealed_accounts import assigned_by

    with book.opened(place):
        from holdfast.playbooks.known.outcomes import asking

        today = datetime.now(UTC).date()
        return read_accounts(found, asking(place, assigned_by(place, found), found.registration.currency, today))


def all_read(place: Home) -> list[Reading]:
    """Of every lot of accounts that can be read and has assigned somebody."""
    from holdfast.evidence.sealed_accounts import account_lots, assigned_by

    return [read(place, one) for one in account_lots(place) if assigned_by(place, one)]
