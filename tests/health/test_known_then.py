"""A correction that came later was not known on the day, and a trial of what was known then does not read it."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.health.scorecard import load
from holdfast.health.trial import then as trial_then
from holdfast.health.trial.frame import frame
from holdfast.health.trial.label import Label
from holdfast.health.trial.then import frame_as_known_then
from holdfast.warehouse.build import NothingToBuild

NEW_YEAR, FEBRUARY = date(2024, 12, 31), date(2025, 2, 28)
LABEL = Label("no purchase", "customer", 90, "nothing bought within 90 days", "customers")
ANA, BOB, LATE = 1, 2, 9


@pytest.fixture
def facts(told):
    """Ana buys every month; what she bought on 20 February is told in March only. Nothing was recorded before January."""
    days = {
        1: (ANA, date(2024, 11, 1)), 2: (ANA, date(2024, 12, 1)), 3: (ANA, date(2025, 1, 1)), 4: (BOB, date(2025, 2, 10)),
        LATE: (ANA, date(2025, 2, 20)),
    }  # fmt: skip
    given = {
        "valid": True,
        "counts": True,
        "shop_money": True,
        "gross_minor": 1000,
        "discount_minor": 0,
        "placed_minor": 1000,
    }
    recorded = {"recorded_at": datetime(2025, 1, 2), "load_id": 1}
    return told(
        order_value=[given | {"order_id": n, "customer_id": who, "placed_on": day} for n, (who, day) in days.items()],
        order=[recorded | {"order_id": 1, "customer_id": ANA}],
    )


def test_what_came_later_is_read_now_and_was_not_then(facts, monkeypatch):
    asked = []

    @contextmanager
    def opened(home, known_at):
        asked.append(known_at)
        if known_at.year < 2025:
            raise NothingToBuild("nothing has been imported yet")
        facts.connection.execute("BEGIN")
        facts.connection.execute("DELETE FROM order_value WHERE order_id = ?", [LATE])
        yield facts.connection, None
        facts.connection.execute("ROLLBACK")

    monkeypatch.setattr(trial_then, "opened", opened)
    card = load("b2c_marketplace")
    now = frame(facts, card, LABEL, [FEBRUARY])
    then = frame_as_known_then(None, facts, card, LABEL, [NEW_YEAR, FEBRUARY])
    assert asked[1] == datetime(2025, 3, 1, tzinfo=UTC) - timedelta(seconds=1)  # all of the day
    knew, know = then.only(then.party == ANA), now.only(now.party == ANA)
    assert know.recency[0] == 8 / 31  # eight days after the late order; gaps of 30, 31 and 50 days
    assert knew.recency[0] == 58 / 30.5
    assert set(then.day) == {1}
    assert np.array_equal(knew.left, know.left)
    assert knew.left[0]
    assert isinstance(frame_as_known_then(None, facts, card, LABEL, [NEW_YEAR]), Unknown)
