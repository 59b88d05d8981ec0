"""Identity inside a build: persons in every mart, history over builds, decisions that replay, visits that find their owner."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from evidence import SALT, salted
from paper_shop import account, book, build_rows, land_rows, order, paper_home

from holdfast.sources.files.load import load
from holdfast.warehouse.audits import AUDITS
from holdfast.warehouse.build import build_snapshot, construct
from holdfast.warehouse.home import scratch
from holdfast.warehouse.identity.decisions import decide, undo
from holdfast.warehouse.identity.named import NobodyMeant, find_profile, members, profiles
from holdfast.warehouse.identity.resolved import PROFILES, resolved_views
from holdfast.warehouse.identity.why import why
from holdfast.warehouse.snapshot import canonical_views, current_snapshot, open_snapshot

DAY = date(2025, 3, 1)


def gave(who: str, what: str, seen_in: str = "order", salt: str = SALT, **more: object) -> dict[str, object]:
    local, _, domain = what.partition("@")
    hashes = {"local_hash": salted(local, salt)[:16], "domain_hash": salted(domain, salt)[:16]} if domain else {}
    seen = datetime(2025, 3, 1, 12)
    return {
        "customer_source": who, "type": "email" if domain else "phone", "identifier_hash": salted(what, salt),
        "seen_in": seen_in, "first_seen": seen, "last_seen": seen,
    } | hashes | more  # fmt: skip


def people(*numbers: str) -> dict[str, list[dict[str, object]]]:
    named = [{"customer_source": n, "customer_number": None if n.startswith("guest") else n} for n in numbers]
    return {"customer": named}


def bought(*purchases: tuple[str, str | None, date]) -> list[dict]:
    return [order(number, who, when) for number, who, when in purchases]


@contextmanager
def opened(home):
    snapshot = current_snapshot(home)
    con = open_snapshot(home, snapshot)
    try:
        yield con
    finally:
        con.close()


def asked(home, query: str) -> list[tuple]:
    with opened(home) as con:
        return con.execute(query).fetchall()


def key_of(home, number: str, table: str = PROFILES) -> int:
    return asked(home, f"SELECT customer_id FROM {table} WHERE customer_number = '{number}'")[0][0]


def one_of(home) -> dict[str, str]:
    """Customer number → the number of its person's oldest profile."""
    rows = asked(
        home,
        f"SELECT c.customer_number, k.customer_number FROM {PROFILES} AS c JOIN merged_profile AS m USING (customer_id)"
        f" JOIN {PROFILES} AS k ON k.customer_id = m.customer_key",
    )
    return {who: key for who, key in rows if who != key}


def pairs(home) -> set[frozenset[str]]:
    """Which numbered profiles are one person, whichever of them is the oldest."""
    groups: dict[str, set[str]] = {}
    for who, key in one_of(home).items():
        groups.setdefault(key, {key}).add(who)
    return {frozenset(group) for group in groups.values()}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """ana buys as c1 and as c2 (one e-mail); bo as c3; two unknown guests buy once each."""
    home, place = paper_home(tmp_path_factory.mktemp("shop"))
    sales = bought(
        ("1", "c1", DAY), ("2", "c2", DAY + timedelta(10)), ("3", "c3", DAY), ("4", None, DAY), ("5", None, DAY)
    )
    opened_at = datetime(2025, 2, 1, 9)
    told = book(*sales, people("c1", "c2", "c3"), account("c1", opened_at), account("c2", opened_at + timedelta(9)))
    told["customer"] = [
        row | {"email_consent": {"c1": "yes", "c2": "unsubscribed"}.get(str(row["customer_source"]))}
        for row in told["customer"]
    ]
    told["customer_identifier"] = [gave("c1", "ana@a.example"), gave("c2", "ana@a.example"), gave("c3", "bo@a.example")]
    told["capability"] = [{"capability_source": "gift"}]
    told["capability_access"] = [
        {"capability_source": "gift", "customer_source": who, "since": opened_at + timedelta(days=n)}
        for n, who in enumerate(("c1", "c2", "c3"))
    ]
    told["account"] = [{"account_source": "acme"}]
    told["account_contact"] = [
        {
            "account_source": "acme",
            "customer_source": "c1",
            "valid_from": date(2024, 1, 1),
            "valid_until": date(2024, 6, 1),
        },
        {"account_source": "acme", "customer_source": "c2", "valid_from": date(2025, 1, 1)},
    ]
    land_rows(home, place, told)
    build_rows(home)
    return home


