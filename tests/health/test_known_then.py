"""A correction that came later was not known on the day, and a trial of what was known then does not read it."""

from contextlib import closing
from datetime import UTC, date, datetime

import numpy as np
from paper_shop import build_rows, land_rows, order, paper_home

from holdfast.commerce.unknown import Unknown
from holdfast.health.facts import Facts
from holdfast.health.scorecard import load
from holdfast.health.trial.frame import frame
from holdfast.health.trial.label import Label
from holdfast.health.trial.then import frame_as_known_then
from holdfast.warehouse.snapshot import open_snapshot

FEBRUARY, JUNE = date(2025, 2, 28), date(2025, 6, 30)
LABEL = Label("no purchase", "customer", 90, "nothing bought within 90 days", "customers")


def test_what_came_later_is_read_now_and_was_not_then(tmp_path):
    home, shop = paper_home(tmp_path)
    days = [date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1)]
    for number, day in enumerate(days):
        land_rows(
            home, shop, order(f"a{number}", "ana", day), now=datetime(2025, 1, 2, tzinfo=UTC), name=f"a{number}.csv"
        )
    land_rows(home, shop, order("b1", "bob", date(2025, 2, 10)), now=datetime(2025, 2, 11, tzinfo=UTC), name="b1.csv")
    late = order("a9", "ana", date(2025, 2, 20))  # told in March only
    land_rows(home, shop, late, now=datetime(2025, 3, 10, tzinfo=UTC), name="late.csv")
    snapshot = build_rows(home, today=JUNE)
    card = load("b2c_marketplace")
    with closing(open_snapshot(home, snapshot)) as connection:
        facts = Facts(connection, (shop.shop_id,))
        now = frame(facts, card, LABEL, [FEBRUARY])
        then = frame_as_known_then(home, facts, card, LABEL, [date(2024, 12, 31), FEBRUARY])
        assert isinstance(frame_as_known_then(home, facts, card, LABEL, [date(2024, 12, 31)]), Unknown)
        (ana,) = connection.execute("SELECT customer_id FROM order_value GROUP BY 1 HAVING count(*) = 4").fetchone()
    knew, know = then.only(then.party == ana), now.only(now.party == ana)
    assert know.recency[0] == 8 / 31  # eight days after the late order; gaps of 30, 31 and 50 days
    assert knew.recency[0] == 58 / 30.5
    assert set(then.day) == {1}  # nothing had been recorded by New Year's Eve
    assert np.array_equal(knew.left, know.left)
    assert knew.left[0]
