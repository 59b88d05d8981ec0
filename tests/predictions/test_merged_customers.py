"""A profile that became part of a person is found by the number it had; a person of several shops is shown in each."""

from __future__ import annotations

from datetime import UTC, datetime

from paper_shop import build_rows

from holdfast.metrics.drill import opened
from holdfast.predictions.customer import customer
from holdfast.predictions.customers import in_several
from holdfast.predictions.objections import Word, hand_over, objected
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home


def test_who_was_merged_away_is_found_by_the_old_number_and_led_to_who_remains(saltmarsh_folder):
    """k1 and k2 wrote from one e-mail: one person, whatever they are asked for by."""
    home = saltmarsh_folder("identity")
    first, second = (customer(home, number) for number in ("k1", "k2"))
    assert first == second and first.occasions >= 1
    with opened(home) as (connection, _):
        profiles = connection.execute(
            "SELECT customer_id FROM customer_profile WHERE customer_number = 'k1'"
        ).fetchall()
    assert customer(home, f"#{profiles[0][0]}").customer_id == first.customer_id


def test_a_person_of_two_shops_of_an_account_stands_in_both_and_is_foretold_in_each(tmp_path):
    """Six buy in both shops under one e-mail, one of them under another number; a stranger's shop knows her as well."""
    home = Home(tmp_path / "home")
    home.create()
    head = "order id,customer id,email,order date,sku,quantity,price,currency"
    for shop, account, people in (("north", "kelp", range(6)), ("south", "kelp", range(4, 9)), ("else", "", range(6))):
        rows = [f"{shop}{n},{shop}-{n},p{n}@kelp.example,2024-0{1 + n % 9}-01 10:00,mug,1,9.00,EUR" for n in people]
        (tmp_path / f"{shop}.csv").write_text("\n".join([head, *rows]))
        load(home, [tmp_path / f"{shop}.csv"], shop=shop, zone="UTC", currency="EUR", account=account or None)
    build_rows(home)
    north, south, other = home.shops()
    told = customer(home, "north-5", north)
    assert [(one.shop.name, one.number) for one in told.elsewhere] == [("south", "south-5")]
    assert told.elsewhere[0].leaves is None
    back = customer(home, f"#{told.elsewhere[0].customer_id}")
    assert [one.customer_id for one in back.elsewhere] == [told.customer_id]
    assert customer(home, "north-1", north).elsewhere == ()
    assert in_several(home, (north, south)) == 2
    assert in_several(home, (north, south, other)) == 2
    hand_over(home, [Word(told.customer_id, "", "", True, datetime(2026, 1, 1, tzinfo=UTC))])
    with opened(home) as (connection, _):
        assert objected(home, connection) == tuple(sorted((told.customer_id, back.customer_id)))