def test_two_profiles_of_one_person_are_one_customer_with_two_purchases(shop):
    rows = asked(shop, "SELECT count(*), max(occasions), min(second_on) FROM history")
    assert rows == [(2, 2, DAY + timedelta(10))]


def test_unknown_guests_are_nobodys_and_never_one_crowd(shop):
    """The trap of a partition by an empty customer: each unknown order stands alone and none is a return."""
    assert asked(shop, "SELECT count(*) FROM purchase") == [(3,)]
    assert asked(shop, "SELECT count(DISTINCT unit_id) FROM customer_month WHERE customer_id IS NULL") == [(2,)]


def test_a_person_opens_an_account_once(shop):
    assert asked(shop, "SELECT count(*), min(opened_at) FROM account_opening") == [(1, datetime(2025, 2, 1, 9))]


def test_one_no_to_e_mail_is_the_whole_persons_no(shop):
    assert asked(shop, "SELECT email_consent FROM customer WHERE email_consent IS NOT NULL") == [("unsubscribed",)]


def test_what_both_profiles_may_use_the_person_may_use_once_since_the_first(shop):
    rows = asked(shop, "SELECT count(*), min(since) FROM capability_access")
    assert rows == [(2, datetime(2025, 2, 1, 9))]


def test_two_stays_at_one_company_stay_two_with_their_dates(shop):
    rows = asked(shop, "SELECT count(DISTINCT customer_id), count(DISTINCT valid_from) FROM account_contact")
    assert rows == [(1, 2)]


def test_a_reader_of_few_tables_sees_persons_too(shop):
    """Pages open only the tables that their query names; what those read must come along."""
    query = 'SELECT count(*), count(DISTINCT customer_id) FROM "order" JOIN customer USING (customer_id)'
    con = open_snapshot(shop, current_snapshot(shop), names_in=query)
    try:
        assert con.execute(query).fetchall() == asked(shop, query) == [(3, 2)]
    finally:
        con.close()


def test_a_person_says_the_place_of_one_row_in_full(tmp_path):
    home, place = paper_home(tmp_path)
    told = book(*bought(("1", "c1", DAY), ("2", "c2", DAY)), people("c1", "c2"))
    places = [{"file_no": 3, "line": 70}, {"file_no": 4, "line": None}]  # the newer one is on no line
    told["customer"] = [row | where for row, where in zip(told["customer"], places, strict=True)]
    told["customer_identifier"] = [gave("c1", "ana@a.example"), gave("c2", "ana@a.example")]
    land_rows(home, place, told)
    build_rows(home)
    stood = asked(home, f"SELECT file_no, line FROM {PROFILES} ORDER BY customer_id DESC LIMIT 1")
    assert asked(home, "SELECT file_no, line FROM customer") == stood


def test_the_profiles_stay_readable_and_no_order_is_lost_or_doubled(shop):
    assert asked(shop, f"SELECT count(*) FROM {PROFILES}") == [(3,)]
    assert asked(shop, "SELECT count(*) FROM customer") == [(2,)]
    assert asked(shop, 'SELECT count(*), count(DISTINCT order_id) FROM "order"') == [(5, 5)]


def test_every_person_says_since_when_how_surely_and_into_whom(shop):
    rows = asked(shop, "SELECT merged_into IS NULL, confidence, first_seen_at, many_emails FROM person ORDER BY ALL")
    assert sorted(rows, key=str) == sorted([
        (False, "email", rows[0][2], False),
        (True, None, datetime(2025, 2, 1, 9), False),
        (True, None, datetime(2025, 3, 1, 12), False),
    ], key=str)  # fmt: skip


