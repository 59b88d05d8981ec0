"""Which e-mails and phones each buyer gave, where and when: the evidence that identity rests on."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import duckdb
import pytest

from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.warehouse.receipts import receipts
from holdfast.warehouse.snapshot import canonical_views

ORDERS = """order id,order date,customer id,email,phone,country,sku,quantity,price,currency,financial status
1,2025-01-05 10:00,c1,Ana@Shop.example ,06 12345678,NL,mug,1,5.00,EUR,pending
2,2025-02-05 10:00,c1,ana@shop.example,+31 6 1234 5678,NL,mug,1,5.00,EUR,paid
3,2025-03-05 10:00,c1,ana@work.example,,NL,mug,1,5.00,EUR,
4,2025-03-06 10:00,,bo@shop.example,0000000,NL,mug,1,5.00,EUR,paid
5,2025-03-07 10:00,,,030 1234567,DE,mug,1,5.00,EUR,paid
"""
CUSTOMERS = """customer id,email,phone,country,account created at,verified email
c1,ana@shop.example,0612345678,NL,2025-01-01 09:00,true
c2,nobody@x.invalid,,NL,2025-01-02 09:00,true
c3,not an e-mail,,NL,2025-01-02 09:00,
"""
TICKETS = """ticket id,created at,customer id,email,phone
t1,2025-04-01 10:00,c1,ana@work.example,0612345678
"""
WHO = "SELECT customer_source, type, seen_in, first_seen, last_seen, verified, paid FROM stage_customer_identifier"


def salted(plain: str) -> str:
    return sha256(f"pepper{plain}".encode()).hexdigest()


def moment(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2025, month, day, hour)


@pytest.fixture
def seen(staging):
    def run(files, **more):
        return staging(files, **more).rows(WHO + " ORDER BY ALL")

    return run


def in_utc(rows):
    """The shop is in Berlin: an hour before in winter, two in summer."""
    return [(*row[:3], *(part for at in row[3:5] for part in (at.month, at.day)), *row[5:]) for row in rows]


def test_each_pair_is_kept_once_with_its_first_and_last_moment_and_whether_it_was_paid(seen):
    """c1 typed one e-mail in two ways on two orders, the second one paid; the third order has another e-mail."""
    bo = f"email:{salted('bo@shop.example')}"
    assert in_utc(seen({"orders.csv": ORDERS})) == [
        ("c1", "email", "order", 1, 5, 2, 5, None, True),
        ("c1", "email", "order", 3, 5, 3, 5, None, None),
        ("c1", "phone", "order", 1, 5, 2, 5, None, True),
        (bo, "email", "order", 3, 6, 3, 6, None, True),
    ]


def test_a_phone_written_in_two_ways_is_one_and_zeros_are_none(staging):
    result = staging({"orders.csv": ORDERS})
    phones = result.rows("SELECT identifier_hash FROM stage_customer_identifier WHERE type = 'phone'")
    assert phones == [(salted("+31612345678"),)]
    assert result.one("SELECT phone_hash FROM stage_customer WHERE customer_number = 'c1'") == phones[0]


def test_a_customer_file_says_what_was_verified_and_what_cannot_be_an_address_is_no_evidence(seen):
    assert in_utc(seen({"customers.csv": CUSTOMERS})) == [
        ("c1", "email", "customer", 1, 1, 1, 1, True, None),
        ("c1", "phone", "customer", 1, 1, 1, 1, None, None),
    ]


def test_a_ticket_that_names_a_customer_and_an_email_ties_them(seen):
    found = in_utc(seen({"customers.csv": CUSTOMERS, "tickets.csv": TICKETS}))
    assert [row for row in found if row[2] == "ticket"] == [
        ("c1", "email", "ticket", 4, 1, 4, 1, None, None),
        ("c1", "phone", "ticket", 4, 1, 4, 1, None, None),
    ]


def test_no_readable_identifier_leaves_the_table_of_personal_data(staging):
    result = staging({"orders.csv": ORDERS, "customers.csv": CUSTOMERS, "tickets.csv": TICKETS})
    text = str(result.rows("SELECT * FROM stage_customer_identifier"))
    assert not any(plain in text for plain in ("ana", "shop.example", "work.example", "12345678"))
    hashes = result.one(
        "SELECT local_hash, domain_hash FROM stage_customer_identifier WHERE seen_in = 'ticket' AND type = 'email'"
    )
    assert hashes == (salted("ana")[:16], salted("work.example")[:16])


def landed(home: Home) -> list[tuple]:
    views, _ = canonical_views(home, tuple(r.load_id for r in receipts(home)))
    connection = duckdb.connect()
    query = "SELECT type, identifier_hash, seen_in, first_seen, last_seen, verified, paid"
    rows = connection.execute(f"{query} FROM ({views['customer_identifier']}) ORDER BY ALL").fetchall()
    connection.close()
    return sorted(((kind, *rest) for kind, _, *rest in rows), key=str)  # each home has a salt of its own


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)], ids=["in order", "backwards"])
def test_orders_split_into_files_in_any_order_leave_the_evidence_of_one_file(tmp_path, order):
    """The first and the last moment are those of all files, whichever came first; importing again changes nothing."""
    head, *lines = ORDERS.splitlines(keepends=True)
    parts = [lines[:1], lines[1:2], lines[2:]]
    homes = {"whole": [ORDERS], "split": [head + "".join(parts[n]) for n in order]}
    seen = {}
    for name, files in homes.items():
        home = Home(tmp_path / name)
        home.create()
        for n, content in enumerate(files):
            (tmp_path / f"{name}-orders-{n}.csv").write_text(content)
            load(home, [tmp_path / f"{name}-orders-{n}.csv"], shop="shop", currency="EUR", zone="Europe/Amsterdam")
        again = load(home, [tmp_path / f"{name}-orders-0.csv"], shop="shop")
        assert again.tables["customer_identifier"].changed == again.tables["customer_identifier"].new == 0
        seen[name] = landed(home)
    assert len(seen["whole"]) == 4
    assert seen["split"] == seen["whole"]
