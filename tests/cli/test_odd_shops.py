"""Shops of which little or nothing can be foretold, from the file to the command line: a number, or the reason why not.

All in one home, so that one build and one fit serve every test.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from paper_shop import build_rows
from terminal import Terminal

from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

START, TODAY = date(2024, 1, 1), date(2025, 12, 1)
DAYS = (TODAY - START).days
Orders = list[tuple[str, int, float]]  # who, on which day, for how much


def buyers(customers: int, times: int, seed: int = 5) -> Orders:
    """Each buys so often, at random moments."""
    rng = np.random.default_rng(seed)
    return [(f"c{n}", int(day), 20.0) for n in range(customers) for day in rng.integers(0, DAYS, times)]


SHOPS: dict[str, Orders] = {
    "too little": [("a", 0, 10.0), ("b", 3, 10.0), ("a", 40, 10.0)],
    "one customer": [("a", 14 * n, 10.0) for n in range(40)],
    "no repeats": buyers(300, 1),
    "all repeats": [(f"c{n}", 7 * k + n % 7, 15.0) for n in range(80) for k in range(DAYS // 7)],
    "zero and negative": [(who, day, (0.0, -20.0, 20.0)[n % 3]) for n, (who, day, _) in enumerate(buyers(60, 6))],
    "nothing paid": [(who, day, 0.0) for who, day, _ in buyers(60, 4)],
    "future": [*buyers(40, 3), *((f"c{n}", DAYS + 300, 99.0) for n in range(40))],
    "single day": [(f"c{n % 90}", 100, 10.0) for n in range(120)],
    "ten thousand": [*(("whale", n % DAYS, 5.0) for n in range(10_000)), *buyers(150, 4)],
}


def written(path: Path, orders: Orders) -> Path:
    lines = ["order id,customer id,order date,sku,quantity,price,currency"]
    lines += [f"{n},{who},{START + timedelta(days=day)} 12:00,mug,1,{price:.2f},EUR" for n, (who, day, price) in enumerate(orders)]  # fmt: skip
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    folder = tmp_path_factory.mktemp("odd")
    home = Home(folder / "home")
    home.create()
    for name, orders in SHOPS.items():
        load(home, [written(folder / f"{name}.csv", orders)], shop=name, zone="UTC", currency="EUR")
    build_rows(home, today=TODAY)
    return Terminal(home.path)


@pytest.fixture(scope="module")
def fitted(odd: Terminal) -> dict[str, dict]:
    """By shop: what became of the model of leaving; and everything was published."""
    told = odd("models", "fit", "--json").json["models"]
    return {one["shop"]: one for one in told if one["model"] == "leaves"}


def test_every_shop_gets_a_model_or_the_reason_why_there_is_none(odd, fitted):
    assert set(fitted) == set(SHOPS)
    for name, why in {
        "too little": "nobody bought twice in the first half", "no repeats": "nobody bought twice in the first half",
        "one customer": "are of customers to whom it happened", "all repeats": "0 of",
        "single day": "nobody bought twice in the first half",
    }.items():  # fmt: skip
        assert why in fitted[name]["unknown"]["unknown"], name
        assert why in odd("customers", "--shop", name, code=1).err.replace("\n", " ")
    assert odd("models").out.count("none, ") >= 5


def test_values_are_published_or_left_with_their_reason(odd, fitted):
    said = odd("models", "publish", "--json").json
    reasons = " ".join(one["unknown"] for one in said["not"])
    for why in (
        "one customer has bought again", "nobody has bought again",
        "nobody bought twice in the first half of the data",
    ):  # fmt: skip
        assert why in reasons
    with np.errstate(all="raise"):
        again = odd("models", "publish", "--json").json
    assert again == said | {"scored": again["scored"]}


def first(name: str) -> str:
    return SHOPS[name][0][0]


@pytest.mark.parametrize("name", SHOPS)
def test_a_customer_of_each_is_told_whole_and_belongs_to_segments_or_not(odd, fitted, name):
    told = odd("customer", first(name), "--shop", name, "--json").json
    assert told["events"]
    assert told["said"].get("unknown") or 0 <= told["said"]["leaves"] <= 1
    assert told["events"][0]["day"] <= str(TODAY)
    value = (told["said"].get("value") or {}).get("value_minor")
    assert value is None or 0 <= value < 1e12
    assert odd("customer", first(name), "--shop", name).out
    for segment in ("champions", "lapsed_big_spenders", "slipping_with_value"):
        assert odd("segments", "why", segment, first(name), "--shop", name, "--json").json["belongs"] in (True, False)


def test_orders_of_days_to_come_count_for_nobody_yet(odd, fitted):
    told = odd("customer", "c0", "--shop", "future", "--json").json
    assert told["last_on"] < str(TODAY)
    assert told["spent_minor"] == 3 * 2000
    assert {event["minor"] for event in told["events"]} == {2000}


def test_who_paid_nothing_or_got_more_back_is_worth_nothing_and_not_less(odd, fitted):
    everybody = {who for who, _, _ in SHOPS["zero and negative"]}
    for number in sorted(everybody)[:5]:
        told = odd("customer", number, "--shop", "zero and negative", "--json").json
        kept = [price for who, _, price in SHOPS["zero and negative"] if who == number and price > 0]
        assert told["spent_minor"] == 2000 * len(kept) and told["occasions"] <= 6
    told = odd("customer", first("nothing paid"), "--shop", "nothing paid", "--json").json
    assert (told["occasions"], told["spent_minor"]) == (0, 0)  # decision 0006: orders worth nothing are left out


def test_ten_thousand_orders_of_one_buyer_are_read_and_foretold(odd, fitted):
    told = odd("customer", "whale", "--shop", "ten thousand", "--json").json
    assert told["occasions"] == DAYS
    assert told["spent_minor"] == 10_000 * 500
    value = told["said"].get("value")
    if value:
        assert 0 < value["expected_orders"] <= 366 and np.isfinite(value["high_minor"])
