"""Handing over what a tick decided: messages to the outbox, work to the book of work. Doing it twice is nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from django.contrib.auth.models import AnonymousUser

from holdfast.accounts.act import By
from holdfast.accounts.models import Account, source_of
from holdfast.playbooks.actions.deeds import Doing, do
from holdfast.playbooks.channels.outbox import Content, put
from holdfast.playbooks.contents import as_sent, channel_of, name_of, sent, variables_of
from holdfast.playbooks.declare import WORK, Playbook, Step
from holdfast.playbooks.facts import Who
from holdfast.playbooks.known.accounts import accounts_of
from holdfast.playbooks.known.customers import customers_of
from holdfast.playbooks.known.looked_after import tell_looked_after
from holdfast.playbooks.known.refusals import tell_refusals
from holdfast.playbooks.live import Live
from holdfast.playbooks.models import Deed, Outbox
from holdfast.playbooks.restraint.settings import restraint
from holdfast.playbooks.restraint.standing import judge, stand
from holdfast.playbooks.shelf import lives
from holdfast.playbooks.state import WHO, Tick, folder_of
from holdfast.playbooks.tick import Edges, Judge, Known, Load
from holdfast.warehouse.engine import open_writer, text
from holdfast.warehouse.home import Home, scratch

NOBODY = By(AnonymousUser(), "schedule", "playbooks")
OF_NO_SHOP = 0  # of messages to accounts
NOBODY_ASKS = (
    "CREATE OR REPLACE TEMP TABLE judged (run BIGINT, step VARCHAR, turn INTEGER, verdict VARCHAR, why VARCHAR,"
    " not_before TIMESTAMPTZ)"
)


def edges(home: Home, *, now: datetime) -> Edges:
    """A home's own: what its data and its book of work say, its restraint, its outbox."""
    return Edges(
        {"customers": with_book(home), "accounts": accounts_of(home, now)},
        judge_of(home),
        lambda tick: hand_over(home, tick, now=now),
    )


def with_book(home: Home, as_of: date | None = None) -> Load:
    """Customers, with what the book of work knows: who said no, and whose shop somebody looks after."""
    load = customers_of(home, as_of)

    def known(connection: duckdb.DuckDBPyConnection, live: Sequence[Live]) -> Known | None:
        found = load(connection, live)
        tell_refusals(connection, home)
        tell_looked_after(connection, home, _by_shop(home))
        return found

    return known


