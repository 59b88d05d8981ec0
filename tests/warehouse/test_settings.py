"""Settings that would make numbers silently wrong are refused, with what to do."""

import os
from datetime import date

import pytest
from paper_shop import build_rows, sold

from holdfast.warehouse import engine
from holdfast.warehouse.home import Home, HomeProblem


def test_a_shop_taken_out_of_the_settings_does_not_take_its_orders_along(told, paper):
    home, shop = paper
    told(sold(("1", "ana", date(2024, 1, 10))))
    build_rows(home)
    settings = home.path / "holdfast.toml"
    settings.write_text("")
    home.add_shop("other", account="other", zone="UTC", currency="EUR")
    settings.write_text(settings.read_text().replace("id = 1", "id = 2"))
    with pytest.raises(HomeProblem, match=rf"no longer names '{shop.name}' \(id 1\)"):
        build_rows(home)


@pytest.mark.parametrize("what", ["id", "name"])
def test_two_shops_with_one_id_or_name_are_refused(paper, what):
    home, shop = paper
    home.add_shop("second", account="a", zone="UTC", currency="EUR")
    settings = home.path / "holdfast.toml"
    before, after = ("id = 2", "id = 1") if what == "id" else ('name = "second"', f'name = "{shop.name}"')
    settings.write_text(settings.read_text().replace(before, after))
    with pytest.raises(HomeProblem, match=f"more than one shop with the {what}"):
        home.shops()


@pytest.mark.parametrize("currency", ["EURO", "XYZ", "eur"])
def test_a_currency_nobody_has_is_refused(paper, currency):
    with pytest.raises(HomeProblem, match="ISO 4217"):
        paper[0].add_shop("second", account="a", zone="UTC", currency=currency)


@pytest.mark.parametrize("name", ["salt", "secret.key"])
def test_an_empty_secret_is_refused_and_one_that_is_there_stays(tmp_path, name):
    home = Home(tmp_path / "home")
    home.create()
    kept = (home.path / name).read_text()
    home.create()
    assert (home.path / name).read_text() == kept
    assert (home.path / name).stat().st_mode & 0o777 == 0o600
    assert len([p for p in home.path.iterdir() if p.name.startswith(name)]) == 1
    (home.path / name).write_text("")
    with pytest.raises(HomeProblem, match="is empty"):
        home.create()


def test_where_the_system_does_not_say_which_processors_are_ours_all_are(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delenv("HOLDFAST_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert engine.threads() == 3
