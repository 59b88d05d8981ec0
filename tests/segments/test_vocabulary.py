"""The other facts: goods, tickets, answers, subscriptions, profiles, models and the merchant's own cuts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from paper_shop import build_rows
from plain_segments import Asked, jan

from holdfast.metrics.section import FrameworkProblem
from holdfast.segments import listing, members, store
from holdfast.segments.affinity import NO_KINDS, Affinity, preferred
from holdfast.segments.asking import Asking
from holdfast.segments.condition import Leaf
from holdfast.segments.cuts import cuts
from holdfast.segments.facts.predicted import beside
from holdfast.segments.facts.registry import FACTS, SOURCES
from holdfast.segments.grid import grid
from holdfast.segments.members import Ground
from holdfast.segments.segment import segment
from holdfast.segments.sizes import sizes
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

ANA, BO, CY = 1, 2, 3


def lines(shop: Asked, *told: tuple[int, str, int]) -> None:
    """(order, kind of goods, cents), each kind one product."""
    kinds = sorted({kind for _, kind, _ in told})
    shop.rows(
        product=[{"product_id": n, "type": kind} for n, kind in enumerate(kinds)],
        order_line=[
            {
                "order_id": order,
                "product_id": kinds.index(kind),
                "place": 1,
                "kind": "merchandise",
                "gross_minor": cents,
            }
            for order, kind, cents in told
        ],
    )


def test_a_kind_is_preferred_when_it_takes_a_larger_share_than_the_shops_and_was_bought_twice(shop: Asked) -> None:
    """The shop sold tea for 40 of 100. Ana spent 30 of 30 on it, on two days: 2.5 times; Bo 10 of 70, once."""
    shop.sold([(ANA, jan(1), 1500), (ANA, jan(9), 1500), (BO, jan(1), 1000), (BO, jan(9), 6000)])
    lines(shop, (1, "Tea", 1500), (2, "Tea", 1500), (3, "Tea", 1000), (4, "Pots", 6000))
    facts = ["prefers", "main_kind", "main_share", "kinds"]
    found = shop.values(facts, jan(9))
    assert found[jan(9), ANA] == (["tea"], "tea", 1.0, 1)
    assert found[jan(9), BO][0] in ([], None) and found[jan(9), BO][1:3] == ("pots", pytest.approx(6 / 7))
    assert shop.members(Leaf("prefers", (("has", ("tea", "mugs")),)), jan(9)) == {ANA}
    assert shop.members(Leaf("prefers", (("has", ("tea",)),)), jan(8)) == set()  # once is no preference


def test_kinds_of_goods_are_counted_by_who_prefers_them_and_a_segment_stands_beside_all(shop: Asked) -> None:
    """As above, with Cy, who bought pots once: of three, one prefers tea, and Ana alone bought for 30 or more of it."""
    shop.sold([(ANA, jan(1), 1500), (ANA, jan(9), 1500), (BO, jan(1), 1000), (BO, jan(9), 6000), (CY, jan(9), 100)])
    lines(shop, (1, "Tea", 1500), (2, "Tea", 1500), (3, "Tea", 1000), (4, "Pots", 6000), (5, "Pots", 100))
    at = Ground(shop.connection, None, shop.shops, Asking(shop.shops, (jan(9),), shop.beside))  # type: ignore[arg-type]
    told = preferred(at, segment("twice", "Twice", "", "buyers", Leaf("frequency", (("at_least", 2.0),))))
    assert isinstance(told, Affinity)
    assert (told.buyers, told.members) == (3, 2)
    assert told.table().to_pylist() == [
        {"kind": "tea", "prefer": 1, "share": 1 / 3, "mainly": 1, "members_prefer": 1, "members_share": 0.5,
         "times": pytest.approx(1.5), "members_mainly": 1},
        {"kind": "pots", "prefer": 0, "share": 0.0, "mainly": 2, "members_prefer": 0, "members_share": 0.0,
         "times": None, "members_mainly": 1},
    ]  # fmt: skip


def test_where_no_kind_of_goods_is_known_nothing_is_said_of_them(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1500)])
    at = Ground(shop.connection, None, shop.shops, Asking(shop.shops, (jan(9),), shop.beside))  # type: ignore[arg-type]
    assert preferred(at) == NO_KINDS


def test_a_ticket_is_open_until_it_was_solved_and_again_when_it_was_reopened(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1000), (BO, jan(1), 1000)])
    shop.rows(
        ticket=[{"ticket_id": 1}],
        ticket_times=[{"ticket_id": 1, "customer_id": ANA, "status": "open", "created_on": jan(2)}],
        ticket_solve=[{"ticket_id": 1, "solved_on": jan(5), "reopened_on": jan(8)}],
    )
    opened = [shop.values(["open_tickets"], jan(day), )[jan(day), ANA] for day in (1, 2, 5, 7, 8)]  # fmt: skip
    assert opened == [(0,), (1,), (0,), (0,), (1,)]
    assert shop.values(["open_tickets"], jan(5))[jan(5), BO] == (0,)


def test_the_newest_answer_is_the_one_that_counts(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1000)])
    shop.rows(
        csat_answer=[
            {"customer_id": ANA, "survey_response_id": n, "answered_on": jan(day), "of_5": grade}
            for n, (day, grade) in enumerate([(2, 5.0), (4, 2.0)])
        ],
        nps_answer=[{"customer_id": ANA, "survey_response_id": 9, "answered_on": jan(3), "score": 9.0}],
    )
    facts = ["satisfaction", "recommending", "last_answer"]
    assert shop.values(facts, jan(3))[jan(3), ANA] == (5.0, 9.0, jan(3))
    assert shop.values(facts, jan(4))[jan(4), ANA] == (2.0, 9.0, jan(4))


def test_a_subscriber_stands_where_the_ledger_leaves_them(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1000)])
    shop.rows(
        subscription=[{"subscription_id": 1}],
        mrr_ledger=[
            {"customer_id": ANA, "payer_id": 3, "day": jan(day), "after_minor": minor, "standing": standing}
            for day, minor, standing in [(2, 900, "paying"), (6, 0, "paused"), (9, 0, "gone")]
        ],
    )
    found = [shop.values(["subscription", "monthly"], jan(day))[jan(day), ANA] for day in (1, 2, 7, 9)]
    assert found == [(None, 0), ("paying", 9.0), ("paused", 0.0), ("gone", 0.0)]


def test_tags_are_compared_without_regard_to_case_and_consent_as_written(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1000), (BO, jan(1), 1000)])
    shop.rows(customer=[
        {"customer_id": ANA, "tags": "VIP, early bird", "email_consent": "Subscribed", "country": "DE"},
        {"customer_id": BO, "tags": "vipers"},
    ])  # fmt: skip
    assert shop.members(Leaf("tags", (("has", ("vip",)),)), jan(1)) == {ANA}
    assert shop.members(Leaf("email_consent", (("is", ("subscribed",)),)), jan(1)) == {ANA}
    assert shop.members(Leaf("country", (("in", ("de", "fr")),)), jan(1)) == {ANA}


def test_a_company_is_one_that_somebody_speaks_for_on_the_day(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1000)])
    shop.rows(
        account=[{"account_id": 7, "name": "Kelp & Co"}],
        account_contact=[{"account_id": 7, "customer_id": ANA, "valid_from": jan(3), "valid_until": jan(6)}],
    )
    kelp = Leaf("company", (("has", ("kelp & co",)),))
    assert [shop.members(kelp, jan(day)) for day in (2, 3, 6)] == [set(), {ANA}, set()]


def said(home: Home, word: str, chances: dict[int, float], as_of: date) -> None:
    import json

    folder = home.path / "predictions" / "risk" / "000001-paper.1"
    folder.mkdir(parents=True)
    ids, risk = list(chances), list(chances.values())
    table = {"customer_id": ids, "leaves": risk, "orders_30": [0.1] * len(ids), "spent_minor": [1000.0] * len(ids)}
    pq.write_table(pa.table(table), folder / "rows.parquet")
    card = {"as_of": as_of.isoformat(), "models": {"leaves": {"word": word}}}
    (folder / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize(("word", "belong"), [("predictive", {ANA}), ("descriptive scorecard", set())])
def test_what_a_model_says_counts_only_where_it_may_be_called_predictive(
    shop: Asked, tmp_path: Path, word: str, belong: set[int]
) -> None:
    home = Home(tmp_path)
    said(home, word, {ANA: 0.8, BO: 0.2}, jan(1))
    shop.sold([(ANA, jan(1), 1000), (BO, jan(1), 1000)])
    shop.beside = beside(home, shop.shops, [jan(9)])
    for name, path in shop.beside.files.items():
        shop.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet('{path}')")
    likely = (("at_least", 0.5),)
    assert shop.members(Leaf("risk", likely), jan(9)) == belong
    assert shop.members(Leaf("risk", likely, even_descriptive=True), jan(9)) == {ANA}
    assert shop.values(["stake"], jan(9)) == {(jan(9), ANA): (8.0,), (jan(9), BO): (2.0,)}
    assert beside(home, shop.shops, [jan(40)]).files == {}  # said too long before


def test_own_cuts_give_classes_and_a_shop_its_own(shop: Asked, tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = tmp_path / "rfm.toml"
    path.write_text(
        "[cuts]\nrecency_days = [90, 60, 30, 7]\nfrequency = [2, 3, 4, 5]\nmoney = [10, 20, 30, 40]\n"
        "[shop.paper]\nmoney = [1, 2, 3, 4]\n"
    )
    shop.sold([(ANA, jan(1), 1500), (ANA, jan(20), 1500), (BO, jan(1), 150)])
    asking = Asking(shop.shops, (jan(27),), shop.beside, cuts(home, shop.shops))
    told = {id: asking.value(FACTS[id]) for id in ("recency_class", "frequency_class", "money_class")}
    query = asking.rows([FACTS[id] for id in told], {"who": "u.customer_id"} | told)
    found = shop.connection.execute(f"{query} ORDER BY 1", asking.given).fetchall()
    assert found == [(ANA, 5, 2, 5), (BO, 4, 1, 2)]
    path.write_text("[cuts]\nrecency_days = [7, 30, 60, 90]\nfrequency = [2, 3, 4, 5]\nmoney = [10, 20, 30, 40]\n")
    with pytest.raises(FrameworkProblem, match="recency_days: must be 4 falling numbers"):
        cuts(home, shop.shops)


def test_every_word_of_the_vocabulary_can_be_asked(shop: Asked) -> None:
    shop.sold([(ANA, jan(1), 1000), (ANA, jan(9), 1000)])
    assert len(FACTS) == sum(len(source.facts) for source in SOURCES)
    for several in ((jan(9),), (jan(1), jan(9))):
        assert len(shop.values(list(FACTS), *several, everybody=True)) == len(several)


# --- whole homes ---


def test_members_of_saltmarsh_are_those_counted_by_hand(saltmarsh_home: Home) -> None:
    """Gaps are 18, 22, 26, 37, 350, 396 and 404 days: half are 37 or less, nine in ten 399.2. On 30 June c06, c07, c08
    and c09 are 301, 202, 165 and 119 days away, more than 2 × 37; c02 came back after 404 days; c01 and c04 are 521 and
    467 days away, longer than nine in ten gaps. c10 bought that day; c11 and c12 have accounts and bought nothing.
    """
    told = members.members(saltmarsh_home, ["new_buyers", "never_bought", "slipping", "came_back"])
    assert told.schema.names == ["shop_id", "customer_id", "new_buyers", "never_bought", "slipping", "came_back"]
    names = {
        id: {
            row["customer"] for row in listing.listed(saltmarsh_home, store.find(saltmarsh_home, id)).table.to_pylist()
        }
        for id in told.schema.names[2:]
    }
    assert names == {
        "new_buyers": {"c10"}, "never_bought": {"c11", "c12"}, "slipping": {"c06", "c07", "c08", "c09"},
        "came_back": {"c02"},
    }  # fmt: skip
    for id, who in names.items():
        assert told[id].to_pylist().count(True) == len(who)
    with pytest.raises(members.AfterTheData, match="2026-06-30"):
        members.members(saltmarsh_home, ["slipping"], date(2026, 7, 1))
    shops = grid(saltmarsh_home, saltmarsh_home.shops()[0])
    assert shops.customers == 10  # type: ignore[union-attr]


def test_sizes_are_kept_by_snapshot_and_version_and_told_again_as_they_were(saltmarsh_home: Home) -> None:
    one = segment("often", "Often", "", "buyers", Leaf("frequency", (("at_least", 2.0),)))
    first = sizes(saltmarsh_home, [one])["often"]
    (path,) = (saltmarsh_home.path / "segments" / "sizes").glob("*.often.*.parquet")
    before = path.stat().st_mtime_ns
    assert sizes(saltmarsh_home, [one])["often"].equals(first) and path.stat().st_mtime_ns == before
    assert [v.number for v in store.versions(saltmarsh_home, "often")] == [1]
    other = segment("often", "Often", "", "buyers", Leaf("frequency", (("at_least", 3.0),)))
    assert sizes(saltmarsh_home, [other])["often"]["members"].to_pylist()[-1] < first["members"].to_pylist()[-1]


def test_members_as_they_were_known_then_are_asked_of_what_had_arrived(saltmarsh_home: Home) -> None:
    from datetime import UTC, datetime

    told = members.members(saltmarsh_home, ["slipping"], date(2026, 6, 30), known_at=datetime.now(UTC))
    assert told.equals(members.members(saltmarsh_home, ["slipping"]))


def test_how_files_are_split_and_rows_ordered_changes_nothing(tmp_path: Path) -> None:
    rows = [
        f"{n},{'abcd'[n % 4]}@example.com,2025-0{1 + n % 6}-{1 + n % 27:02} 10:00,mug,1,{n + 1}.00,EUR"
        for n in range(40)
    ]
    told = []
    for parts in ([rows], [rows[25:][::-1], rows[:25]]):
        home = Home(tmp_path / f"home{len(parts)}")
        home.create()
        for n, part in enumerate(parts):
            path = tmp_path / f"orders{len(parts)}{n}.csv"
            path.write_text("\n".join(["order id,email,order date,sku,quantity,price,currency", *part]))
            load(home, [path], shop="Mugs", zone="UTC", currency="EUR")
        build_rows(home)
        segments = list(store.all_segments(home).values())
        kept = sizes(home, segments)
        told.append({id: table.to_pylist() for id, table in kept.items()})
    assert told[0] == told[1] and any(row["members"] for rows in told[0].values() for row in rows)
