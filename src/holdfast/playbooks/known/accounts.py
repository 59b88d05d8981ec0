"""What is known of accounts: from the book of work, the readings of health that were kept, and the snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
from django.db.models import Max, Q, Sum

from holdfast.accounts.models import (
    COMPANY,
    SHOPS,
    Account,
    Contact,
    Contract,
    HealthOverride,
    Touchpoint,
    WorkObject,
    source_of,
)
from holdfast.commerce.currency import minor_digits
from holdfast.health.history import Kept, history, newest
from holdfast.metrics.comparison import peaks_of
from holdfast.playbooks.behind import ends_of, quiet_of
from holdfast.playbooks.facts import FACTS, Fact
from holdfast.playbooks.live import Live
from holdfast.playbooks.tick import Known, Load
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, current_snapshot, open_snapshot

ESCALATION, OVER = "A14", ("closed", "reviewed")
KINDS = {"number": pa.float64(), "day": pa.date32(), "flag": pa.bool_(), "word": pa.string()}
URGENT = ("urgent", "critical", "highest", "p1", "1")
TICKETS = (
    "SELECT account_id, shop_id, max(CAST(created_at AS DATE)) AS day FROM ticket WHERE coalesce(status, 'open') NOT IN"
    " ('solved', 'closed', 'deleted') AND NOT coalesce(is_spam, false) AND NOT coalesce(is_test, false) AND"
    " merged_into IS NULL AND (severity = 'critical' OR lower(coalesce(priority, '')) IN (SELECT unnest($urgent)))"
    " AND CAST(created_at AS DATE) <= $day GROUP BY ALL"
)
ONBOARDING = (
    "SELECT account_id, max(closes_on) AS due, max(undone) AS undone FROM (SELECT o.account_id, o.closes_on,"
    " (SELECT count(*) FROM onboarding_step AS s WHERE s.account_id = o.account_id AND coalesce(s.required, true)"
    " AND (s.done_at IS NULL OR coalesce(s.skipped, false))) AS undone FROM onboarding AS o"
    " WHERE o.kind = 'account' AND o.done_on IS NULL AND o.started_on <= $day) GROUP BY 1"
)
Rows = dict[int, dict[str, Any]]


def accounts_of(home: Home, now: datetime, as_of: date | None = None) -> Load:
    """How a tick comes to know the accounts: as they are today, since the book of work is kept by the day."""

    def known(connection: duckdb.DuckDBPyConnection, live: Sequence[Live]) -> Known:
        day = as_of or now.date()
        snapshot = current_snapshot(home)
        table = pa.Table.from_pylist(told(home, snapshot, day), schema=_schema())
        connection.register("told_accounts", table)
        connection.execute("CREATE OR REPLACE TEMP TABLE fact AS SELECT * FROM told_accounts")
        connection.unregister("told_accounts")
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE same_person AS"
            " SELECT 0::BIGINT AS customer_id, 0::BIGINT AS subject WHERE false"
        )
        if snapshot is None:
            return Known(day, "")
        return Known(day, snapshot.id, *_ends(snapshot, day, quiet_of(home, snapshot)))

    return known


def told(home: Home, snapshot: Snapshot | None, day: date) -> list[dict[str, Any]]:
    """One row an account that was not merged away; the facts of FACTS["accounts"], None where nothing is known."""
    accounts = list(Account.objects.filter(merged_into=None))
    rows: Rows = {one.pk: _own(one, day) for one in accounts}
    for part in (_contracts(day), _people(day), _talks(day), _escalations(), _health(home, accounts, day)):
        for pk, said in part.items():
            if pk in rows:
                rows[pk] |= said
    if snapshot is not None:
        _of_facts(home, snapshot, accounts, day, rows)
    return list(rows.values())


def _ends(snapshot: Snapshot, day: date, quiet: Mapping[int, int]) -> tuple[dict[int, date], dict[int, int]]:
    """By account, the day on which the data about it end, and how many days commonly pass there: of its newest shop,
    since an account may have closed one; of a company that buys, of the newest of all. Whoever is in no data is not
    named."""
    told = [(end, quiet.get(shop, 0), shop) for shop, end in ends_of(snapshot).items()]
    account = {shop.shop_id: shop.account for shop in snapshot.shops}
    newest = {account[shop]: (end, days) for end, days, shop in sorted(told)}  # the last of each stays
    of_all = max(newest.values(), default=(day, 0))
    ends, allowed = dict[int, date](), dict[int, int]()
    for pk, source in Account.objects.filter(merged_into=None).values_list("pk", "source"):
        own = newest.get(source.removeprefix(SHOPS)) if source.startswith(SHOPS) else None
        if (found := of_all if source.startswith(COMPANY) else own) is not None:
            ends[pk], allowed[pk] = min(found[0], day), found[1]
    return ends, allowed


def _schema() -> pa.Schema:
    facts: Iterable[Fact] = FACTS["accounts"].values()
    own = [("subject", pa.int64()), ("shop_id", pa.int64()), ("account_id", pa.int64()), ("orders", pa.float64()),
           ("refused_email", pa.bool_())]  # fmt: skip
    return pa.schema([*own, *((one.id, KINDS[one.kind]) for one in facts)])


def _own(one: Account, day: date) -> dict[str, Any]:
    since = one.since or one.created_at.date()
    return {
        "subject": one.pk, "tier": one.tier, "segment": one.segment or None, "stage": one.stage,
        "days_as_account": float((day - since).days), "open_escalation": False, "in_peak": False,
    }  # fmt: skip


def _contracts(day: date) -> Mapping[int, dict[str, Any]]:
    """The term in force that ends last, and what all in force are worth, in the currency in which it is most."""
    found: dict[int, dict[str, Any]] = {}
    rows = Contract.objects.filter(starts__lte=day, ends__gte=day).values("account", "currency").order_by()
    for r in rows.annotate(last=Max("ends"), minor=Sum("value_minor")):
        worth = None if r["minor"] is None else r["minor"] / 10 ** minor_digits(r["currency"])
        said = found.setdefault(r["account"], {"renewal_on": r["last"], "value_year": worth})
        said["renewal_on"] = max(said["renewal_on"], r["last"])
        said["value_year"] = max((one for one in (said["value_year"], worth) if one is not None), default=None)
    return found


def _people(day: date) -> Mapping[int, dict[str, Any]]:
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for account, part, left in Contact.objects.order_by("pk").values_list("account", "part", "left_on"):
        said = found[account]
        here, champion = left is None or left > day, part == Contact.Part.CHAMPION
        said["champion"] = bool(said.get("champion")) or (champion and here)
        if champion and left is not None and not here:
            before = said.get("champion_left_on")
            said["champion_left_on"] = left if before is None else max(before, left)
    return found


def _talks(day: date) -> Mapping[int, dict[str, Any]]:
    rows = Touchpoint.objects.exclude(held_at=None).values("account").order_by().annotate(last=Max("held_at"))
    return {r["account"]: {"days_since_talk": float((day - r["last"].date()).days)} for r in rows}


def _escalations() -> Mapping[int, dict[str, Any]]:
    rows = WorkObject.objects.filter(~Q(state__in=OVER), kind=ESCALATION, account__isnull=False)
    return {account: {"open_escalation": True} for account in rows.values_list("account", flat=True) if account}


def _health(home: Home, accounts: Sequence[Account], day: date) -> Mapping[int, dict[str, Any]]:
    """The newest reading that was kept, and since when it has said risk; a person's word takes the status' place."""
    by_source: defaultdict[str, list[Kept]] = defaultdict(list)
    for one in history(home, until=day, kind="account"):
        by_source[source_of(one.account)].append(one)
    overrides = {
        pk: str(status)
        for pk, status in HealthOverride.objects.filter(since__lte=day, until__gt=day)
        .order_by("since", "pk")
        .values_list("account", "status")
    }
    return {one.pk: _reading(by_source.get(one.source, []), overrides.get(one.pk), day) for one in accounts}


def _reading(kept: Sequence[Kept], override: str | None, day: date) -> dict[str, Any]:
    readings = [one.reading for one in newest(kept)]
    if not readings:
        return {"health_status": override}
    since = None
    for one in reversed(readings):
        if one.status != "risk":
            break
        since = one.as_of
    last = readings[-1]
    return {
        "health": None if last.score is None else float(last.score),
        "health_status": override or last.status,
        "days_at_risk": None if since is None else float((day - since).days),
    }


def _of_facts(home: Home, snapshot: Snapshot, accounts: Sequence[Account], day: date, rows: Rows) -> None:
    """What tickets and onboardings say: of companies by their key, of merchants by their shops."""
    shops: defaultdict[str, list[int]] = defaultdict(list)
    for shop in snapshot.shops:
        shops[shop.account].append(shop.shop_id)
    with closing(open_snapshot(home, snapshot, f"{TICKETS} {ONBOARDING}")) as connection:
        tickets = connection.execute(TICKETS, {"urgent": list(URGENT), "day": day}).fetchall()
        onboardings = connection.execute(ONBOARDING, {"day": day}).fetchall()
    for one in accounts:
        if one.source.startswith(COMPANY):
            key = int(one.source.removeprefix(COMPANY))
            mine = [when for account, _, when in tickets if account == key]
            began = [(due, undone) for account, due, undone in onboardings if account == key]
        else:
            theirs = shops.get(one.source.removeprefix(SHOPS), []) if one.source.startswith(SHOPS) else []
            mine = [when for _, shop, when in tickets if shop in theirs]
            began = []
            known = [shop for shop in snapshot.shops if shop.shop_id in theirs]
            rows[one.pk]["in_peak"] = any(peak.spans(day, day) for peak in peaks_of(home, known))
        rows[one.pk]["urgent_ticket_on"] = max(mine, default=None)
        if began:
            rows[one.pk] |= {"onboarding_due_on": began[0][0], "steps_undone": float(began[0][1])}
