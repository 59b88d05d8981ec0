"""A day of new data: what is built upon the snapshot before is what a full build would have made, row by row."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice

import duckdb
import pytest
from invented_days import Shop
from paper_shop import land_rows, paper_home, sold

from holdfast.metrics import newest
from holdfast.metrics.carry import CARRIED
from holdfast.metrics.publish import measure_all
from holdfast.metrics.targets import Phase
from holdfast.warehouse import cut, sales
from holdfast.warehouse.build import WHOLE, build_snapshot, construct
from holdfast.warehouse.home import Home, HomeProblem, scratch
from holdfast.warehouse.home import Shop as RealShop
from holdfast.warehouse.made import as_written
from holdfast.warehouse.snapshot import current_snapshot

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
LATEST = date(2100, 1, 1)
PHASES = tuple(
    Phase(name, name, first, until, "purchase", "", (), ())
    for name, first, until in (("acquisition", 0, 14), ("activation", 1, 60), ("retention", 60, None))
)


def marts_only(connection, snapshot, folder, steps, making) -> None:
    pass


def rows(folder) -> dict[str, list]:
    """Every row of every mart, floating numbers to ten digits: sums of them depend on their order."""
    found: dict[str, list] = {}
    for path in folder.glob("*.parquet"):
        asked = f"SELECT * FROM read_parquet('{path}')"
        if path.stem == "cells":  # kinds are numbered as they come
            kinds = f"read_parquet('{folder}/cell_kinds.parquet')"
            columns = "c.* EXCLUDE (of_kind), k.* EXCLUDE (of_kind)"
            asked = f"SELECT {columns} FROM ({asked}) AS c LEFT JOIN {kinds} AS k USING (of_kind)"
        if path.stem in ("newest_kept", "cell_kinds"):  # how many are to spare depends on the days before
            continue
        told = duckdb.execute(asked).fetchall()
        found.setdefault(path.stem.partition("-")[0], []).extend(tuple(map(plain, row)) for row in told)
    if (ground := folder / "ground.json").is_file():
        found["ground"] = [ground.read_text()]
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def plain(cell):
    return float(f"{cell:.10g}") if isinstance(cell, float) and math.isfinite(cell) else cell


def values_too(home):
    """All that is measured, carried from the snapshot before where that can be."""

    def finish(connection, snapshot, folder, steps, making):
        return measure_all(connection, snapshot, folder, steps, making, home, PHASES)

    return finish


def both_ways(home, moment, finish=marts_only, today=LATEST):
    """Rows of a full build beside the home, and of the build that the home publishes; the latter's snapshot."""
    with scratch(home, "whole") as beside:
        made = construct(home, beside, today=today, finish=finish, now=moment, whole=WHOLE)
        whole = rows(made.path)
    snapshot = build_snapshot(home, today=today, finish=finish, now=moment)
    return whole, rows(snapshot.path), snapshot


def how(snapshot) -> dict[str, str]:
    return {one["mart"]: one["how"] for one in snapshot.made}