def judge_of(home: Home) -> Judge:
    """Restraint, asked only where there is a message to ask about, and with tables of its own."""

    def ask(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
        due = connection.sql("SELECT * EXCLUDE (k, slot, subject, n, wake_at) FROM candidate").to_arrow_table()
        if not due.num_rows:
            connection.execute(NOBODY_ASKS)
            return
        with scratch(home, "judge") as folder, closing(open_writer(folder)) as apart:
            apart.register("due_now", due)
            apart.execute("CREATE TEMP TABLE candidate AS SELECT * FROM due_now")
            judge(apart, home, now)
            told = apart.sql("SELECT run, step, turn, verdict, why, not_before FROM judged").to_arrow_table()
        connection.register("told_verdicts", told)
        connection.execute("CREATE OR REPLACE TEMP TABLE judged AS SELECT * FROM told_verdicts")
        connection.unregister("told_verdicts")

    return ask


def hand_over(home: Home, tick: Tick, *, now: datetime) -> None:
    """Everything that a tick left to be done."""
    steps = {
        (one.slot, version, step.id): (it, version, step)
        for one in lives(home)
        for version, it in one.all_versions()
        for step in it.steps
    }
    for who in WHO:
        path = folder_of(home) / tick.name / f"todo_{who}.parquet"
        if path.is_file():
            _put(home, path, who, steps, now)
            _do(home, path, who, steps, now)


Steps = Mapping[tuple[int, int, str], tuple[Playbook, int, Step]]


def _put(home: Home, path: Path, who: Who, steps: Steps, now: datetime) -> None:
    """Messages, codes, slots, calls: into the outbox."""
    told = {key: one for key, one in steps.items() if sent(one[2])}
    contents = {(it.id, version, step.id): Content(name_of(it.id, version, step.id))
                for it, version, step in told.values()}  # fmt: skip
    with scratch(home, "put") as folder, closing(open_writer(folder)) as connection:
        _tell_steps(connection, told)
        person, account = ("t.subject", "NULL::BIGINT") if who == "customers" else ("NULL::BIGINT", "t.subject")
        connection.execute(
            "CREATE TEMP TABLE candidate AS SELECT t.run, s.playbook, t.version, t.step, t.turn,"
            f" coalesce(t.shop_id, {OF_NO_SHOP}) AS shop_id, {person} AS customer_id, {account} AS account_id,"
            " s.channel, s.class, s.priority, s.wants,"
            f" TIMESTAMPTZ '{now.isoformat()}' AS due_at,"
            " json_merge_patch(s.variables::JSON, json_object('customer', t.subject::VARCHAR)) AS variables"
            f" FROM read_parquet({text(str(path))}) AS t JOIN told_step AS s ON s.slot = t.slot"
            " AND s.version = t.version AND s.step = t.step"
        )
        if not connection.execute("SELECT 1 FROM candidate LIMIT 1").fetchall():
            return
        stand(connection, home, restraint(home), now)  # addresses; what may go was judged in the tick
        if who == "accounts":
            _name_accounts(connection)
            _of_owners(connection, steps, now)
        connection.execute(
            "CREATE TEMP TABLE judged AS SELECT run, playbook, version, step, turn, channel, 'send' AS verdict"
            " FROM candidate"
        )
        put(connection, home, contents, now)


def _name_accounts(connection: duckdb.DuckDBPyConnection) -> None:
    """What a message says as {{ account }}."""
    keys = [key for (key,) in connection.execute("SELECT DISTINCT account_id FROM candidate").fetchall()]
    named = dict(Account.objects.filter(pk__in=keys).values_list("pk", "name"))
    connection.execute(
        "UPDATE candidate SET variables = json_merge_patch(variables::JSON, json_object('account', n.name))"
        " FROM (SELECT unnest($keys::BIGINT[]) AS pk, unnest($names::VARCHAR[]) AS name) AS n WHERE account_id = n.pk",
        {"keys": list(named), "names": list(named.values())},
    )


def _of_owners(connection: duckdb.DuckDBPyConnection, steps: Steps, now: datetime) -> None:
    """Mail to people of accounts who are not there, or have no address, becomes a task of the account's owner, and
    stays one: neither is done where the other was."""
    by_key = {(it.id, version, step.id): (it, step) for it, version, step in steps.values()}
    key = "c.playbook, c.version, c.run, c.step, c.turn"
    mail = connection.execute(
        f"SELECT {key}, c.account_id, d.customer_id IS NULL FROM candidate AS c JOIN due AS d USING (run, step, turn)"
        " WHERE c.channel = 'email'"
    ).fetchall()
    accounts = Account.objects.in_bulk({row[5] for row in mail})
    for playbook, version, run, id, turn, account_id, nobody in mail:
        told = {"playbook": playbook, "version": version, "run": run, "step": id, "turn": turn}
        done = Deed.objects.filter(**told).exists()
        if not (done or nobody):
            continue
        connection.execute("DELETE FROM candidate WHERE run = ? AND step = ? AND turn = ?", [run, id, turn])
        account = accounts.get(account_id)
        if not done and account is not None and not Outbox.objects.filter(**told).exists():
            it, step = by_key[playbook, version, id]
            do(Doing(it.id, it.name, version, run, _as_task(it, step, account), turn, account, {}), by=NOBODY, at=now)


def _as_task(it: Playbook, step: Step, account: Account) -> Step:
    subject = as_sent(it, step, {"account": account.name}).subject
    return replace(step, do="task", says={
        "what": f"Write to {account.name}: {subject}",
        "why": f"Nobody there is known as {step.says['to']} with an address",
    })  # fmt: skip


def _tell_steps(connection: duckdb.DuckDBPyConnection, steps: Steps) -> None:
    connection.execute(
        "CREATE TEMP TABLE told_step (slot INTEGER, version INTEGER, step VARCHAR, playbook VARCHAR, channel VARCHAR,"
        " class VARCHAR, priority INTEGER, variables VARCHAR, wants VARCHAR)"
    )
    rows = [
        (
            slot,
            version,
            id,
            it.id,
            channel_of(step),
            step.asked_as,
            it.priority,
            json.dumps(variables_of(step, 0)),
            str(step.says.get("to", "")),
        )
        for (slot, version, id), (it, _, step) in steps.items()
    ]
    if rows:
        connection.executemany("INSERT INTO told_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _do(home: Home, path: Path, who: Who, steps: Steps, now: datetime) -> None:
    """Tasks, touchpoints, work objects: one action each."""
    work = {key: one for key, one in steps.items() if one[2].do in WORK}
    if not work:
        return
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(
            "SELECT slot, version, run, step, turn, shop_id, subject FROM read_parquet(?) ORDER BY run, step, turn",
            [str(path)],
        ).fetchall()
    mine = [row for row in rows if (row[0], row[1], row[3]) in work]
    accounts = _accounts(home, who, mine)
    for slot, version, run, id, turn, shop_id, subject in mine:
        it, _, step = work[slot, version, id]
        account = accounts.get(subject if who == "accounts" else shop_id)
        if account is None:
            continue  # it was merged away or deleted since the tick left it to be done
        about = {"account": account.name, "customer": f"customer {subject}"}
        do(Doing(it.id, it.name, version, run, step, turn, account, about), by=NOBODY, at=now)


def _accounts(home: Home, who: Who, rows: list[tuple[Any, ...]]) -> dict[int, Account]:
    """Of accounts by their key; of customers by shop, the account under which it is declared."""
    if who == "accounts":
        return Account.objects.in_bulk([row[6] for row in rows])
    return _by_shop(home)


def _by_shop(home: Home) -> dict[int, Account]:
    known = {one.source: one for one in Account.objects.filter(merged_into=None).exclude(source="")}
    by_shop = {shop.shop_id: known.get(source_of(shop.account)) for shop in home.shops()}
    return {shop: one for shop, one in by_shop.items() if one is not None}
