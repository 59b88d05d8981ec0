"""The write path: one action, one transaction, one entry that is never rewritten; and nothing writes beside it."""

import ast
from datetime import date
from pathlib import Path

import pytest
from acting import by
from django.core.exceptions import ValidationError

import holdfast
from holdfast.accounts.act import CannotUndo, act, undo
from holdfast.accounts.actions import accounts, people, timeline
from holdfast.accounts.models import Account, Audit, Contact, NeverRewritten, Task

pytestmark = pytest.mark.django_db
SRC = Path(holdfast.__file__).parent
WRITES = {"save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create", "update_or_create", "add",
          "set", "create_user"}  # fmt: skip
PLAIN = {"add", "set", "update"}  # also of sets and dictionaries: only what a manager or queryset is called by counts


def last() -> Audit:
    return Audit.objects.first()


def test_an_action_leaves_one_entry_with_who_what_before_and_after(cast):
    accounts.change_account(cast.kelp.pk, by=by(cast.cas), tier="pooled", stage="leaving")
    entry = last()
    assert (entry.by, entry.by_name, entry.via, entry.verb, entry.account) == (
        cast.cas,
        "cas",
        "web",
        "change account",
        cast.kelp,
    )
    (change,) = entry.changes
    assert change == {"model": "accounts.Account", "id": cast.kelp.pk, "before": {"tier": "named", "stage": "steady"},
                      "after": {"tier": "pooled", "stage": "leaving"}}  # fmt: skip


def test_an_action_that_changes_nothing_leaves_no_entry(cast):
    before = Audit.objects.count()
    accounts.change_account(cast.kelp.pk, by=by(cast.cas), tier="named")
    assert Audit.objects.count() == before


def test_an_action_that_fails_half_way_leaves_neither_rows_nor_an_entry(cast):
    before = Audit.objects.count()

    def half() -> None:
        with act("half", by=by(cast.ada)) as doing:
            doing.create(Account, name="Half")
            doing.create(Account, name="")

    with pytest.raises(ValidationError):
        half()
    assert Audit.objects.count() == before and not Account.objects.filter(name="Half").exists()


def test_entries_are_never_changed_or_removed(cast):
    entry = last()
    entry.verb = "something else"
    for rewrite in (entry.save, entry.delete, lambda: Audit.objects.update(verb=""), Audit.objects.all().delete):
        with pytest.raises(NeverRewritten):
            rewrite()


def test_no_password_is_in_an_entry(cast):
    people.add_person("new", "kelp-holds-on-to-rock", by=by(cast.ada), role="csm")
    assert "password" not in str(last().changes) and "md5" not in str(last().changes)


def test_a_change_of_many_accounts_is_undone_whole(cast):
    accounts.change_accounts([cast.kelp.pk, cast.dune.pk], by=by(cast.mia), tier="pooled", segment="subscription")
    entry = last()
    undo(entry, by=by(cast.mia))
    assert set(Account.objects.values_list("tier", "segment")) == {("named", "")}
    assert last().undoes == entry
    with pytest.raises(CannotUndo, match="already"):
        undo(entry, by=by(cast.mia))


def test_what_was_changed_again_since_is_not_undone_over_anybodys_head(cast):
    accounts.change_accounts([cast.kelp.pk, cast.dune.pk], by=by(cast.mia), tier="pooled")
    entry = last()
    accounts.change_account(cast.dune.pk, by=by(cast.dot), tier="automated")
    with pytest.raises(CannotUndo, match="changed again"):
        undo(entry, by=by(cast.mia))
    assert dict(Account.objects.values_list("name", "tier")) == {"Kelp": "pooled", "Dune": "automated"}


def test_what_was_made_is_unmade_and_what_was_removed_comes_back_as_it_was(cast):
    timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann", part="champion")
    undo(last(), by=by(cast.cas))
    assert not Contact.objects.exists()
    view = accounts.keep_view("late", "due=late", by=by(cast.cas))
    accounts.drop_view(view.pk, by=by(cast.cas))
    undo(last(), by=by(cast.cas))
    assert [(v.pk, v.name, v.query) for v in cast.cas.saved_views.all()] == [(view.pk, "late", "due=late")]


