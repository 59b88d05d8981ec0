"""How each customer who is due stands: addresses, what they said, where they are, what they got.

From the snapshot come addresses, the merchant's own record of consent and the country; from the book of work the
ledger of consent, suppressed addresses and what was sent. A key that was merged away since is read as its person's.

Of what the ledger says the latest word holds, of all profiles of a person together; at the same moment the no. The
merchant's record is where it begins: its yes counts while the ledger says nothing, its no until a later yes.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
from django.db.models import F
from django.db.models.functions import Coalesce

from holdfast.playbooks.models import Consent, Outbox, Suppression
from holdfast.playbooks.restraint.contacts import tell_contacts
from holdfast.playbooks.restraint.keys import message_key
from holdfast.playbooks.restraint.many import judge_all
from holdfast.playbooks.restraint.profiling import PROFILING
from holdfast.playbooks.restraint.rows import tell
from holdfast.playbooks.restraint.settings import Restraint, restraint
from holdfast.playbooks.restraint.words import MARKETING
from holdfast.playbooks.restraint.zones import zone_of_country
from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home, scratch
from holdfast.warehouse.identity.hashed import is_address
from holdfast.warehouse.identity.resolved import REFUSED
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, Snapshot, current_snapshot, open_snapshot

AGREED = (
    "yes", "true", "t", "1", "y", "subscribed", "opted in", "opted_in", "opt-in", "opt in", "confirmed",
    "confirmed_opt_in", "single_opt_in", "accepted", "accepts", "allowed",
)  # fmt: skip
PENDING = ("pending", "unconfirmed", "awaiting confirmation")
OWNERS = "nobody there with that part and an address: a task for the owner"
MOMENT = pa.timestamp("us", "UTC")
GOOD = {  # SQL: the address is one that could belong to somebody
    "email": f"({is_address('lower(f.email)')} AND f.email_hash IS NOT NULL)",
    "phone": "(f.phone_hash IS NOT NULL)",
}
SAME = "SELECT customer_id, shop_key FROM merged_profile WHERE shop_key <> customer_id"
# One row per person of `due_now`: the contact of the profile whose hash the person has.
FACTS = """
WITH profile AS (
  SELECT coalesce(m.shop_key, t.customer_id) AS customer_id, t.customer_id AS profile_id, t.email, t.phone,
    t.first_name
  FROM customer_contact AS t LEFT JOIN merged_profile AS m ON m.customer_id = t.customer_id
  SEMI JOIN due_now AS d ON d.customer_id = coalesce(m.shop_key, t.customer_id)
), contact AS (
  SELECT customer_id, arg_min(email, profile_id) AS email, arg_min(phone, profile_id) AS phone,
    arg_min(first_name, profile_id) AS first_name FROM profile GROUP BY 1
)
SELECT c.customer_id, c.shop_id, c.email_hash, c.phone_hash, c.email_consent, c.sms_consent,
  c.recorded_at::TIMESTAMPTZ AS recorded_at, upper(trim(c.country)) AS country,
  trim(p.email) AS email, trim(p.phone) AS phone, p.first_name