@pytest.mark.parametrize(
    ("seed", "days"),
    [
        (2, 2),
        pytest.param(1, 4, marks=pytest.mark.slow),
        *(pytest.param(seed, 7, marks=pytest.mark.slow) for seed in range(2, 7)),
    ],
)
@pytest.mark.parametrize("in_several_files", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_days_of_late_corrected_refunded_and_merged_rows_build_what_a_full_build_makes(
    tmp_path, monkeypatch, seed, days, in_several_files
):
    """Of all marts and all published values. Two accounts' shops in two zones, of which one may tell nothing on a day."""
    monkeypatch.setattr(sales, "MOST", 9.0)
    monkeypatch.setattr(newest, "KEPT", 3)
    monkeypatch.setattr(newest, "SPARE", 2)
    if in_several_files:
        monkeypatch.setattr(cut, "ROWS", 8)
        monkeypatch.setattr(cut, "APART", math.inf)
    home, mended, carried = told_by_two(tmp_path, seed), set[str](), set[str]()
    for day, today in enumerate(islice(home.days(), days)):
        finish, moment = values_too(home.home), NOON + timedelta(days=day)
        if not day:
            build_snapshot(home.home, today=today, finish=finish, now=moment)
            continue
        whole, built, snapshot = both_ways(home.home, moment, finish, today)
        for name in whole.keys() | built.keys():
            assert built[name] == whole[name], (day, name, how(snapshot).get(name))
        carried |= {one["value"] for one in snapshot.measured if one["how"] == "carried"}
        mended |= {mart for mart, told_how in how(snapshot).items() if told_how == "mended"}
    assert mended == {"order_value", "purchase", "product_year", "history", "customer_month", "customer_year"}
    ever = {metric for metric in CARRIED["headline"] if any(metric in value for value in carried)}
    # Of few buyers the usual gap may be another every day, and so may prices of closed months where all is corrected.
    assert CARRIED["headline"] - ever <= {"lapsed_share", "growth_from_price", "growth_from_volume"}
    several = {"order_value", "customer_month"} if in_several_files else set()
    assert set(snapshot.cut) == several


@dataclass
class TwoShops:
    """A home whose two shops draw what they tell."""

    home: Home
    shops: tuple[tuple[RealShop, Shop], ...]

    def days(self):
        """Land what the shops tell, day by day; yields the day."""
        streams = [(shop, invented, invented.days()) for shop, invented in self.shops]
        for day in count():
            moment = NOON + timedelta(days=day)
            for place, (shop, invented, told) in enumerate(streams):
                if not day or invented.draw.random() < 0.7:
                    land_rows(self.home, shop, next(told), now=moment, name=f"{place} {day}.csv")
            yield max(invented.today for _, invented in self.shops)


def told_by_two(tmp_path, seed) -> TwoShops:
    home, first = paper_home(tmp_path, zone="Europe/Berlin")
    second = home.add_shop("other", account="other", zone="Asia/Tokyo", currency="EUR")
    return TwoShops(home, ((first, Shop(seed, home.salt())), (second, Shop(100 + seed, home.salt()))))


@pytest.fixture
def built(tmp_path):
    """A home whose one import was built, marts only; ten orders of five buyers."""
    home, shop = paper_home(tmp_path)
    land_rows(home, shop, sold(*((str(n), f"c{n % 5}", date(2024, 1 + n, 3)) for n in range(10))), now=NOON)
    return home, shop, again(home, 0)


def again(home, hours, **more):
    return build_snapshot(home, today=LATEST, finish=marts_only, now=NOON + timedelta(hours=hours), **more)


def a_day(home, shop) -> None:
    land_rows(home, shop, sold(("new", "c1", date(2024, 10, 4))), now=NOON + timedelta(hours=1), name="day.csv")


def test_a_build_without_news_takes_every_mart_over_and_full_makes_all_of_them(built):
    home, _, first = built
    second = again(home, 1)
    assert set(how(second).values()) == {"reused"}
    name = "order_value.parquet"
    assert (second.path / name).stat().st_ino == (first.path / name).stat().st_ino
    whole = again(home, 2, full=True)
    assert {(one["how"], one["why"]) for one in whole.made} == {("rebuilt", WHOLE)}
    assert rows(whole.path) | {"identity_batch": []} == rows(first.path) | {"identity_batch": []}


def test_a_day_mends_the_marts_of_sales_and_says_so(built):
    home, shop, _ = built
    a_day(home, shop)
    said = how(again(home, 1))
    assert {name: told for name, told in said.items() if told == "mended"}.keys() == {
        "order_value", "purchase", "product_year", "history", "customer_month", "customer_year",
    }  # fmt: skip
    assert said["refund_value"] == "reused"


def test_whoever_is_found_to_be_staff_buys_no_more_in_any_number_and_does_again_when_that_was_a_mistake(built):
    home, shop, first = built
    bought = {row[1] for row in rows(first.path)["history"]}
    for hours, is_staff in ((1, True), (2, False)):
        told = {"customer": [{"customer_source": "c1", "is_staff": is_staff}]}
        land_rows(home, shop, told, now=NOON + timedelta(hours=hours), name=f"{hours}.csv")
        snapshot = again(home, hours)
        assert how(snapshot)["order_value"] == "mended"
        there = {row[1] for row in rows(snapshot.path)["history"]}
        assert len(bought - there) == is_staff and there <= bought


def test_customers_with_a_tag_that_the_merchant_excludes_are_left_out_of_every_mart_of_people(tmp_path):
    home, shop = paper_home(tmp_path)
    told = sold(("1", "anna", date(2024, 1, 3)), ("2", "bulk", date(2024, 1, 4)))
    told["customer"] = [
        {"customer_source": "anna", "tags": "VIP"},
        {"customer_source": "bulk", "tags": "b2b, Wholesale"},
    ]
    land_rows(home, shop, told, now=NOON)
    assert len(rows(again(home, 0).path)["history"]) == 2
    settings = home.path / "holdfast.toml"
    settings.write_text(settings.read_text() + 'exclude_tags = ["wholesale"]\n')
    assert len(rows(again(home, 1).path)["history"]) == 1
    settings.write_text(settings.read_text().replace('["wholesale"]', '"wholesale"'))
    with pytest.raises(HomeProblem, match="a list of tags"):
        again(home, 2)


def test_a_day_that_touches_most_orders_is_built_whole_and_says_why(built):
    home, shop, _ = built
    land_rows(home, shop, sold(*((str(n), "c1", date(2024, 11, 3)) for n in range(9))), name="most.csv")
    snapshot = again(home, 1)
    assert {one["mart"]: one["why"] for one in snapshot.made}["customer_year"] == "9 of 10 orders are touched"


def scribbled(path):
    path.write_bytes(b"not a parquet file at all")


def one_byte_rots(path):
    """As a disk does it: neither size nor time of the file tells."""
    before = path.stat()
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3] ^= 0xFF
    path.write_bytes(bytes(whole))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("hurt", [scribbled, one_byte_rots])