def test_merging_moves_everything_over_and_can_be_undone(cast, today):
    task = timeline.add_task(cast.dune.pk, "Call", due=today, owner_id=cast.dot.pk, by=by(cast.dot))
    accounts.change_account(
        cast.dune.pk, by=by(cast.dot), since=date(2020, 1, 2), tags=["vip"], custom={"plan": "gold"}
    )
    accounts.merge_account(cast.dune.pk, into_id=cast.kelp.pk, by=by(cast.mia))
    kelp, dune = Account.objects.get(name="Kelp"), Account.objects.get(name="Dune")
    assert (kelp.since, kelp.tags, kelp.custom, dune.merged_into) == (date(2020, 1, 2), ["vip"], {"plan": "gold"}, kelp)
    assert Task.objects.get(pk=task.pk).account == kelp
    undo(last(), by=by(cast.mia))
    assert Task.objects.get(pk=task.pk).account.name == "Dune"
    assert Account.objects.get(name="Dune").merged_into is None


def test_accounts_that_the_data_know_apart_are_not_merged_here(cast):
    accounts.take_in([accounts.Found("shops:Dune", "Dune & Co")], by=by(cast.mia), book_id=cast.south.pk)
    found = Account.objects.get(source="shops:Dune")
    with pytest.raises(accounts.CannotMerge, match="where they come from"):
        accounts.merge_account(found.pk, into_id=cast.kelp.pk, by=by(cast.mia))


def test_taking_in_again_makes_nobody_twice(cast):
    told = [accounts.Found("shops:Kelp", "Kelp"), accounts.Found("company:7", "Seven")]
    assert [a.name for a in accounts.take_in(told, by=by(cast.ada))] == ["Seven"]
    assert accounts.take_in(told, by=by(cast.ada)) == []


def test_no_account_stands_above_itself(cast):
    accounts.change_account(cast.dune.pk, by=by(cast.mia), parent_id=cast.kelp.pk)
    with pytest.raises(ValidationError, match="above itself"):
        accounts.change_account(cast.kelp.pk, by=by(cast.mia), parent_id=cast.dune.pk)


def test_only_somebody_with_a_seat_owns_an_account_or_a_step(cast, today):
    with pytest.raises(ValidationError, match="no seat"):
        accounts.change_account(cast.kelp.pk, by=by(cast.mia), owner_id=cast.dot.pk)
    with pytest.raises(ValidationError, match="may not work"):
        timeline.add_task(cast.kelp.pk, "Call", due=today, owner_id=cast.dot.pk, by=by(cast.cas))


def test_nobody_takes_their_own_keys_away(cast):
    for change in ({"role": "reader"}, {"active": False}):
        with pytest.raises(ValidationError, match="own keys"):
            people.change_person(cast.ada.pk, by=by(cast.ada), **change)
    people.change_person(cast.cas.pk, by=by(cast.ada), active=False)
    cast.cas.refresh_from_db()
    assert not cast.cas.is_active


# --- nothing writes beside the write path ---


def writes(path: Path) -> list[str]:
    """Calls in a file that write rows: by their names, and for names that sets and dictionaries have by what they
    are called on."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            on = ast.unparse(node.func.value)
            if on.endswith("doing") or (node.func.attr in PLAIN and "objects" not in on):
                continue
            found.append(f"{path.name}:{node.lineno} {on}.{node.func.attr}")
    return found


def test_only_the_write_path_writes():
    for path in (SRC / "accounts").rglob("*.py"):
        if path.name != "act.py" and "migrations" not in path.parts and path.name != "audit.py":
            assert writes(path) == [], path


def test_the_search_for_writes_can_find_one(tmp_path):
    (tmp_path / "bad.py").write_text("Account.objects.filter(pk=1).update(name='x')\nrow.save()\n{}.update(a=1)\n")
    assert len(writes(tmp_path / "bad.py")) == 2


def test_a_text_that_one_database_cannot_hold_is_kept_in_none(cast):
    for fields in ({"name": "Kelp\0"}, {"tags": ["a\0"]}, {"custom": {"plan": "gold\0"}}):
        with pytest.raises(ValidationError, match="character of no text"):
            accounts.change_account(cast.kelp.pk, by=by(cast.mia), **fields)
