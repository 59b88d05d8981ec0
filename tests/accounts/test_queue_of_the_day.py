"""The day's queue: what is in it and why, what comes first, whose it is, how many queries it takes."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from acting import by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.actions import renewals, timeline
from holdfast.accounts.actions.queue import snooze_item
from holdfast.accounts.decide.ranking import Rates, Stake, ranked, together
from holdfast.accounts.models import Account, Contract, Forecast, Renewal, Task, Touchpoint
from holdfast.accounts.reading.item import Alarm, Given, Health, Promise
from holdfast.accounts.reading.today import queue, today
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown

DAY = date(2026, 3, 2)


def ago(n: int) -> date:
    return DAY - timedelta(days=n)


def euros(n: int) -> Money:
    return Money(n * 100, "EUR")


# --- the rule ---


def order(*stakes: Stake, rates: Rates | None = None) -> list[str]:
    return [place.key for place in ranked(stakes, rates)]


def test_the_largest_expected_loss_comes_first_however_late_the_others_are():
    small, large = Stake("small", ago(90), euros(100), 0.9), Stake("large", DAY, euros(1000), 0.1)
    assert order(small, large) == ["large", "small"]
    assert (small.loss, large.loss) == (euros(90), euros(100))
    assert ranked([large])[0].by == "EUR 100.00 would be lost on average."


def test_what_is_not_known_is_said_and_stands_by_its_day_after_what_is_known():
    no_value, no_chance = Stake("a", DAY), Stake("b", ago(3), euros(10_000))
    assert order(no_value, no_chance, Stake("c", DAY, euros(1), 0.01)) == ["c", "b", "a"]
    last = ranked([no_value])[0]
    assert "no contract in force states a value" in last.by and "2026-03-02" in last.by
    assert isinstance(no_chance.loss, Unknown) and "likely" in no_chance.loss.why


def test_equal_losses_stand_by_day_then_by_name_so_that_the_order_is_the_same_every_time():
    a, b, c = (Stake(key, due, euros(10), 0.5) for key, due in (("a", DAY), ("b", ago(1)), ("c", DAY)))
    assert order(c, b, a) == order(a, c, b) == ["b", "a", "c"]


def test_two_currencies_are_compared_only_by_a_rate():
    euro, second, dollar = (
        Stake("e", DAY, euros(10), 0.5),
        Stake("f", DAY, euros(1), 0.5),
        Stake("d", ago(9), Money(100_000, "USD"), 0.5),
    )
    assert order(euro, second, dollar) == ["e", "f", "d"]
    assert "no rate from USD to EUR" in ranked([euro, second, dollar])[2].by
    assert order(euro, second, dollar, rates=Rates("EUR", {"USD": Decimal("0.9")})) == ["d", "e", "f"]
    yen = Stake("y", DAY, Money(1_000, "JPY"), 0.5)  # 1,000 yen are about six euros: minor units are not alike
    assert order(euro, yen, rates=Rates("EUR", {"JPY": Decimal("0.006")})) == ["e", "y"]


def test_the_contracts_of_one_account_are_one_value_where_they_can_be():
    assert together([euros(1), euros(2)]) == euros(3)
    assert isinstance(together([euros(1), Money(1, "USD")]), Unknown) and isinstance(together([]), Unknown)
    assert together([euros(1), Money(200, "USD")], Rates("EUR", {"USD": Decimal("0.5")})) == euros(2)


# --- the queue ---


@pytest.fixture
def morning(cast):
    """Kelp: a late task, a check-in today, a renewal near its day for notice. Dune, of the other book: a task."""
    cast.task = timeline.add_task(
        cast.kelp.pk, "Send the terms", due=ago(3), owner_id=cast.cas.pk, by=by(cast.cas), why="agreed on Monday"
    )
    cast.talk = timeline.plan_touchpoint(cast.kelp.pk, kind="check_in", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    timeline.add_task(cast.kelp.pk, "Not yet", due=DAY + timedelta(days=1), owner_id=cast.cas.pk, by=by(cast.cas))
    timeline.add_task(cast.dune.pk, "Call Bo", due=DAY, owner_id=cast.dot.pk, by=by(cast.dot))
    term = {"currency": "EUR", "starts": date(2025, 7, 1), "ends": date(2026, 6, 30), "value_minor": 1_000_00}
    cast.contract = renewals.add_contract(
        cast.kelp.pk, by=by(cast.cas), name="Plan A", notice_on=DAY + timedelta(days=20), auto_renew=True, **term
    )
    return cast


def keys(items) -> list[str]:
    return [item.key.split(":")[0] for item in items]


@pytest.mark.django_db
def test_everything_that_is_due_is_one_queue_with_its_reasons(morning):
    renewals.give_forecast(morning.contract.renewal.pk, 0.6, 900_00, on=ago(5), by=by(morning.cas))
    given = Given(
        health={morning.kelp.pk: Health("red", 31, ("Orders fell by a third.", "Tickets doubled.", "Nobody signs in."), fell_on=ago(2))},
        promises=[Promise("bad_news:4", morning.kelp.pk, "Say what became of the outage", DAY + timedelta(days=1))],
        alarms=[Alarm("single_thread:1", morning.kelp.pk, "Only one person knows us", ago(1), ("Ann is the only contact.",))],
    )  # fmt: skip
    found = today(morning.cas, DAY, given)
    assert sorted(keys(found)) == ["bad_news", "health", "renewal", "single_thread", "task", "touchpoint"]
    assert [item.rank for item in found] == [1, 2, 3, 4, 5, 6] and {item.account for item in found} == {"Kelp"}
    item = next(i for i in found if i.kind == "task")
    assert (item.value, item.chance, item.loss) == (euros(1000), pytest.approx(0.4), euros(400))
    assert item.evidence == (
        "This next step was due on 2026-02-27, 3 days ago.", "Agreed on Monday.", "Its renewal was forecast at 60% on 2026-02-25.",
        "EUR 1000.00 a year is at stake.", "Health is red. Orders fell by a third. Tickets doubled.",
        "EUR 400.00 would be lost on average.",
    )  # fmt: skip
    renewal = next(i for i in found if i.kind == "renewal")
    assert (
        "The last day for notice is 2026-03-22, in 20 days and it renews itself unless notice is given."
        in renewal.evidence
    )
    assert renewal.due == DAY + timedelta(days=20)


@pytest.mark.django_db
def test_a_tested_chance_of_loss_stands_before_a_forecast(morning):
    renewals.give_forecast(morning.contract.renewal.pk, 0.6, 900_00, on=ago(5), by=by(morning.cas))
    found = today(morning.cas, DAY, Given(health={morning.kelp.pk: Health("red", loss=0.25)}))
    assert {item.kind: item.chance for item in found} == {
        "task": 0.25,
        "touchpoint": 0.25,
        "renewal": pytest.approx(0.4),
    }


@pytest.mark.django_db
def test_without_forecast_and_health_the_queue_stands_by_its_days_and_says_so(morning):
    found = today(morning.cas, DAY)
    assert keys(found) == ["task", "touchpoint", "renewal"]
    assert all("not known (nobody has said how likely" in item.evidence[-1] for item in found)
    assert all(isinstance(item.loss, Unknown) for item in found)


@pytest.mark.django_db
def test_a_stage_that_should_have_been_reached_is_due_and_an_old_fall_of_health_is_no_news(morning):
    later = date(2026, 4, 3)
    found = today(
        morning.cas, later, Given(health={morning.kelp.pk: Health("red", fell_on=later - timedelta(days=15))})
    )
    renewal = next(i for i in found if i.kind == "renewal")
    assert renewal.evidence[0].startswith("The internal review was due by 2026-03-02") and "health" not in keys(found)


@pytest.mark.django_db
def test_what_is_snoozed_is_out_of_sight_until_its_day(morning):
    until = DAY + timedelta(days=4)
    for item in today(morning.cas, DAY):
        snooze_item(item.key, item.account_id, until=until, today=DAY, by=by(morning.cas))
    snooze_item(f"touchpoint:{morning.talk.pk}", morning.kelp.pk, until=until, today=DAY, by=by(morning.cas))
    assert (
        today(morning.cas, DAY) == today(morning.cas, until - timedelta(days=1))[1:] == ()
    )  # a task of tomorrow came due
    assert sorted(keys(today(morning.cas, until))) == ["renewal", "task", "task", "touchpoint"]
    assert sorted(keys(today(morning.mia, DAY, everybodys=True))) == [
        "renewal",
        "task",
        "touchpoint",
    ]  # only the task is gone for her
    with pytest.raises(ValidationError):
        snooze_item("touchpoint:1", morning.kelp.pk, until=DAY, today=DAY, by=by(morning.cas))


@pytest.mark.django_db
def test_everybody_has_their_own_queue_and_sees_no_other_book(morning):
    assert [i.what for i in today(morning.dot, DAY)] == ["Call Bo"]
    assert today(morning.mia, DAY) == () and len(today(morning.mia, DAY, everybodys=True)) == 4
    assert len(today(morning.sup, DAY, everybodys=True)) == 3 and today(morning.sup, DAY) == ()
    outside = Given(
        health={morning.kelp.pk: Health("red", fell_on=DAY)},
        promises=[Promise("p:1", morning.kelp.pk, "x", DAY, morning.eve.pk)],
    )
    for everybodys in (False, True):
        assert today(morning.eve, DAY, outside, everybodys=everybodys) == ()
    assert {i.account for i in today(morning.dot, DAY, outside, everybodys=True)} == {"Dune"}
    for user, error in ((morning.dot, NotThere), (morning.eve, NotThere), (morning.exe, MayNot)):
        with pytest.raises(error):
            snooze_item("touchpoint:1", morning.kelp.pk, until=DAY + timedelta(days=1), today=DAY, by=by(user))


@pytest.mark.django_db
def test_what_nobody_owns_falls_to_the_owner_of_the_account(morning):
    from holdfast.accounts.act import act

    with act("lose the owner", by=by(morning.ada)) as doing:
        doing.change(morning.task, owner=None)
    assert "task" in keys(today(morning.cas, DAY))


@pytest.mark.django_db
def test_a_large_book_takes_no_more_queries_than_a_small_one(cast, django_assert_max_num_queries):
    """400 accounts with a contract each and 2,000 tasks."""
    made = Account.objects.bulk_create(Account(name=f"A{n}", book=cast.north, owner=cast.cas) for n in range(400))
    contracts = Contract.objects.bulk_create(
        Contract(account=a, name="Plan", currency="EUR", starts=ago(300), ends=ago(-65), value_minor=n * 100)
        for n, a in enumerate(made)
    )
    Renewal.objects.bulk_create(
        Renewal(account=c.account, contract=c, closes_on=c.ends, owner=cast.cas) for c in contracts
    )
    Task.objects.bulk_create(
        Task(account=made[n % 400], what=f"Step {n}", owner=cast.cas, due=ago(n % 30)) for n in range(2_000)
    )
    for everybodys in (False, True):
        with django_assert_max_num_queries(10):
            assert len(today(cast.cas, DAY, everybodys=everybodys)) == 2_400


@pytest.mark.django_db
def test_only_the_first_are_told_and_the_one_that_is_asked_for(morning):
    renewals.give_forecast(morning.contract.renewal.pk, 0.6, 900_00, on=ago(5), by=by(morning.cas))
    whole = today(morning.cas, DAY)
    found = queue(morning.cas, DAY, first=1, also=whole[2].key)
    assert found.keys == tuple(item.key for item in whole)
    assert found.items == (whole[0], whole[2])
    assert queue(morning.cas, DAY, first=0, also=whole[1].key).items == (whole[1],)


@pytest.mark.django_db
@pytest.mark.parametrize("known", [0.0, 0.4, 1.0])
def test_everybodys_queue_of_the_dearest_accounts_is_the_beginning_of_the_whole_one(cast, monkeypatch, known):
    """200 accounts with ties, two currencies, several contracts, and some of which nobody knows what would be lost."""
    monkeypatch.setattr("holdfast.accounts.reading.today.LOOKED", 5)
    draw = random.Random(7)
    made = Account.objects.bulk_create(Account(name=f"A{n}", book=cast.north, owner=cast.cas) for n in range(200))
    contracts = Contract.objects.bulk_create(
        Contract(account=a, name=f"Plan {n}", currency=draw.choice(["EUR", "EUR", "EUR", "JPY"]), starts=ago(300),
                 ends=ago(-draw.choice([20, 65, 200])), value_minor=draw.choice([100, 20_000, 20_000, 9_999_999]))
        for a in made for n in range(draw.choice([1, 1, 2])) if draw.random() < known
    )  # fmt: skip
    rows = Renewal.objects.bulk_create(
        Renewal(account=c.account, contract=c, closes_on=c.ends, owner=draw.choice([None, cast.cas])) for c in contracts
    )
    Forecast.objects.bulk_create(
        Forecast(renewal=r, by=cast.cas, on=ago(3), probability=draw.choice(["0.2", "0.9", "0.333"]), amount_minor=1)
        for r in rows if draw.random() < 0.8
    )  # fmt: skip
    Task.objects.bulk_create(
        Task(account=draw.choice(made), what="Step", owner=cast.cas, due=ago(draw.randrange(5))) for _ in range(300)
    )
    Touchpoint.objects.bulk_create(Touchpoint(account=a, owner=cast.cas, due=ago(draw.randrange(3))) for a in made[:80])
    snoozed = Task.objects.order_by("pk")[3]
    snooze_item(f"task:{snoozed.pk}", snoozed.account_id, until=ago(-3), today=DAY, by=by(cast.mia))
    whole = queue(cast.mia, DAY, everybodys=True)
    for first in (1, 5, 40, 1_000):
        found = queue(cast.mia, DAY, everybodys=True, first=first, dearest=True)
        assert found.items == whole.items[:first] and found.total == whole.total == len(whole.items)
    for place in (3, 150):
        also = whole.items[place]
        assert queue(cast.mia, DAY, everybodys=True, first=0, also=also.key, dearest=True).items == (also,)
