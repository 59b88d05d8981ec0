"""Outcomes that are no sales, and lots of whole companies, on Saltmarsh, counted by hand."""

from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from treated_shop import lot_file

from holdfast.evidence.lot import declare, draw, lot, take
from holdfast.evidence.registration import Outcome, RegistrationProblem, can_be_told, read_registration
from holdfast.evidence.seen import Seen
from holdfast.metrics.registry import METRICS
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DECLARED = """
id = "ID"
name = "Calls"
hypothesis = "Who is called is content."
owner = "Ada"
shop = "Saltmarsh"
held_out = 0.5
days = 60
planned = 100
[outcome]
metric = "METRIC"
per = "PER"
"""


@pytest.fixture(scope="module")
def home(saltmarsh_folder):
    return saltmarsh_folder("")


def arms(home, id, metric, per, rows, tmp_path, assigned_on=date(2026, 4, 30)):
    text = DECLARED.replace("ID", id).replace("METRIC", metric).replace("PER", per)
    declare(home, text)
    path = lot_file(tmp_path, rows, assigned_on)
    found, snapshot = take(home, id, path, by="Ada", now=NOW), current_snapshot(home)
    with closing(open_snapshot(home, snapshot, beside=found.beside)) as connection:
        return Seen(connection, found, snapshot).arms(found.registration.outcome)


def test_promoters_are_counted_in_the_days_after_each_assignment(home, tmp_path):
    """Ana said 10 and later 2, of which the first answer counts; Cy said 7, Bo nothing: +1 of 1 against 0 of 1."""
    rows = [("c01", TREATED), ("c03", HELD_OUT), ("c02", HELD_OUT)]
    found = arms(home, "nps", "nps", "own", rows, tmp_path)
    assert (found[TREATED].n, found[HELD_OUT].n) == (1, 2)
    assert tuple(found[TREATED].sums[:2]) == (1, 1)
    assert tuple(found[HELD_OUT].sums[:2]) == (0, 1)
    assert found[HELD_OUT].sums[2] == -1  # Bo's 3 of November lies in the 180 days before


def test_tickets_can_be_counted_and_waiting_times_at_the_median_cannot(home, tmp_path):
    """Bo and Eli opened one each from April on: one per customer treated, none of those held out."""
    rows = [("c02", TREATED), ("c05", TREATED), ("c07", HELD_OUT), ("c08", HELD_OUT)]
    found = arms(home, "tickets", "solved_share", "times", rows, tmp_path, date(2026, 4, 1))
    assert found[TREATED].sums[0] == 2
    assert not can_be_told(METRICS["first_reply_median"])
    assert not can_be_told(METRICS["monthly_recurring_revenue"])


def test_subscriptions_that_end_are_counted_in_the_days_after_each_assignment(home, tmp_path):
    """c03, c06 and c09 left in June, c01 and c02 pay on; c04, who left in October, is no loss of these days."""
    rows = [
        ("c03", TREATED),
        ("c01", TREATED),
        ("c04", TREATED),
        ("c06", HELD_OUT),
        ("c09", HELD_OUT),
        ("c02", HELD_OUT),
    ]
    found = arms(home, "leaving", "subscribers_lost", "any", rows, tmp_path, date(2026, 5, 1))
    assert (found[TREATED].sums[0], found[TREATED].n) == (1, 3)
    assert (found[HELD_OUT].sums[0], found[HELD_OUT].n) == (2, 3)
    back = arms(home, "back", "subscribers_back", "times", rows, tmp_path, date(2026, 1, 31))
    assert (back[TREATED].sums[0], back[HELD_OUT].sums[0]) == (1, 0)  # c04 in February


def test_fewer_lost_is_better_however_it_is_read():
    assert Outcome("subscribers_lost", "any").better == Outcome("subscribers_lost", "times").better == "down"
    assert Outcome("subscribers_lost", "none").better == Outcome("subscribers_back", "any").better == "up"
    assert Outcome("net_revenue", "none").better == "down"


def test_m50_is_settled_by_subscriptions_that_end_as_by_customers_who_buy_nothing():
    text = DECLARED.replace("ID", "keep").replace("METRIC", "subscribers_lost").replace("PER", "any")
    assert read_registration(f'claims = "M50"\n{text}').claims == "M50"
    with pytest.raises(RegistrationProblem, match="M50 is read per none, or of subscribers_lost per any"):
        read_registration(f'claims = "M50"\n{text.replace("subscribers_lost", "net_revenue")}')


def test_people_of_one_company_are_in_one_arm_and_count_as_one(home):
    text = DECLARED.replace("ID", "companies").replace("METRIC", "net_revenue").replace("PER", "assigned")
    declare(home, f'cluster = "account"\n{text}')
    found, snapshot = draw(home, "companies", by="Ada", now=NOW), current_snapshot(home)
    assert read_registration((found.folder / "registration.toml").read_text()).cluster == "account"
    with closing(open_snapshot(home, snapshot, beside={"lot": lot(home, "companies").assigned})) as connection:
        uneven, people, clusters = connection.execute(
            "SELECT count(*) FILTER (arms > 1), sum(n), count(*) FROM"
            " (SELECT cluster, count(DISTINCT arm) AS arms, count(*) AS n FROM lot GROUP BY 1)"
        ).fetchone()
        assert uneven == 0
        assert clusters < people
