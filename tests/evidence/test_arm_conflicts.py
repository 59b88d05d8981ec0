"""Profiles of different arms that turn out to be one person: they stay in the arm that came first, and are counted."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home
from treated_shop import lot_file

from holdfast.estimates.effects import Effect
from holdfast.evidence.lot import declare, take
from holdfast.evidence.reading import read
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.snapshot import current_snapshot

DAY, DAYS = date(2025, 3, 1), 10
DECLARED = f"""
id = "calls"
name = "Calls"
hypothesis = "They buy more."
owner = "Ada"
shop = "paper"
held_out = 0.5
days = {DAYS}
planned = 8
[outcome]
metric = "net_revenue"
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    """c1 to c8 bought before; all buy for 10 × their number afterwards. A later file shows that c8 is the same person as
    c1, who is in the other arm; and the list of the lot names c2 in both."""
    home, it = paper_home(tmp_path_factory.mktemp("conflict"))
    numbers = range(1, 9)
    sales = [order(f"a{n}", f"c{n}", DAY - timedelta(days=9)) for n in numbers]
    sales += [order(f"b{n}", f"c{n}", DAY + timedelta(days=2), f"{10 * n}.00") for n in numbers]
    who = {"customer": [{"customer_source": f"c{n}", "customer_number": f"c{n}"} for n in numbers]}
    land_rows(home, it, book(*sales, order("z", "late", DAY + timedelta(days=DAYS + 5)), who))
    build_rows(home)
    declare(home, DECLARED)
    arms = [*((f"c{n}", TREATED if n <= 4 else HELD_OUT) for n in numbers), ("c2", HELD_OUT)]
    folder = tmp_path_factory.mktemp("lot")
    found = take(home, "calls", lot_file(folder, arms, DAY), by="Ada", now=datetime(2025, 3, 20, tzinfo=UTC))
    mail = sha256(b"pepperana@a.example").hexdigest()
    seen = datetime(2025, 2, 20, 12)
    told = [
        {"customer_source": c, "type": "email", "identifier_hash": mail, "seen_in": "order", "first_seen": seen,
         "last_seen": seen} for c in ("c1", "c8")
    ]  # fmt: skip
    land_rows(home, it, who | {"customer_identifier": told}, name="later.csv")
    build_rows(home)
    return read(home, current_snapshot(home), found)


def test_whoever_was_in_both_arms_stays_in_the_first_with_all_they_did(reading):
    """Treated: 10 + 80 of one person, 20, 30, 40 by four; held out: 50, 60, 70 by three."""
    assert (reading.assigned[TREATED], reading.assigned[HELD_OUT]) == (4, 3)
    assert reading.shown.treated == pytest.approx((90 + 20 + 30 + 40) * 100 / 4)
    assert reading.shown.held_out == pytest.approx(60 * 100)


def test_they_are_counted_and_read_again_without(reading):
    check = next(one for one in reading.checks if one.name == "nobody is in both arms")
    assert not check.passed and not check.stops
    assert check.found.startswith("1 of 7 ") and "1 was listed in both arms" in check.found
    assert isinstance(reading.without, Effect)
    assert (reading.without.n_treated, reading.without.n_held_out) == (3, 3)
    assert reading.without.treated == pytest.approx(30 * 100)
