"""Reasons in words: a customer's own number beside that of the middle customer."""

import pytest

from holdfast.predictions.reasons import Reason, amount, reasons_of


@pytest.mark.parametrize(
    ("feature", "value", "peer", "said"),
    [
        ("since", 143.0, 60.0, "143 days since the last purchase; the middle customer: 60"),
        ("since", 1.0, 60.0, "1 day since the last purchase; the middle customer: 60"),
        ("overdue", 2.34, 0.8, "2.3 times of their usual gap since the last purchase; the middle customer: 0.8 times"),
        ("spent_365", 123456.0, 5050.0, "EUR 1,235 spent in a year; the middle customer: EUR 50.50"),
        ("discount_share", 0.256, 0.0, "26% of the value taken off as discounts in a year; the middle customer: 0%"),
        ("satisfaction", 2.0, 4.5, "satisfaction from 1 to 5, said last: 2; the middle customer: 4.5"),
        ("bought_trend", -0.5, None, "−50% change of how often they buy"),
        ("gap", None, 30.0, "no usual time between purchases: bought on one day only"),
        ("satisfaction", None, 4.0, "what they said: not known"),
    ],
)
def test_a_reason_is_read_as_a_sentence(feature, value, peer, said):
    assert Reason(feature, 0.4, value, peer).said("EUR") == said


def test_amounts_follow_the_currency():
    assert amount(500, "money", "JPY") == "JPY 500"
    assert amount(-1999, "money", "EUR") == "EUR −19.99"


def test_a_published_row_has_as_many_reasons_as_it_names():
    row = {"reason_1": "since", "worth_1": 0.5, "value_1": 10.0, "reason_2": None, "worth_2": None, "value_2": None}
    (told,) = reasons_of(row, {"since": 20.0})
    assert (told.group, told.worth, told.value, told.peer) == ("recency", 0.5, 10.0, 20.0)
    assert reasons_of(row, {}, "soon_") == ()  # published before those were told
    (soon,) = reasons_of({f"soon_{name}": value for name, value in row.items()}, {"since": 20.0}, "soon_")
    assert soon == told
