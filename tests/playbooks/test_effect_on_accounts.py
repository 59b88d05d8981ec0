"""Playbooks for accounts end in an effect too: of few units, so that "cannot tell yet" is what is mostly said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from acting import SCHEDULE
from talking import TALK

from holdfast.accounts.act import act
from holdfast.accounts.models import Account, Contract
from holdfast.commerce.unknown import Unknown
from holdfast.evidence.account_lot import (
    could_be_told,
    could_tell,
    growth_of_accounts,
    read_accounts,
    spoilt_accounts,
)
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.open_lot import register, wrong_with
from holdfast.evidence.sealed_accounts import account_lot, account_lots, assigned_by, registered, spoilt_account_lots
from holdfast.evidence.sentence import sentence
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.declare import PlaybookProblem
from holdfast.playbooks.handing import edges
from holdfast.playbooks.known.outcomes import asking
from holdfast.playbooks.outcomes import Assigned, Outcomes, Unit
from holdfast.playbooks.shelf import find, switch_on
from holdfast.playbooks.tick import tick
from holdfast.playbooks.written import read_text
from holdfast.warehouse.home import Home

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def playbook(metric="account_renewed", planned=12, share=0.5):
    text = TALK.replace("METRIC", metric).replace("PLANNED", str(planned)).replace("share = 0.5", f"share = {share}")
    return read_text(text, "talk.toml")


def write(number, scale):
    return {"money": f"€{number / 100:.2f}", "change": f"{number:+.0%}", "share": f"{number:.0%}",
            "count": f"{number:.0f}"}.get(scale, f"{number:.2f}")  # fmt: skip


def lot(treated, held_out, still_open=0, until=DAY):
    """Accounts of which each counts something out of 1; those still open are of both arms."""
    units = [Unit(n, arm, DAY, float(value), 1.0) for n, (arm, value) in
             enumerate([(TREATED, one) for one in treated] + [(HELD_OUT, one) for one in held_out])]  # fmt: skip
    waits = [Assigned(1000 + n, (TREATED, HELD_OUT)[n % 2], DAY) for n in range(still_open)]
    return Outcomes((*(Assigned(one.account, one.arm, one.on) for one in units), *waits), tuple(units), until)


def reading_of(home, it, found):
    """Of a lot that is not drawn; the same answer whatever is asked."""
    return read_accounts(Lot(registered(home, it), home.path), lambda metric, days: found)


def ask_of(home, id="talk", today=DAY + timedelta(days=90)):
    found = account_lot(home, id)
    return found, asking(home, assigned_by(home, found), found.registration.currency, today)


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
    home, _ = dozen
    _, ask = ask_of(home, today=DAY + timedelta(days=89))
    assert (len(ask("account_renewed", 60).units), ask("account_renewed", 60).open) == (0, 12)
    found, ask = ask_of(home)
    told = ask("account_renewed", 60)
    assert (len(told.units), told.open) == (12, 0)
    assert sum(one.counted for one in told.units) == 6
    assert {one.out_of for one in told.units} == {1.0}
    reading = read_accounts(found, ask)
    assert sum(reading.matured.values()) == 12
    assert (reading.due, reading.final is not None) == (DAY + timedelta(days=90), True)


def test_what_was_sealed_stays_and_another_outcome_needs_another_name(dozen):
    home, _ = dozen
    path = home.path / "playbooks" / "talk.toml"
    path.write_text(path.read_text().replace("account_renewed", "account_value_kept"))
    with pytest.raises(LotProblem, match="registered with another outcome"):
        register(home, find(home, "talk"), by="Ada", now=NOW)
    path.write_text(path.read_text() + 'lot = "talk-2"\n')
    register(home, find(home, "talk"), by="Ada", now=NOW)
    assert [one.registration.id for one in account_lots(home)] == ["talk", "talk-2"]


def test_a_seal_that_was_changed_is_said_to_be_and_read_no_more(dozen):
    home, _ = dozen
    path = home.path / "experiments" / "talk" / "accounts.toml"
    path.write_text(path.read_text().replace("account_renewed", "account_value_kept"))
    with pytest.raises(LotProblem, match="was changed after the lot was sealed"):
        account_lot(home, "talk")
    assert account_lots(home) == ()
    assert len(spoilt_account_lots(home)) == 1


def test_contract_value_is_of_what_is_in_force_in_one_currency(dozen):
    home, _ = dozen
    _, ask = ask_of(home)
    kept = ask("account_value_kept", 60).units
    assert sorted((one.counted, one.out_of) for one in kept) == [(0.0, 1000.0)] * 6 + [(2000.0, 1000.0)] * 6
    value = ask("account_contract_value", 60).units
    assert sorted((one.counted, one.before) for one in value) == [(0.0, 1000.0)] * 6 + [(2000.0, 1000.0)] * 6
    in_pounds = asking(home, assigned_by(home, account_lot(home, "talk")), "GBP", DAY + timedelta(days=90))
    assert {one.counted for one in in_pounds("account_contract_value", 60).units} == {0.0}


def test_orders_of_an_accounts_shops_are_one_number_of_the_account_and_so_is_what_they_are_worth(shop, db):
    with act("set the scene", by=SCHEDULE) as doing:
        paper = doing.create(Account, name="Paper", source="shops:paper")
    folder = shop.path / "playbooks"
    folder.mkdir()
    text = TALK.replace("METRIC", "account_orders").replace("PLANNED", "12").replace("days = 60", "days = 7")
    (folder / "talk.toml").write_text(text.replace("known renewal_on", "days_as_account >= 0"))
    register(shop, find(shop, "talk"), by="Ada", now=NOW)
    switch_on(shop, "talk", by="Ada", now=NOW)
    early = NOW - timedelta(days=8)
    Account.objects.filter(pk=paper.pk).update(since=DAY - timedelta(days=99))
    tick(shop, edges(shop, now=early), now=early)
    _, ask = ask_of(shop, today=DAY)
    (unit,) = ask("account_orders", 7).units
    assert (unit.account, unit.counted, unit.out_of, unit.before) == (paper.pk, 5.0, 1.0, 0.0)
    (worth,) = ask("account_net_revenue", 7).units
    assert (worth.counted, worth.out_of, worth.before) == (5 * 1000, 1.0, 0.0)


def test_two_accounts_that_are_one_by_now_count_once_and_are_told_of(dozen):
    home, _ = dozen
    before = assigned_by(home, account_lot(home, "talk"))
    one = next(a.subject for a in before if a.arm == TREATED)
    other = next(a.subject for a in before if a.arm == HELD_OUT)
    Account.objects.filter(pk=other).update(merged_into=one)
    found, ask = ask_of(home)
    told = ask("account_renewed", 60)
    assert (len(told.assigned), told.conflicts) == (11, 1)
    checks = {check.name: check for check in read_accounts(found, ask).checks}
    assert not checks["nobody is in both arms"].passed


def test_few_accounts_cannot_tell_at_a_look_and_it_is_said_by_when(shop):
    reading = reading_of(shop, playbook(planned=40), lot([1, 0, 1, 1, 0, 1], [1, 0, 0, 1, 1, 0], 3))
    assert reading.verdict.word == "cannot tell yet"
    assert "waits for 25 more accounts of the 40 planned" in reading.verdict.why
    assert isinstance(reading.shown, Unknown)  # three of the first quarter are still open
    assert could_tell(reading).startswith("40 accounts find an effect of ")
    few = reading_of(shop, playbook(), lot([1.0], [0.0], 10))
    assert sentence(few, write).startswith("Nothing can be said of A talk before the end yet: no first quarter")
    assert "too few to plan with" in could_tell(few)
    assert few.verdict.why.endswith("10 of 12 accounts are still open, and by the planned day all are over")


def test_looks_see_the_first_quarters_only_and_each_at_its_part_of_the_error(shop):
    def looked(n):
        found = lot([1.0] * 40, [0.0] * 40)
        mixed = sorted(found.units, key=lambda one: (one.account % 40, one.account))
        units = tuple(replace(one, on=DAY + timedelta(days=place)) for place, one in enumerate(mixed))
        assigned = tuple(Assigned(one.account, one.arm, one.on) for one in units)
        return reading_of(shop, playbook(planned=80), Outcomes(assigned, units[:n], DAY))

    assert isinstance(looked(19).shown, Unknown)
    at_20, at_39, at_40 = looked(20), looked(39), looked(40)
    assert (at_20.shown.n_treated, at_40.shown.n_treated) == (10, 20)
    assert at_20.now == at_39.now
    assert at_20.shown.absolute.method == "always valid"
    assert at_20.verdict.word == "worked"
    assert "an interval that holds at every look" in sentence(at_20, write)


def test_the_last_word_is_said_once_of_those_planned_and_of_nobody_later(shop):
    found = lot([1, 1, 1, 1, 1, 0, 1, 1], [1, 0, 0, 1], until=DAY + timedelta(days=90))
    later = Assigned(99, TREATED, DAY + timedelta(days=9))
    more = Outcomes((*found.assigned, later), found.units, found.until)
    reading = reading_of(shop, playbook(), more)
    assert reading.verdict.word == "did not show"
    assert reading.final == reading_of(shop, playbook(), found).final
    assert "8 accounts treated against 4 held out by lot" in sentence(reading, write)


def test_before_it_begins_it_is_said_what_so_few_could_tell():
    told = could_be_told(playbook(), 40)
    assert "a difference of 44% of renewals or more is found four times in five." in told
    assert "too few to tell anything" in could_be_told(playbook(), 3)
    assert "known once 10 of them are over" in could_be_told(playbook("account_orders"), 40)


def test_what_finds_nothing_is_followed_by_what_would_and_by_what_is_not_to_be_had():
    """By hand: half of n accounts aside find 2.80 / √n of renewals, 25 % with 126 of them (125.6)."""
    told = could_be_told(playbook(), 40, began=10)
    assert "25% takes 126 accounts, half of them kept aside" in told
    days = playbook().measured.days
    assert f"in about {round(-(-86 * days // 10) / 30.4)} months" in told
    assert "beginning by turns is not read of accounts" in told
    assert "none entered lately" in could_be_told(playbook(), 40)
    assert "takes" not in could_be_told(playbook(), 400)


def test_a_great_difference_between_many_accounts_is_called_one(shop):
    rng = np.random.default_rng(1)
    treated, held_out = rng.normal(20, 3, 60), rng.normal(10, 3, 60)
    found = lot(treated, held_out, until=DAY + timedelta(days=99))
    reading = reading_of(shop, playbook("account_orders", 120), found)
    assert (reading.final is not None, reading.verdict.word) == (True, "worked")
    assert "changed the orders of an account's shops" in sentence(reading, write)


def test_an_account_without_a_contract_that_ended_is_in_no_arms_sum(shop):
    found = lot([1, 0], [1, 0])
    none = Unit(90, TREATED, DAY, 0.0, 0.0)
    told = Outcomes((*found.assigned, Assigned(90, TREATED, DAY)), (*found.units, none), DAY)
    reading = reading_of(shop, playbook(), told)
    assert reading.matured == {TREATED: 2, HELD_OUT: 2}
    assert reading.assigned == {TREATED: 3, HELD_OUT: 2}


def test_a_torn_lot_shows_no_number_at_any_door(shop):
    found = lot([5.0] * 30, [1.0], until=DAY + timedelta(days=99))
    sealed = Lot(registered(shop, playbook(planned=31)), shop.path)
    reading = read_accounts(sealed, lambda metric, days: found)
    assert (reading.verdict.word, str(reading.grade)) == ("broken", "E0")
    assert isinstance(reading.now, Unknown) and isinstance(reading.final, Unknown)
    assert "30 treated and 1 held out" in spoilt_accounts(sealed, lambda metric, days: found)
    assert growth_of_accounts(sealed, lambda metric, days: found) == ()
    assert sentence(reading, write).startswith("Nothing is said of")


def test_an_effect_grows_step_by_step_once_the_last_word_is_said(shop):
    sealed = Lot(registered(shop, playbook("account_orders", 24)), shop.path)

    def ask(metric, days):
        return lot([days / 2 + n % 3 for n in range(12)], [days / 4 + n % 3 for n in range(12)],
                   until=DAY + timedelta(days=60))  # fmt: skip

    grown = growth_of_accounts(sealed, ask)
    assert [one.days for one in grown] == [6, 12, 18, 24, 30, 36, 42, 48, 54, 60]
    assert [round(one.effect.absolute.point, 6) for one in grown] == [one.days / 4 for one in grown]


def test_a_guardrail_of_accounts_is_read_beside_the_outcome(shop):
    text = TALK.replace("METRIC", "account_renewed").replace("PLANNED", "24")
    it = read_text(text + '[[measured.guardrails]]\nmetric = "account_orders"\ntolerance = 0.1\n', "talk.toml")
    of = {
        "account_renewed": lot([1] * 12, [0] * 6 + [1] * 6, until=DAY + timedelta(days=99)),
        "account_orders": lot([5 + n % 3 for n in range(12)], [9 + n % 3 for n in range(12)],
                              until=DAY + timedelta(days=99)),
    }  # fmt: skip
    reading = read_accounts(Lot(registered(shop, it), shop.path), lambda metric, days: of[metric])
    (guarded,) = reading.guarded
    assert (reading.verdict.word, guarded.held) == ("worked", False)


def test_a_lot_of_accounts_says_what_decides_and_by_what_can_be_measured():
    with pytest.raises(PlaybookProblem, match="of accounts it is one of account_orders, account_net_revenue"):
        playbook("net_revenue")
    with pytest.raises(PlaybookProblem, match="says before it begins what will decide"):
        read_text(TALK[: TALK.index("[measured]")], "talk.toml")
    text = TALK.replace("METRIC", "account_renewed").replace("PLANNED", "12")
    for added, said in (('claims = "M12"', "a claim is of customers"), ('segments = ["tier"]', "too few to be read")):
        with pytest.raises(PlaybookProblem, match=said):
            read_text(text + added + "\n", "talk.toml")


def test_money_of_two_currencies_is_refused_until_one_is_named(shop, tmp_path):
    other = Home(tmp_path / "other")
    other.create()
    other.add_shop("Pounds", account="Pounds", zone="Europe/London", currency="GBP")
    other.add_shop("Euros", account="Euros", zone="Europe/Berlin", currency="EUR")
    assert "shops have EUR, GBP: name `currency`" in wrong_with(other, playbook("account_net_revenue"))
    assert wrong_with(other, playbook("account_renewed")) == ""
    text = TALK.replace("METRIC", "account_net_revenue").replace("PLANNED", "12")
    named = read_text(text + 'currency = "GBP"\n', "talk.toml")
    assert registered(other, named).currency == "GBP"
    assert registered(shop, playbook("account_net_revenue")).currency == "EUR"


def test_what_counts_no_money_stays_sealed_whatever_currencies_shops_have_by_now(tmp_path):
    home = Home(tmp_path / "early")
    home.create()
    folder = home.path / "playbooks"
    folder.mkdir()
    (folder / "talk.toml").write_text(TALK.replace("METRIC", "account_renewed").replace("PLANNED", "12"))
    for currency in ("", "EUR", "GBP"):  # before the first shop, with one, and with two
        if currency:
            home.add_shop(currency, account=currency, zone="UTC", currency=currency)
        register(home, find(home, "talk"), by="Ada", now=NOW)


@pytest.mark.slow
def test_who_looks_every_day_is_misled_in_five_of_a_hundred_at_most(shop):
    """Forty accounts, one a day, one in ten kept aside, nothing changed. Between quarters nothing is made anew."""
    rng, runs, misled = np.random.default_rng(11), 100, {"account_renewed": 0, "account_orders": 0}
    for metric in misled:
        sealed = Lot(registered(shop, playbook(metric, 40, 0.1)), shop.path)
        for _ in range(runs):
            values = (rng.random(40) < 0.9) if metric == "account_renewed" else np.ceil(rng.lognormal(2, 1, 40))
            arms = [HELD_OUT if aside else TREATED for aside in rng.random(40) < 0.1]
            units = tuple(
                Unit(n, arm, DAY + timedelta(days=n), float(value), 1.0)
                for n, (arm, value) in enumerate(zip(arms, values, strict=True))
            )
            assigned = tuple(Assigned(one.account, one.arm, one.on) for one in units)
            misled[metric] += any(apart(sealed, Outcomes(assigned, units[:n], DAY)) for n in (10, 20, 30, 40))
    assert max(misled.values()) / runs <= 0.1  # 5 %, and what 100 runs may be off


def apart(sealed, found):
    """Whether the interval of a look leaves nothing out; of a torn lot too, since chance tears one in a thousand."""
    now = read_accounts(sealed, lambda metric, days: found).now
    return not isinstance(now, Unknown) and (now.absolute.low > 0 or now.absolute.high < 0)
