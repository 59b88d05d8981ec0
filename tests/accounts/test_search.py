"""Search: beginnings of words, at once after a write, and nothing of a book one has no seat in."""

from datetime import UTC, datetime

import pytest
from acting import by
from django.db import connection

from holdfast.accounts.act import undo
from holdfast.accounts.actions import accounts, timeline, works
from holdfast.accounts.actions.index import mend_index
from holdfast.accounts.models import Account, Audit, Contact, Word
from holdfast.accounts.reading.search import search
from holdfast.accounts.words import words_in

AT = datetime(2026, 3, 2, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def names(user, said, kind=None):
    return [hit.name for hit in search(user, said) if kind in (None, hit.kind)]


def test_words_are_folded_and_parted_at_what_is_no_letter():
    assert words_in("Été & Co, ann@kelp.example") == ["ete", "co", "ann", "kelp", "example"]
    assert words_in("Straße 7_b") == ["strasse", "7", "b"] and words_in("株式会社") == ["株式会社"]


def test_an_account_a_person_and_a_plan_are_found_by_the_beginnings_of_their_words(cast, today):
    timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ánn Lee", email="lee@forest.example", title="Buyer")
    timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Ann Dune", title="")
    assert names(cast.cas, "kel", "account") == ["Kelp"]
    assert names(cast.cas, "ann") == ["Ánn Lee"] == names(cast.cas, "le an") == names(cast.cas, "forest buy")
    assert names(cast.cas, "ann dune") == [] and names(cast.cas, "nn") == [] and names(cast.cas, " ") == []
    assert names(cast.mia, "ann") == ["Ánn Lee", "Ann Dune"]


def test_nobody_finds_anything_of_a_book_they_have_no_seat_in(cast, today):
    """An account, a person there, and the colleagues who work in it."""
    timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann Lee")
    for said in ("kelp", "ann", "lee", "cas", "sup"):
        assert names(cast.dot, said) == [] == names(cast.eve, said), said
    assert names(cast.mia, "cas") == ["cas"] and names(cast.exe, "kelp") == ["Kelp"]
    accounts.change_account(cast.kelp.pk, by=by(cast.ada), book_id=cast.south.pk, owner_id=cast.dot.pk)
    assert names(cast.dot, "ann") == ["Ann Lee"] and names(cast.cas, "ann") == []


def test_a_name_that_changed_is_found_by_its_new_words_only_and_after_undoing_by_the_old(cast):
    accounts.change_account(cast.kelp.pk, by=by(cast.cas), name="Reef")
    entry = Audit.objects.first()
    assert names(cast.cas, "reef") == ["Reef"] and names(cast.cas, "kelp", "account") == [
        "Reef"
    ]  # its source says Kelp
    undo(entry, by=by(cast.cas))
    assert names(cast.cas, "reef") == []
    timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    undo(Audit.objects.first(), by=by(cast.cas))
    assert names(cast.cas, "ann") == [] and not Word.objects.filter(kind="contact").exists()


def test_an_account_that_was_merged_away_is_found_under_the_one_it_became(cast):
    timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Ann")
    accounts.merge_account(cast.dune.pk, into_id=cast.kelp.pk, by=by(cast.mia))
    assert names(cast.mia, "dune") == []
    assert [(hit.name, hit.account_id) for hit in search(cast.mia, "ann")] == [("Ann", cast.kelp.pk)]


def test_what_came_in_beside_the_write_path_is_found_after_the_next_look(cast):
    Contact.objects.bulk_create([Contact(account=cast.kelp, name="Ann")])
    Account.objects.bulk_create([Account(name="Loose", book=cast.north)])
    Word.objects.create(word="ghost", kind="contact", row_id=999, account=cast.kelp)
    assert names(cast.cas, "ann") == [] == names(cast.cas, "loose")
    assert mend_index() == 3
    assert names(cast.cas, "ann") == ["Ann"] and names(cast.cas, "loose") == ["Loose"]
    assert mend_index() == 0 and not Word.objects.filter(word="ghost").exists()


def test_a_search_is_answered_by_the_index_in_a_fixed_number_of_questions(cast, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        search(cast.cas, "a b c")
    if connection.vendor == "sqlite":
        plan = Word.objects.filter(kind="contact", word__gte="an", word__lt="ao").explain()
        assert "words_by_beginning" in plan


def test_a_plan_is_found_by_its_title(cast, today):
    works.create_work("A01", "Autumn launch", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    (hit,) = search(cast.cas, "autumn")
    assert (hit.kind, hit.name, hit.account_id) == ("work", "Autumn launch", cast.kelp.pk) and "Kelp" in hit.about
    assert search(cast.dot, "autumn") == ()
