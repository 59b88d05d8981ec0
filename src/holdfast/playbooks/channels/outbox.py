"""The outbox: messages are put once, claimed for a time, marked before they are handed over and after.

waiting → claimed → sending → sent. What was only claimed when its sender was killed did not go and waits again. What
was being sent may have gone: nobody knows, so nobody sends it again but a person who says so, except where handing it
over twice does nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
from django.core.exceptions import ValidationError

from holdfast.accounts.access import must
from holdfast.accounts.act import By, act, keep_many, locked, mark
from holdfast.playbooks.models import Outbox
from holdfast.playbooks.restraint.keys import message_key
from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.phones import e164, know_regions, region_of, region_of_zone

LEASE = timedelta(minutes=10)
TRIES = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=6)
TOGETHER = 5_000  # rows written in one statement
State = Outbox.State


@dataclass(frozen=True, slots=True)
class Content:
    """What a step says. first_name and whatever `candidate` has in `variables` fill its template."""

    template: str


def put(
    connection: duckdb.DuckDBPyConnection, home: Home, contents: Mapping[tuple[str, int, str], Content], now: datetime
) -> int:
    """Put what `judged` says to send; what is there already stays as it is. Says how many it was told to put.

    Reads `candidate`, `judged` and `customer_fact` of the connection, which `standing.judge` leaves; a column
    `variables` of candidate (JSON) is told to the template. contents: by playbook, version and step. Raises
    ValidationError for a step without one.
    """
    _tell_letters(connection, home)
    missing = [
        row for row in connection.execute("SELECT DISTINCT playbook, version, step FROM letter").fetchall()
        if row not in contents
    ]  # fmt: skip
    if missing:
        raise ValidationError(f"nobody said what to write in step {missing[0][2]!r} of {missing[0][0]!r}")
    told, cursor = 0, connection.execute(f"SELECT {', '.join(LETTER)} FROM letter")
    while rows := cursor.fetchmany(TOGETHER):
        keep_many(Outbox, COLUMNS, [_row(row, contents) for row in rows], put_at=now, not_before=now)
        told += len(rows)
    return told


def _tell_letters(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """letter: a row per message to put, with its key and where it goes."""
    columns = {row[0] for row in connection.execute("DESCRIBE candidate").fetchall()}
    variables = "c.variables::VARCHAR" if "variables" in columns else "NULL::VARCHAR"
    to_people = "wants" in columns
    contact = "LEFT JOIN contact_of AS k ON k.account_id = c.account_id AND k.wants = c.wants" if to_people else ""
    contact_id = "k.contact_id" if to_people else "NULL::BIGINT"
    know_regions(connection)
    region = " ".join(f"WHEN {s.shop_id} THEN {text(region_of_zone(s.zone))}" for s in home.shops())
    default = f"CASE shop_id {region} END" if region else "NULL"
    own = f"coalesce({region_of('country', '')}, {default})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE dialled AS {e164('customer_fact', 'phone', own)}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE letter AS SELECT c.run, c.playbook, c.version, c.step, c.turn, c.channel,"
        f" c.shop_id, coalesce(m.shop_key, c.customer_id) AS customer_id, c.account_id, c.class = 'service' AS service,"
        f" {contact_id} AS contact_id, {message_key(home, 'c')} AS message_key,"
        f" coalesce(f.email, '') AS email, coalesce(f.e164, '') AS phone,"
        f" coalesce(f.email_hash, '') AS email_hash, coalesce(f.phone_hash, '') AS phone_hash, f.first_name,"
        f" {variables} AS variables FROM candidate AS c JOIN judged AS j USING (run, playbook, version, step, turn,"
        f" channel) LEFT JOIN same_person AS m ON m.customer_id = c.customer_id {contact} LEFT JOIN dialled AS f"
        f" ON f.customer_id = coalesce(m.shop_key, c.customer_id, -{contact_id}) WHERE j.verdict = 'send'"
    )


PLAIN = (
    "playbook", "version", "step", "run", "turn", "channel", "shop_id", "customer_id", "account_id", "service",
    "contact_id", "message_key",
)  # fmt: skip
LETTER = (*PLAIN, "email", "email_hash", "phone", "phone_hash", "first_name", "variables")
COLUMNS = (*PLAIN, "template", "variables", "address", "address_hash")


def _row(told: tuple[Any, ...], contents: Mapping[tuple[str, int, str], Content]) -> tuple[Any, ...]:
    """A row of the outbox, as COLUMNS has it, from a letter."""
    plain, (email, email_hash, phone, phone_hash, first_name, variables) = told[: len(PLAIN)], told[len(PLAIN) :]
    known = json.loads(variables) if variables else {}
    if first_name:
        known = {"first_name": first_name} | known
    address = {"email": (email, email_hash), "phone": (phone, phone_hash)}.get(WAYS.get(told[5], ""), ("", ""))
    return *plain, contents[told[0], told[1], told[2]].template, known, *address


WAYS = {"email": "email", "audience": "email", "sms": "phone"}  # channel → the address it needs


def sweep(now: datetime, again: Mapping[str, bool], *, service_again: bool) -> int:
    """Free what the dead held. again: channel → handing over twice does nothing. Says how many are unsure."""
    expired = Outbox.objects.filter(lease_until__lte=now)
    mark(expired.filter(state=State.CLAIMED), state=State.WAITING, lease_until=None)
    sending = expired.filter(state=State.SENDING)
    free = sending.filter(channel__in=[name for name, harmless in again.items() if harmless])
    mark(free, state=State.WAITING, lease_until=None, sent_at=None)
    if service_again:
        mark(sending.filter(service=True), state=State.WAITING, lease_until=None, sent_at=None)
    return mark(
        sending, state=State.UNKNOWN, lease_until=None,
        problem="whoever sent it was killed: it may have gone",
    )  # fmt: skip


def claim(now: datetime, channels: Mapping[str, Any], limit: int) -> list[Outbox]:
    """The oldest that may go, service messages first; nobody else gets them until the lease is over."""
    mine = secrets.token_hex(16)
    free = Outbox.objects.filter(state=State.WAITING, not_before__lte=now, channel__in=list(channels))
    keys = list(free.order_by("-service", "id").values_list("pk", flat=True)[:limit])
    mark(
        Outbox.objects.filter(pk__in=keys, state=State.WAITING), state=State.CLAIMED, claimed_by=mine,
        lease_until=now + LEASE,
    )  # fmt: skip
    return list(Outbox.objects.filter(claimed_by=mine, state=State.CLAIMED).order_by("-service", "id"))


def begin(message: Outbox, now: datetime) -> bool:
    """Mark that it is being handed over; False where the lease went to somebody else meanwhile."""
    return _mine(message, State.CLAIMED, state=State.SENDING, sent_at=now, lease_until=now + LEASE)


def sent(message: Outbox) -> None:
    """Its address and what was known of the person are not needed any more."""
    _mine(message, State.SENDING, state=State.SENT, lease_until=None, address="", variables={}, problem="")


def later(message: Outbox, why: str, now: datetime) -> None:
    """It did not go: again after a while that doubles, and given up after the last try."""
    tries = message.attempts + 1
    if tries >= TRIES:
        refused(message, f"given up after {tries} tries: {why}")
        return
    wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    _mine(
        message, State.SENDING, state=State.WAITING, lease_until=None, sent_at=None, attempts=tries,
        not_before=now + wait, problem=why[:200],
    )  # fmt: skip


def refused(message: Outbox, why: str) -> None:
    _mine(
        message, State.SENDING, state=State.REFUSED, lease_until=None, sent_at=None, address="", variables={},
        problem=why[:200],
    )  # fmt: skip


def unsure(message: Outbox, why: str) -> None:
    _mine(message, State.SENDING, state=State.UNKNOWN, lease_until=None, problem=why[:200])


def dropped(message: Outbox, why: str) -> None:
    """Not sent, and not to be: from the claim, before it was handed over."""
    _mine(
        message, State.CLAIMED, state=State.DROPPED, lease_until=None, address="", variables={}, problem=why[:200]
    )  # fmt: skip


def give_back(messages: Iterator[Outbox]) -> None:
    """Claimed and not begun: to whoever comes next."""
    for message in messages:
        _mine(message, State.CLAIMED, state=State.WAITING, lease_until=None)


def decide(message_id: int, *, went: bool, again: bool = False, by: By) -> Outbox:
    """A person's word on a message of which nobody knows: it went; or it did not, and goes again or never.

    Raises ValidationError where it is not unknown.
    """
    must(by.user, "assign")
    state = State.SENT if went else State.WAITING if again else State.DROPPED
    with act("decide message", by=by) as doing:
        message = locked(Outbox.objects.filter(pk=message_id, state=State.UNKNOWN)).first()
        if message is None:
            raise ValidationError(f"message {message_id} is not one of which nobody knows whether it went")
        said = f"{'it went' if went else 'it did not go'}, says {by.called}"
        doing.change(message, state=state, problem=said[:200])
        row = Outbox.objects.filter(pk=message_id)
        if not went:
            mark(row, sent_at=None)
        if state != State.WAITING:
            mark(row, address="", variables={})  # not through the action: its entry would keep what was there
    return row.get()


def _mine(message: Outbox, was: str, **fields: Any) -> bool:
    rows = Outbox.objects.filter(pk=message.pk, claimed_by=message.claimed_by, state=was)
    if mark(rows, **fields) != 1:
        return False
    for name, value in fields.items():
        setattr(message, name, value)
    return True
