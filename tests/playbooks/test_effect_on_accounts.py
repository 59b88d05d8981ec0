"""Playbooks for accounts end in an effect too: of few units, so that "cannot tell yet" is what is mostly said."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from acting import SCHEDULE

from holdfast.accounts.act import act
from holdfast.accounts.models import Account, Contract
from holdfast.commerce.unknown import Unknown
from holdfast.evidence.account_lot import could_be_told, could_tell, of_playbook, sentence
from holdfast.evidence.lot import LotProblem
from holdfast.evidence.open_lot import register
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.declare import PlaybookProblem
from holdfast.playbooks.handing import edges
from holdfast.playbooks.known.outcomes import outcomes_of
from holdfast.playbooks.outcomes import Outcomes, Unit
from holdfast.playbooks.shelf import find, switch_on
from holdfast.playbooks.tick import tick
from holdfast.playbooks.written import read_text

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
TALK = """
id = "talk"
name = "A talk before the end"
who = "accounts"
aim = "Nobody is surprised by a renewal."
owner = "Ada"
[audience]
when = ["known renewal_on"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "call"
do = "task"
what = "Call {account}"
[again]
once = true
[holdout]
share = 0.5
[measured]
metric = "METRIC"
hypothesis = "More of them renew."
days = 60
planned = PLANNED
"""


def playbook(metric="account_renewed", planned=12):
    return read_text(TALK.replace("METRIC", metric).replace("PLANNED", str(planned)), "talk.toml")


def lot(treated, held_out, still_open=0):
    """Accounts of which each counts something out of 1."""
    units = [Unit(n, arm, value, 1.0) for arm, values in ((TREATED, treated), (HELD_OUT, held_out))
             for n, value in enumerate(values)]  # fmt: skip
    return Outcomes(tuple(units), still_open, DAY)


@pytest.fixture
def dozen(shop, db):
    """Twelve accounts whose contract ends within the horizon; every other one renewed for twice the money."""
    folder = shop.path / "playbooks"
    folder.mkdir()
    (folder / "talk.toml").write_text(TALK.replace("METRIC", "account_renewed").replace("PLANNED", "12"))
    with act("set the scene", by=SCHEDULE) as doing:
        for n in range(12):
            account = doing.create(Account, name=f"Account {n}")
            term = {"account": account, "name": "Term", "currency": "EUR"}
            ends = DAY + timedelta(days=20)
            doing.create(Contract, **term, value_minor=1000, starts=DAY - timedelta(days=300), ends=ends)
            if n % 2:
                starts = ends + timedelta(days=1)
                doing.create(Contract, **term, value_minor=2000, starts=starts, ends=starts + timedelta(days=364))
    register(shop, find(shop, "talk"), by="Ada", now=NOW)
    live = switch_on(shop, "talk", by="Ada", now=NOW)
    tick(shop, edges(shop, now=NOW), now=NOW)
    return shop, live


def test_every_account_of_a_lot_is_read_once_its_time_is_over(dozen):
    home, live = dozen
    before = outcomes_of(home, live, DAY + timedelta(days=89))
    assert (len(before.units), before.open) == (0, 12)
    found = outcomes_of(home, live, DAY + timedelta(days=90))
    assert (len(found.units), found.open, found.last_on) == (12, 0, DAY)
    assert sum(one.counted for one in found.units) == 6
    assert {one.out_of for one in found.units} == {1.0}
    reading = of_playbook(live.playbook, found, DAY + timedelta(days=90))
    assert reading.treated + reading.held_out == 12


def test_what_was_sealed_stays_and_another_outcome_needs_another_name(dozen):
    home, _ = dozen
    path = home.path / "playbooks" / "talk.toml"
    path.write_text(path.read_text().replace("account_renewed", "account_value_kept"))
    with pytest.raises(LotProblem, match="registered with another outcome"):
        register(home, find(home, "talk"), by="Ada", now=NOW)
    path.write_text(path.read_text() + 'lot = "talk-2"\n')
    register(home, find(home, "talk"), by="Ada", now=NOW)


def test_value_kept_is_of_what_was_in_force_in_one_currency(dozen):
    home, live = dozen
    path = home.path / "playbooks" / "talk.toml"
    path.write_text(path.read_text().replace("account_renewed", "account_value_kept"))
    live = switch_on(home, "talk", by="Ada", now=NOW)
    found = outcomes_of(home, live, DAY + timedelta(days=60))
    assert sorted((one.counted, one.out_of) for one in found.units) == [(0.0, 1000.0)] * 6 + [(2000.0, 1000.0)] * 6


def test_orders_of_an_accounts_shops_are_one_number_of_the_account(shop, db):
    with act("set the scene", by=SCHEDULE) as doing:
        paper = doing.create(Account, name="Paper", source="shops:paper")
    folder = shop.path / "playbooks"
    folder.mkdir()
    text = TALK.replace("METRIC", "account_orders").replace("PLANNED", "12").replace("days = 60", "days = 7")
    (folder / "talk.toml").write_text(text.replace("known renewal_on", "days_as_account >= 0"))
    live = switch_on(shop, "talk", by="Ada", now=NOW)
    early = NOW - timedelta(days=8)
    Account.objects.filter(pk=paper.pk).update(since=DAY - timedelta(days=99))
    tick(shop, edges(shop, now=early), now=early)
    (unit,) = outcomes_of(shop, live, DAY).units
    assert (unit.account, unit.counted, unit.out_of, unit.before) == (paper.pk, 5.0, 1.0, 0.0)


def test_a_dozen_accounts_cannot_tell_yet_and_it_is_said_what_they_could():
    reading = of_playbook(playbook(planned=40), lot([1, 0, 1, 1, 0, 1], [1, 0, 0, 1, 1, 0], 3), DAY)
    assert reading.verdict.word == "cannot tell yet"
    assert "cannot be told" in sentence("A talk", reading)
    assert sentence("A talk", reading).startswith("Whether A talk changed the share renewed")
    assert could_tell(reading).startswith("40 accounts find an effect of ")
    few = of_playbook(playbook(), lot([1.0], [0.0], 10), DAY)
    assert isinstance(few.effect, Unknown)
    assert sentence("A talk", few).startswith("We cannot say yet whether A talk changed")
    assert "too few to plan with" in could_tell(few)


def test_before_it_begins_it_is_said_what_so_few_could_tell():
    assert could_be_told(playbook(), 40).endswith(
        "a difference of 44% of renewals or more is found four times in five."
    )
    assert "too few to tell anything" in could_be_told(playbook(), 3)
    assert "known once 10 of them are over" in could_be_told(playbook("account_orders"), 40)


def test_a_great_difference_between_many_accounts_is_called_one():
    rng = np.random.default_rng(1)
    treated, held_out = rng.normal(20, 3, 60), rng.normal(10, 3, 60)
    reading = of_playbook(playbook("account_orders", 120), lot(treated, held_out), DAY + timedelta(days=99))
    assert (reading.over, reading.verdict.word) == (True, "worked")
    assert "changed the orders of an account's shops" in sentence("A talk", reading)


def test_an_account_without_a_contract_that_ended_is_in_no_arms_sum():
    units = (Unit(1, TREATED, 0.0, 0.0), *lot([1, 0], [1, 0]).units)
    assert of_playbook(playbook(), Outcomes(units, 0, DAY), DAY).treated == 2


def test_a_lot_of_accounts_says_what_decides_and_by_what_can_be_measured():
    with pytest.raises(PlaybookProblem, match="of accounts it is one of account_orders, account_renewed"):
        playbook("net_revenue")
    with pytest.raises(PlaybookProblem, match="says before it begins what will decide"):
        read_text(TALK[: TALK.index("[measured]")], "talk.toml")
