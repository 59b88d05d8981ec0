"""Roles say what, seats say where: who sees which account, and who may do what to it."""

import pytest
from acting import by
from django.contrib.auth.models import AnonymousUser

from holdfast.accounts import access
from holdfast.accounts.access import (
    MayNot,
    NotThere,
    access_account,
    access_of_account,
    accounts_of,
    books_of,
    facts_of,
)
from holdfast.accounts.actions import accounts, people, timeline
from holdfast.accounts.models import Role, Seat
from holdfast.accounts.reading.listing import listing
from holdfast.accounts.reading.whole import whole

pytestmark = pytest.mark.django_db


def names(user) -> set[str]:
    return {account.name for account in accounts_of(user)}


def test_everybody_sees_the_accounts_of_their_books_and_no_other(cast):
    assert names(cast.cas) == {"Kelp"} and names(cast.sup) == {"Kelp"}
    assert names(cast.dot) == {"Dune"}
    assert names(cast.mia) == names(cast.ada) == names(cast.exe) == {"Kelp", "Dune"}
    assert names(cast.eve) == names(AnonymousUser()) == set()
    assert not books_of(cast.eve).exists() and not books_of(AnonymousUser()).exists()


def test_an_account_of_another_book_is_not_there_rather_than_forbidden(cast):
    for user in (cast.dot, cast.eve, AnonymousUser()):
        with pytest.raises(NotThere):
            access_account(user, cast.kelp.pk)
    with pytest.raises(NotThere):
        access_account(cast.ada, 0)


def test_an_account_is_put_under_no_account_that_one_does_not_see(cast):
    for deed in (
        lambda: accounts.change_account(cast.kelp.pk, by=by(cast.cas), parent_id=cast.dune.pk),
        lambda: accounts.change_account(cast.kelp.pk, by=by(cast.cas), parent_id=999),
        lambda: accounts.add_account(by=by(cast.cas), name="Reef", book_id=cast.north.pk, parent_id=cast.dune.pk),
    ):
        with pytest.raises(NotThere):
            deed()
    cast.kelp.refresh_from_db()
    assert cast.kelp.parent is None and names(cast.cas) == {"Kelp"}


def test_a_role_without_the_right_sees_and_may_not(cast):
    assert access_account(cast.exe, cast.kelp.pk) == cast.kelp
    for user, need in ((cast.exe, "note"), (cast.sup, "plan"), (cast.cas, "assign"), (cast.mia, "people")):
        with pytest.raises(MayNot):
            access_account(user, cast.kelp.pk, need)


def test_every_role_is_told_what_it_may_do_and_may_at_least_read():
    assert set(access.MAY) == set(Role)
    assert all("read" in needs for needs in access.MAY.values())


def test_what_hangs_on_an_account_of_another_book_is_not_there(cast, today):
    task = timeline.add_task(cast.kelp.pk, "Call", due=today, owner_id=cast.cas.pk, by=by(cast.cas))
    assert access_of_account(cast.sup, type(task), task.pk) == task
    with pytest.raises(NotThere):
        access_of_account(cast.dot, type(task), task.pk)
    with pytest.raises(NotThere):
        timeline.finish_task(task.pk, at=task.created_at, by=by(cast.dot))


def test_an_account_that_moves_to_another_book_is_gone_for_those_of_the_first_at_once(cast):
    accounts.change_account(cast.kelp.pk, by=by(cast.mia), book_id=cast.south.pk)
    assert names(cast.cas) == set() and names(cast.dot) == {"Kelp", "Dune"}


def test_a_manager_reaches_the_books_of_their_team_only(cast):
    other = people.add_book("West", by=by(cast.ada))
    accounts.add_account(name="Reef", book_id=other.pk, by=by(cast.ada))
    assert names(cast.mia) == {"Kelp", "Dune"}
    Seat.objects.get(user=cast.mia)
    with pytest.raises(NotThere):
        accounts.change_account(cast.kelp.pk, by=by(cast.mia), book_id=other.pk)


def test_numbers_are_shown_of_the_shops_of_ones_own_accounts(cast):
    assert facts_of(cast.ada) is None and facts_of(cast.exe) is None
    assert facts_of(cast.cas) == {"Kelp"}
    assert facts_of(cast.dot) == facts_of(cast.eve) == frozenset()


def test_accounts_above_and_below_in_another_book_are_told_to_nobody_who_does_not_see_them(cast, today):
    accounts.change_account(cast.kelp.pk, by=by(cast.mia), parent_id=cast.dune.pk)
    (row,) = listing(cast.cas, {}, today=today, limit=None).rows
    assert row.parent == "" and whole(cast.cas, cast.kelp.pk).parent is None
    assert whole(cast.dot, cast.dune.pk).children == ()
    assert [row.parent for row in listing(cast.mia, {}, today=today, limit=None).rows] == ["", "Dune"]
    assert whole(cast.mia, cast.kelp.pk).parent == cast.dune
    assert whole(cast.mia, cast.dune.pk).children == (cast.kelp,)


def test_who_does_not_see_what_an_account_ended_up_in_does_not_see_what_is_made_of_it(cast):
    first, second = (
        accounts.add_account(by=by(cast.ada), name=name, book_id=cast.north.pk) for name in ("First", "Second")
    )
    for away, into in ((first, second), (second, cast.dune)):
        accounts.merge_account(away.pk, into_id=into.pk, by=by(cast.ada))
    assert not access.sees_accounts(cast.cas, {first.pk}) and access.sees_accounts(cast.mia, {first.pk})