FROM customer AS c SEMI JOIN due_now AS d ON d.customer_id = c.customer_id LEFT JOIN contact AS p USING (customer_id)
"""


def judge(connection: duckdb.DuckDBPyConnection, home: Home, now: datetime) -> None:
    """Leave `judged` for the relation `candidate`: both as `many.py` describes them. Raises NothingBuilt."""
    rules = restraint(home)
    stand(connection, home, rules, now)
    judge_all(connection, rules, now, "due")
    if connection.execute("SELECT 1 FROM due WHERE account_id IS NOT NULL LIMIT 1").fetchall():
        connection.execute(
            f"UPDATE judged SET verdict = 'send', why = {text(OWNERS)}, not_before = NULL FROM due AS d WHERE"
            " d.account_id IS NOT NULL AND d.customer_id IS NULL AND d.channel = 'email' AND judged.run = d.run"
            " AND judged.step = d.step AND judged.turn = d.turn"
        )


def stand(connection: duckdb.DuckDBPyConnection, home: Home, rules: Restraint, now: datetime) -> None:
    """Leave `due` (candidates under the keys of today), `contact_of`, `whereabouts`, `reach` and `sent_log`."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    with closing(open_snapshot(home, snapshot, SAME)) as reader:
        _take(connection, "same_person", reader, SAME)
    tell_contacts(connection, home, now)
    of_account = "LEFT JOIN contact_of AS k ON k.account_id = c.account_id AND k.wants = c.wants"
    people = connection.execute("SELECT count(*) FROM contact_of").fetchall()[0][0]
    key = "m.shop_key, c.customer_id" + (", -k.contact_id" if people else "")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE due AS SELECT c.* REPLACE (coalesce({key}) AS customer_id)"
        " FROM candidate AS c LEFT JOIN same_person AS m ON m.customer_id = c.customer_id"
        f" {of_account if people else ''}"
    )
    _tell_facts(connection, home, snapshot)
    if people:
        connection.execute(
            "INSERT INTO customer_fact BY NAME SELECT DISTINCT customer_id, shop_id, email, email_hash, first_name"
            " FROM contact_of"
        )
    _tell_words(connection)
    tell_sent(connection, home, rules, now)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE whereabouts AS {_whereabouts(home)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE reach AS {_reach(rules)}")


def _tell_facts(connection: duckdb.DuckDBPyConnection, home: Home, snapshot: Snapshot) -> None:
    """customer_fact, of those who are due: a minute's few messages do not load everybody's address."""
    with scratch(home, "due") as folder:
        path = folder / "due.parquet"
        connection.execute(f"COPY (SELECT DISTINCT customer_id FROM due) TO {text(str(path))} (FORMAT parquet)")
        with closing(open_snapshot(home, snapshot, FACTS, beside={"due_now": path})) as reader:
            _take(connection, "customer_fact", reader, FACTS)


def _take(
    connection: duckdb.DuckDBPyConnection, name: str, reader: duckdb.DuckDBPyConnection, query: str
) -> None:  # fmt: skip
    connection.register("told_facts", reader.sql(query).to_arrow_table())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM told_facts")
    connection.unregister("told_facts")


def _tell_words(connection: duckdb.DuckDBPyConnection) -> None:
    """word: of each customer, purpose and channel the newest word, and whether a confirmation is awaited."""
    tell(connection, "ledger", Consent.objects.annotate(said_at=F("at")), {
        "id": pa.int64(), "customer_id": pa.int64(), "address_hash": pa.string(), "purpose": pa.string(),
        "channel": pa.string(), "word": pa.string(), "said_at": MOMENT,
    })  # fmt: skip
    tell(connection, "suppressed", Suppression.objects.filter(lifted_at=None),
         {"address_hash": pa.string(), "why": pa.string()})  # fmt: skip
    theirs = "SELECT DISTINCT customer_id, email_hash, phone_hash FROM customer_fact"
    of_customer = (
        "SELECT coalesce(m.shop_key, l.customer_id) AS customer_id, l.* EXCLUDE (customer_id) FROM ledger AS l"
        " LEFT JOIN same_person AS m ON m.customer_id = l.customer_id WHERE l.customer_id IS NOT NULL"
    )
    of_address = " UNION ALL ".join(
        f"SELECT f.customer_id, l.* EXCLUDE (customer_id) FROM ledger AS l JOIN ({theirs}) AS f"
        f" ON f.{hashed} = l.address_hash WHERE l.customer_id IS NULL AND l.address_hash <> ''"
        for hashed in ("email_hash", "phone_hash")
    )
    everywhere = "SELECT unnest(['email', 'sms']) AS channel"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE word AS WITH told AS ({of_customer} UNION ALL {of_address}), spread AS (SELECT"
        f" t.customer_id, t.purpose, e.channel, t.word, (t.said_at, t.word = 'no', t.id) AS rank, t.said_at"
        f" FROM told AS t JOIN ({everywhere}) AS e ON t.channel IN ('', e.channel))"
        " SELECT customer_id, purpose, channel, arg_max(word, rank) FILTER (word <> 'pending') AS word,"
        " max(said_at) FILTER (word <> 'pending') AS said_at, max(said_at) FILTER (word = 'pending') AS pending_at"
        " FROM spread GROUP BY 1, 2, 3"
    )


def tell_sent(connection: duckdb.DuckDBPyConnection, home: Home, rules: Restraint, now: datetime) -> None:
    """sent_log: marketing that went, may have gone or is on its way, as far back as a cap looks.

    A message that is asked about again, because whoever asked before was killed, does not stand in its own way.
    """
    since = now - max((cap.window or timedelta(days=2) for cap in rules.caps), default=timedelta(0))
    gone = [Outbox.State.REFUSED, Outbox.State.DROPPED]
    rows = Outbox.objects.exclude(state__in=gone).filter(service=False, put_at__gte=since)
    theirs = Coalesce("customer_id", -F("contact_id"))  # contacts.py
    rows = rows.annotate(whose=theirs).filter(whose__isnull=False)
    tell(connection, "sent_row", rows.annotate(moment=Coalesce("sent_at", "put_at")), {
        "whose": pa.int64(), "channel": pa.string(), "message_key": pa.string(), "moment": MOMENT,
    })  # fmt: skip
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE asked AS SELECT {message_key(home, 'd')} AS message_key FROM due AS d"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sent_log AS SELECT coalesce(m.shop_key, s.whose) AS customer_id, s.channel,"
        " s.moment AS sent_at FROM sent_row AS s ANTI JOIN asked AS a USING (message_key)"
        " LEFT JOIN same_person AS m ON m.customer_id = s.whose"
    )