def test_a_damaged_mart_is_made_anew_from_the_imports(built, hurt):
    home, _, first = built
    good = rows(first.path)["history"]
    (first.path / "history.parquet").chmod(0o600)
    hurt(first.path / "history.parquet")
    second = again(home, 1)
    assert rows(second.path)["history"] == good
    assert how(second)["history"] == "rebuilt"


def test_a_damaged_mart_that_would_be_mended_has_all_of_them_made_anew(built):
    home, shop, first = built
    (first.path / "order_value.parquet").chmod(0o600)
    scribbled(first.path / "order_value.parquet")
    a_day(home, shop)
    second = again(home, 1)
    assert how(second)["customer_year"] == "rebuilt"
    assert len(rows(second.path)["order_value"]) == 11


def test_imports_that_are_not_the_ones_it_was_built_from_are_read_again(built):
    home, _, _ = built
    os.utime(home.path / "landed" / "000001" / "order.parquet")
    assert {one["why"] for one in again(home, 1).made} == {"the imports it was built from are not as they were"}


def test_marts_of_another_shape_or_made_with_another_engine_are_not_built_upon(built):
    home, shop, first = built
    path = first.path / "refund_value.parquet"
    record = first.path / "made.json"
    path.chmod(0o600)
    record.chmod(0o600)
    duckdb.execute(f"COPY (SELECT *, 1 AS more FROM read_parquet('{path}')) TO '{path}' (FORMAT parquet)")
    said = json.loads(record.read_text())
    said["marts"]["refund_value"] |= {"files": [asdict(as_written(path))], "made_of": "another"}
    record.write_text(json.dumps(said))
    a_day(home, shop)
    whole, made, snapshot = both_ways(home, NOON + timedelta(hours=1))
    assert made == whole
    assert how(snapshot)["order_value"] == "rebuilt"
    record = snapshot.path / "made.json"
    record.chmod(0o600)
    record.write_text(record.read_text().replace("duckdb", "another"))
    assert {one["how"] for one in again(home, 2).made} == {"rebuilt"}


def test_what_rests_on_a_mart_of_another_definition_is_not_mended(built):
    home, shop, first = built
    record = first.path / "made.json"
    said = json.loads(record.read_text())
    said["marts"]["history"]["sql"] = "what history was before"
    record.chmod(0o600)
    record.write_text(json.dumps(said))
    a_day(home, shop)
    told = {one["mart"]: (one["how"], one["why"]) for one in again(home, 1).made}
    assert told["purchase"] == ("mended", "")
    assert told["history"] == told["customer_month"] == ("rebuilt", "its definition has changed")


def test_a_snapshot_older_than_a_mart_is_built_upon_all_the_same(built):
    home, shop, first = built
    record = first.path / "made.json"
    said = json.loads(record.read_text())
    del said["marts"]["product_year"]
    record.chmod(0o600)
    record.write_text(json.dumps(said))
    (first.path / "product_year.parquet").unlink()
    a_day(home, shop)
    whole, made, snapshot = both_ways(home, NOON + timedelta(hours=1))
    assert made == whole
    told = {one["mart"]: (one["how"], one["why"]) for one in snapshot.made}
    assert told["product_year"] == ("rebuilt", "it was not there before")
    assert told["customer_year"] == ("mended", "")


def test_marts_taken_over_outlive_the_snapshot_they_came_from(built):
    home, _, first = built
    for hour in range(1, 5):
        newest = again(home, hour)
    assert not first.path.exists()
    assert current_snapshot(home).id == newest.id
    assert len(rows(newest.path)["order_value"]) == 10
