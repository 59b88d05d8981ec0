"""What is known of customers: the facts segments are made of, membership of segments, and some days besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb

from holdfast.metrics.comparison import peaks_of
from holdfast.playbooks.behind import ends_of, quiet_of
from holdfast.playbooks.facts import SEGMENT
from holdfast.playbooks.live import Live
from holdfast.playbooks.tick import Known, Load
from holdfast.segments.asking import Asking
from holdfast.segments.condition import leaves
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import Ground, asked
from holdfast.segments.store import find
from holdfast.warehouse.engine import quoted, text
from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.resolved import REFUSED

UNPAID_DAYS = 90  # an invoice that was due longer ago is no failed payment any more: somebody let it be
SETTLED = ("won", "lost", "closed", "accepted", "charge_refunded", "warning_closed")  # of disputes
ALWAYS = ("orders", "refused_email", "in_peak")  # facts that rules ask for without being told
# By fact of our own: rows (customer_id, value) as of a day.
OWN = {
    "account_opened_on": "SELECT customer_id, min(opened_on) AS value FROM account_opening WHERE opened_on <= {day}"
    " GROUP BY 1",
    "refused_email": "SELECT customer_id, coalesce(lower(trim(email_consent)) IN ({refused}), false) AS value"
    " FROM customer",
    "loyalty_member": "SELECT customer_id, bool_or(act <> 'was enrolled') AS value FROM loyalty_act"
    " WHERE happened_on <= {day} GROUP BY 1",
    "cancel_on": "SELECT customer_id, min(ends) AS value FROM (SELECT customer_id, CAST(coalesce(cancel_at,"
    " CASE WHEN cancel_at_period_end THEN current_period_end_at END) AS DATE) AS ends FROM subscription"
    " WHERE CAST(started_at AS DATE) <= {day} AND (ended_at IS NULL OR CAST(ended_at AS DATE) > {day}))"
    " WHERE ends >= {day} AND customer_id IS NOT NULL GROUP BY 1",
    "payment_failed_on": "SELECT coalesce(i.customer_id, s.customer_id) AS customer_id,"
    " min(CAST(coalesce(i.due_at, i.issued_at) AS DATE)) AS value FROM invoice AS i JOIN subscription AS s"
    " ON s.subscription_id = i.subscription_id WHERE coalesce(i.status, 'open') IN ('open', 'uncollectible')"
    " AND (i.paid_at IS NULL OR CAST(i.paid_at AS DATE) > {day})"
    " AND CAST(coalesce(i.due_at, i.issued_at) AS DATE) BETWEEN {day} - {unpaid} AND {day} GROUP BY 1",
    "delivered_on": "SELECT customer_id, max(delivered_on) AS value FROM parcel WHERE delivered_on <= {day}"
    " AND customer_id IS NOT NULL GROUP BY 1",
    "dispute_on": "SELECT customer_id, max(opened_on) AS value FROM dispute_case WHERE opened_on <= {day}"
    " AND NOT is_fraud_report AND coalesce(lower(status), '') NOT IN ({settled}) AND customer_id IS NOT NULL"
    " GROUP BY 1",
}
EVENTS = (
    "SELECT customer_id, max(CAST(happened_at AS DATE)) AS value FROM event WHERE event = {event}"
    " AND CAST(happened_at AS DATE) <= {day} AND customer_id IS NOT NULL GROUP BY 1"
)
OF_COMPANY = "SELECT customer_id, min(account_id) AS value FROM order_value WHERE account_id IS NOT NULL GROUP BY 1"


@contextmanager
def known_customers(home: Home, live: Sequence[Live], as_of: date | None = None) -> Iterator[tuple[Ground, str]]:
    """The open snapshot, and a query of everybody with a column for each fact that the playbooks ask for.

    as_of: an earlier day, told with what is known now. Raises NothingBuilt, DamagedSnapshot, AfterTheData,
    NoSuchSegment and FrameworkProblem.
    """
    wanted = sorted(
        {*ALWAYS, *(fact for one in live if one.playbook.who == "customers" for fact in _asks(one))}
    )  # fmt: skip
    segments = {id: find(home, id.removeprefix(SEGMENT)) for id in wanted if id.startswith(SEGMENT)}
    with asked(home, list(segments.values()), [as_of] if as_of else None) as ground:
        ground.asking.everybody_too = True
        columns = {"subject": "u.customer_id", "shop_id": "u.shop_id"}
        columns |= {id: _value(ground.asking, id) for id in _of_segments(wanted)}
        columns |= {id: ground.asking.belongs(segment) for id, segment in segments.items()}
        named = [FACTS[id] for id in _of_segments(wanted)]
        named += [FACTS[leaf.fact] for segment in segments.values() for leaf in leaves(segment.when)]
        base = ground.asking.rows(list(dict.fromkeys(named)), columns)
        clustered = any(one.playbook.holdout.cluster for one in live)
        yield ground, _with_own(base, wanted, ground.asking.days[0], _in_peak(home, ground), clustered)


def load(connection: duckdb.DuckDBPyConnection, ground: Ground, query: str) -> None:
    """Make `fact` in another connection, and `same_person` (customer_id, subject) of profiles that are one person."""
    rows = ground.connection.sql(query, params=ground.asking.given).to_arrow_reader(100_000)  # noqa: F841 (by name)
    connection.execute("CREATE OR REPLACE TEMP TABLE fact AS SELECT * FROM rows")
    merged = "SELECT customer_id, shop_key AS subject FROM merged_profile WHERE shop_key <> customer_id"
    none = "SELECT 0::BIGINT AS customer_id, 0::BIGINT AS subject WHERE false"
    same = ground.connection.sql(merged if ground.snapshot.merged else none).to_arrow_table()  # noqa: F841
    connection.execute("CREATE OR REPLACE TEMP TABLE same_person AS SELECT * FROM same")


def _asks(one: Live) -> frozenset[str]:
    return frozenset().union(*(it.asks for _, it in one.all_versions()))


def _of_segments(wanted: Sequence[str]) -> list[str]:
    """Facts that segments know; those that another one is worked out from are among them."""
    needed = {*wanted} | ({"last_purchase", "usual_gap"} if "next_purchase_on" in wanted else set())
    return sorted(id for id in needed if id in FACTS)


def _value(asking: Asking, id: str) -> str:
    """What a model says counts only where it may be called predictive (0116)."""
    fact = FACTS[id]
    said = asking.value(fact)
    if fact.gated:
        source = asking._at(fact, fact.gated)
        said = f"CASE WHEN {source} = 'predictive' THEN {said} END"
    return f"CAST({said} AS DOUBLE)" if fact.kind == "number" else said


def _with_own(base: str, wanted: Sequence[str], day: date, in_peak: str, clustered: bool) -> str:
    on = f"DATE '{day}'"
    rows = {
        id: sql.format(
            day=on, unpaid=UNPAID_DAYS, settled=", ".join(map(text, SETTLED)), refused=", ".join(map(text, REFUSED))
        )
        for id, sql in OWN.items()
        if id in wanted
    }
    rows |= {
        id: EVENTS.format(event=text(id.removeprefix("event:")), day=on) for id in wanted if id.startswith("event:")
    }
    if clustered:
        rows["account_id"] = OF_COMPANY
    told = [f"o{n}.value AS {quoted(id)}" for n, id in enumerate(rows)]
    if "next_purchase_on" in wanted:
        told.append("b.last_purchase + CAST(round(b.usual_gap) AS INTEGER) AS next_purchase_on")
    if not clustered:
        told.append("NULL::BIGINT AS account_id")
    joins = " ".join(
        f"LEFT JOIN ({sql}) AS o{n} ON o{n}.customer_id = b.subject" for n, sql in enumerate(rows.values())
    )
    return f"SELECT b.*, {in_peak} AS in_peak, {', '.join(told)} FROM ({base}) AS b {joins}"


def _in_peak(home: Home, ground: Ground) -> str:
    """Shops whose market is in a peak on the day."""
    day = ground.asking.days[0]
    shops = [s.shop_id for s in ground.shops if any(peak.spans(day, day) for peak in peaks_of(home, [s]))]
    return f"b.shop_id IN ({', '.join(map(str, shops)) or 'NULL'})" if shops else "false"


def customers_of(home: Home, as_of: date | None = None) -> Load:
    """How a tick comes to know the customers of a home."""

    def known(connection: duckdb.DuckDBPyConnection, live: Sequence[Live]) -> Known:
        with known_customers(home, live, as_of) as (ground, query):
            load(connection, ground, query)
            day = ground.asking.days[0]
            ends = {shop: min(end, day) for shop, end in ends_of(ground.snapshot).items()}
            return Known(day, ground.snapshot.id, ends, quiet_of(home, ground.snapshot))

    return known