def test_consent_and_erasure_reach_every_profile_of_the_person(shop):
    with opened(shop) as con:
        found = members(con, key_of(shop, "c2"))
        assert {one.number for one in found} == {"c1", "c2"}
        assert len(members(con, key_of(shop, "c3"))) == 1
        with pytest.raises(NobodyMeant):
            members(con, 999)


def test_a_shop_without_merges_reads_its_tables_as_they_landed(told, paper):
    home, _ = paper
    told(book(*bought(("1", "c1", DAY)), people("c1")))
    build_rows(home)
    snapshot = current_snapshot(home)
    views, _ = canonical_views(home, snapshot.loads)
    assert not snapshot.merged and not snapshot.stitched
    assert resolved_views(views, snapshot.merged, snapshot.stitched) == views | {PROFILES: views["customer"]}


def test_a_person_of_two_shops_is_one_and_each_shop_counts_them_once(tmp_path):
    home, one = paper_home(tmp_path, name="nl")
    two = home.add_shop("be", account="paper", zone="UTC", currency="EUR")
    rival = home.add_shop("rival", account="rival", zone="UTC", currency="EUR")
    home.path.joinpath("holdfast.toml").write_text(
        home.path.joinpath("holdfast.toml").read_text().replace('account = "nl"', 'account = "paper"')
    )
    for place, who in ((one, "n"), (two, "b"), (rival, "r")):
        told = book(*bought((f"{who}1", f"{who}1", DAY), (f"{who}2", f"{who}2", DAY)), people(f"{who}1", f"{who}2"))
        told["customer_identifier"] = [gave(f"{who}1", "ana@a.example"), gave(f"{who}2", "ana@a.example")]
        land_rows(home, place, told)
    build_rows(home)
    assert pairs(home) == {frozenset({"n1", "n2", "b1", "b2"}), frozenset({"r1", "r2"})}
    assert asked(home, "SELECT shop_id, count(*) FROM history GROUP BY 1 ORDER BY 1") == [(1, 1), (2, 1), (3, 1)]
    assert asked(home, "SELECT count(*) FROM purchase WHERE seq > 0") == [(0,)]  # one day each: no return


# --- over builds -----------------------------------------------------------------------------------


def at(hour: int) -> datetime:
    return datetime(2026, 1, 1, hour)


def build_at(home, hour: int):
    return build_snapshot(home, today=date(2026, 1, 1), finish=lambda *_: None, now=at(hour).replace(tzinfo=UTC))


@pytest.fixture(scope="module")
def torn(tmp_path_factory):
    """Built, unmerged, built, taken back, built. Returns the home and who was one after each build."""
    home, place = paper_home(tmp_path_factory.mktemp("torn"))
    for who in ("c1", "c2", "c3"):  # one by one, so that c1 is the oldest
        land_rows(home, place, people(who), now=at(1).replace(tzinfo=UTC))
    told = book(*bought(("1", "c1", DAY), ("2", "c2", DAY)))
    told["customer_identifier"] = [gave("c1", "ana@a.example"), gave("c2", "ana@a.example", paid=True)]
    land_rows(home, place, told, now=at(1).replace(tzinfo=UTC))
    seen = []
    for hour, act in enumerate((None, "apart", None, "undo", "together"), start=2):
        if act == "apart":
            decide(
                home,
                "apart",
                by="eva",
                at=at(hour),
                why="mother and daughter",
                customers=(key_of(home, "c1"), key_of(home, "c2")),
            )
        elif act == "undo":
            undo(home, 1, by="eva", at=at(hour), why="it was one after all")
        elif act == "together":
            decide(
                home,
                "together",
                by="eva",
                at=at(hour),
                why="told us",
                customers=(key_of(home, "c3"), key_of(home, "c1")),
            )
        build_at(home, hour)
        seen.append(pairs(home))
    return home, seen


def test_an_unmerge_replays_at_the_next_build_and_taking_it_back_restores_the_merge(torn):
    one = {frozenset({"c1", "c2"})}
    assert torn[1] == [one, set(), set(), one, {frozenset({"c1", "c2", "c3"})}]


