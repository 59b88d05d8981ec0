"""What people do with messages: click them (machines that open them do not count), or want no more."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import HALF, QUARTER, of_party, per_party, rows, upto, whether_any
from holdfast.health.subject import Kind
from holdfast.warehouse.marts.registry import unbound as mart


def message_days() -> ibis.Table:
    return mart("message_told").select("shop_id", day="sent_on").distinct()


@rows(
    says="{counted:,.0f} of {out_of:,.0f} messages since {since} were clicked",
    days=QUARTER,
    needs=("message",),
    alive=message_days,
)
def message_clicks(kind: Kind) -> ibis.Table:
    m = mart("message_told")
    t = upto(of_party(m.filter(m.delivered_on.notnull()), kind), "delivered_on", QUARTER)
    return per_party(t, (t.clicked_on <= t.as_of).fill_null(False))


@rows(
    says="unsubscribed or complained since {since}",
    says_of_nothing="did not unsubscribe nor complain since {since}",
    says_of_accounts="{counted:,.0f} of {out_of:,.0f} people written to since {since} unsubscribed or complained",
    days=HALF,
    needs=("message",),
    alive=message_days,
)
def opt_outs(kind: Kind) -> ibis.Table:
    """One a person, however many messages."""
    t = upto(of_party(mart("message_told"), kind), "sent_on", HALF)
    left = (t.unsubscribed_on <= t.as_of).fill_null(False) | (t.complained_on <= t.as_of).fill_null(False)
    return whether_any(t, left)