def _whereabouts(home: Home) -> str:
    """The zone of each customer who is due: their country's where it has one, else their shop's."""
    shops = " ".join(f"WHEN {shop.shop_id} THEN {text(shop.zone)}" for shop in home.shops())
    countries = ", ".join(f"({text(name)}, {text(zone)})" for name, zone in zone_of_country().items())
    objected = f"SELECT customer_id FROM word WHERE purpose = {text(PROFILING)} AND word = 'no'"
    return (
        "SELECT d.customer_id, coalesce(any_value(z.zone),"
        f" CASE any_value(coalesce(f.shop_id, d.shop_id)) {shops} ELSE 'UTC' END) AS zone,"
        " any_value(z.zone) IS NOT NULL AS known,"
        f" d.customer_id IN ({objected}) AS objected FROM due AS d LEFT JOIN customer_fact AS f USING (customer_id)"
        f" LEFT JOIN (VALUES {countries}) AS z(country, zone) ON z.country = f.country"
        " WHERE d.customer_id IS NOT NULL GROUP BY d.customer_id"
    )


def _reach(rules: Restraint) -> str:
    parts = [_reach_by(c.name, c.address, c.consent) for c in rules.channels.values() if c.address or c.consent]
    nobody = (
        "SELECT NULL::BIGINT AS customer_id, '' AS channel, '' AS address, '' AS dead, '' AS unwanted, '' AS consent"
    )
    return " UNION ALL ".join(parts) or f"{nobody} WHERE false"


def _reach_by(channel: str, address: str, consent: str) -> str:
    hashed = {"email": "f.email_hash", "phone": "f.phone_hash", "": "NULL"}[address]
    dead = ", ".join(text(why) for why in sorted(Suppression.DEAD))
    own = {"email": "f.email_consent", "sms": "f.sms_consent"}.get(consent, "NULL::VARCHAR")
    stopped = (
        f"SELECT address_hash, min(why) FILTER (why IN ({dead})) AS dead,"
        f" min(why) FILTER (why NOT IN ({dead})) AS unwanted FROM suppressed GROUP BY 1"
    )
    words = f"SELECT * FROM word WHERE purpose = {text(MARKETING)} AND channel = {text(consent)}"
    return (
        f"SELECT f.customer_id, {text(channel)} AS channel, {_address(address)} AS address,"
        f" coalesce(s.dead, '') AS dead, coalesce(s.unwanted, '') AS unwanted, {_said(own)} AS consent"
        f" FROM customer_fact AS f SEMI JOIN due AS d ON d.customer_id = f.customer_id AND d.channel = {text(channel)}"
        f" LEFT JOIN ({stopped}) AS s ON s.address_hash = {hashed}"
        f" LEFT JOIN ({words}) AS w ON w.customer_id = f.customer_id"
    )


def _address(address: str) -> str:
    if not address:
        return "'good'"
    return f"CASE WHEN coalesce(f.{address}, '') = '' THEN 'none' WHEN {GOOD[address]} THEN 'good' ELSE 'bad' END"


def _said(own: str) -> str:
    """yes, no, pending or nothing: the ledger's newest word (alias w) over the merchant's record (column `own`)."""
    plain = f"lower(trim({own}))"
    no, yes, pending = (f"{plain} IN ({', '.join(map(text, words))})" for words in (REFUSED, AGREED, PENDING))
    return (
        f"CASE WHEN w.word = 'yes' THEN CASE WHEN coalesce({no} AND f.recorded_at > w.said_at, false) THEN 'no'"
        " ELSE 'yes' END"
        f" WHEN w.word = 'no' OR {no} THEN CASE WHEN w.pending_at > coalesce(w.said_at, f.recorded_at) THEN 'pending'"
        f" ELSE 'no' END WHEN {yes} THEN 'yes' WHEN w.pending_at IS NOT NULL OR {pending} THEN 'pending' ELSE '' END"
    )