def test_each_build_tells_its_merges_and_splits_and_the_history_of_keys_is_kept(torn):
    rows = asked(torn[0], "SELECT merges, splits FROM identity_batch ORDER BY built_at")
    assert rows == [(1, 0), (0, 1), (0, 0), (1, 0), (1, 0)]
    changes = asked(
        torn[0], "SELECT customer_id, was, became, built_at FROM identity_change ORDER BY built_at, customer_id"
    )
    assert [(who == was, who == became, when.hour) for who, was, became, when in changes][:3] == [
        (True, False, 2),
        (False, True, 3),
        (True, False, 5),
    ]


@pytest.mark.parametrize("damaged", ["identity_change.parquet", "manifest.json"])
def test_a_build_over_a_damaged_snapshot_keeps_what_can_be_read_of_the_history(tmp_path, damaged):
    home, place = paper_home(tmp_path)
    told = book(*bought(("1", "c1", DAY), ("2", "c2", DAY)), people("c1", "c2"))
    land_rows(
        home,
        place,
        told | {"customer_identifier": [gave("c1", "ana@a.example"), gave("c2", "ana@a.example")]},
        now=at(1).replace(tzinfo=UTC),
    )
    build_at(home, 2)
    build_at(home, 3)
    (current_snapshot(home).path / damaged).write_bytes(b"no more")
    build_at(home, 4)
    merges = asked(home, "SELECT sum(merges), min(built_at) FROM identity_batch")
    assert merges == [(1, at(2))]


def test_a_merge_carries_the_batch_that_made_it_and_keeps_it(torn):
    rows = asked(
        torn[0], "SELECT rule, reversible_batch_id[:6] FROM merged_profile WHERE rule IS NOT NULL ORDER BY rule"
    )
    assert rows == [("decided", "000005"), ("email", "000004")]


def test_what_was_known_before_the_decision_is_told_as_it_was(torn):
    home, _ = torn
    with scratch(home, "then") as beside:
        assert known(home, beside, 2).merged
    with scratch(home, "then") as beside:
        assert not known(home, beside, 3).merged


def known(home, beside, hour: int):
    moment = at(hour).replace(tzinfo=UTC)
    return construct(home, beside, today=DAY, finish=lambda *_: None, now=moment, known_at=moment)


def test_why_tells_the_decision_and_the_evidence_link_by_link(torn):
    home, _ = torn
    with opened(home) as con:
        told = why(con, home, find_profile(con, home, "c3"))
        other = why(con, home, find_profile(con, home, "c2"))
    (decided,), (evidence,) = told.chain, other.chain
    assert (decided.rule, decided.decision.why, decided.other.number) == ("decided", "told us", "c1")
    assert (evidence.rule, evidence.identifier_type, evidence.other.number) == ("email", "email", "c1")
    assert [(seen.profile.number, seen.rule, seen.load_id, seen.files) for seen in evidence.seen] == [
        ("c2", "email_paid", 4, ("paper.csv",)), ("c1", "email", 4, ("paper.csv",)),
    ]  # fmt: skip
    assert len(other.changes) == 3


# --- visits ------------------------------------------------------------------------------------------


def visit(n: int, device: str, day: float, who: str | None = None) -> dict[str, object]:
    return {
        "session_source": f"v{n}",
        "anonymous": device,
        "started_at": datetime(2025, 3, 1) + timedelta(days=day),
        "customer_source": who,
    }


def owners(home) -> dict[int, str | None]:
    rows = asked(
        home,
        f"SELECT s.started_at, c.customer_number FROM session AS s LEFT JOIN {PROFILES} AS c USING (customer_id) WHERE s.anonymous = 'a'",
    )
    return {(when - datetime(2025, 3, 1)).days: who for when, who in rows}


def test_visits_of_thirty_days_before_a_sign_in_are_that_persons_and_stop_at_another_one(told, paper):
    """Day 0 is too early for day 31; days 5 and 31 are c1's; 33 is c2's, who signs in on 40; 45 is nobody's yet."""
    home, _ = paper
    visits = [
        visit(1, "a", 0),
        visit(2, "a", 5),
        visit(3, "a", 31, "c1"),
        visit(4, "a", 33),
        visit(5, "a", 40, "c2"),
        visit(6, "a", 45),
    ]
    told(book(*bought(("1", "c1", DAY)), people("c1", "c2")) | {"session": visits})
    build_rows(home)
    assert owners(home) == {0: None, 5: "c1", 31: "c1", 33: "c2", 40: "c2", 45: None}


def test_visits_on_the_tablet_in_the_shop_are_nobodys(told, paper):
    home, _ = paper
    visits = [
        visit(0, "a", 0),
        *(visit(n, "a", n, f"c{n}") for n in (1, 2, 3)),
        visit(9, "anonymous", 0),
        visit(8, "anonymous", 1, "c1"),
    ]
    told(book(*bought(("1", "c1", DAY)), people("c1", "c2", "c3")) | {"session": visits})
    build_rows(home)
    assert owners(home)[0] is None
    assert asked(home, "SELECT count(*) FROM stitched") == [(0,)]


@pytest.mark.parametrize(
    "files", [("customers", "sales", "numbered"), ("sales", "numbered", "customers")], ids=" then ".join
)
def test_whatever_order_files_come_in_the_same_profiles_are_one_person(tmp_path, files):
    """Told late that a number and an e-mail are one, import leaves two profiles; identity joins them."""
    head = {"customers": "customer id,email\n7,ana@a.example\n8,bo@a.example\n"}
    head["sales"] = "order id,order date,email,sku,quantity,price\nA,2025-01-01,Ana@a.example,MUG,1,9.50\n"
    head["numbered"] = "order id,order date,customer id,sku,quantity,price\nB,2025-02-01,7,MUG,1,9.50\n"
    home, _ = paper_home(tmp_path)
    for name in files:
        (tmp_path / f"{name}.csv").write_text(head[name])
        load(home, [tmp_path / f"{name}.csv"])
    build_rows(home)
    assert asked(home, "SELECT count(*), max(occasions) FROM history") == [(1, 2)]
    assert asked(home, "SELECT count(*) FROM person WHERE merged_into IS NULL") == [(2,)]


# --- the alarm -----------------------------------------------------------------------------------------


def alarmed(days: list[int]) -> bool:
    """days: merges of each day of builds, the newest last."""
    audit = next(one for one in AUDITS if one.name == "sudden_merges")
    con = duckdb.connect()
    con.execute("CREATE TABLE identity_batch (built_at TIMESTAMP, merges BIGINT)")
    con.executemany(
        "INSERT INTO identity_batch VALUES (?, ?)",
        [(datetime(2025, 1, 1 + n), merges) for n, merges in enumerate(days)],
    )
    con.execute(
        "CREATE TABLE identity_change (customer_id BIGINT, was BIGINT, became BIGINT, rule VARCHAR, batch VARCHAR, built_at TIMESTAMP)"
    )
    last = datetime(2025, 1, len(days))
    con.executemany(
        "INSERT INTO identity_change VALUES (?, ?, ?, 'email', 'b', ?)",
        [[2, 2, 1, last], [3, 3, 1, last - timedelta(days=1)], [4, 1, 4, last]],
    )
    (found,) = con.execute(audit.cheap).fetchone()
    told = con.execute(audit.sql).fetchall()
    con.close()
    assert told == [(2, 1, "email", "b")]  # of the newest day, and no split
    return found


@pytest.mark.parametrize(
    ("days", "alarm"),
    [
        ([5000], False),  # the first build joins all there is
        ([5000, 10, 12, 9, 11, 10, 31], True),
        ([5000, 10, 12, 9, 11, 10, 30], False),  # three times as many, not more
        ([5000, 0, 0, 0, 0, 0, 9], False),  # few
        ([5000, 10, 12, 500], False),  # nothing is usual yet
    ],
)
def test_a_flood_of_merges_is_told(days, alarm):
    assert alarmed(days) is alarm


def test_profiles_are_told_by_their_keys(shop):
    with opened(shop) as con:
        found = profiles(con, [key_of(shop, "c1"), 999])
    assert [one.number for one in found.values()] == ["c1"]
