"""What hangs on accounts as files: columns that come back, and nothing of accounts one does not see."""

from __future__ import annotations

from datetime import date

import pytest
from acting import by
from django.utils import timezone

from holdfast.accounts.access import accounts_of
from holdfast.accounts.actions import renewals, timeline
from holdfast.accounts.actions.accounts import add_account, change_account
from holdfast.accounts.actions.filed import take_in_file
from holdfast.accounts.filed.columns import COLUMNS, guess
from holdfast.accounts.filed.sheet import read_sheet
from holdfast.accounts.models import Account, Contact, Contract, Renewal, Word
from holdfast.accounts.reading import exports
from holdfast.accounts.reading.listing import cells_of, listing
from holdfast.metrics.export import table_of, write

pytestmark = pytest.mark.django_db
NUMBERS = ("id", "account_id", "account_source", "source")  # mean nothing in another home


@pytest.fixture
def filled(cast):
    """Two people of whom one reports to the other, one who left; two terms in two currencies; some steps."""
    cas, kelp = by(cast.cas), cast.kelp.pk
    change_account(kelp, by=by(cast.ada), tags=["peak", "été"], custom={"Plan": "gold"}, since=date(2024, 5, 6))
    boss = timeline.add_contact(
        kelp, by=cas, name="Zoe Ek", title="Head", email="zoe@kelp.example", part="buyer", influence=5, interest=0,
        stance="against", stance_why="=Asked, twice", stance_on=date(2026, 2, 3), concern="Price;\nnew line",
    )  # fmt: skip
    timeline.add_contact(kelp, by=cas, name="Ann Lee", reports_to_id=boss.pk)
    gone = timeline.add_contact(kelp, by=cas, name="Bo")
    timeline.contact_left(gone.pk, on=date(2026, 1, 5), by=cas, owner_id=cast.cas.pk, due=date(2026, 2, 1))
    renewals.add_contract(
        kelp, by=cas, name="2026", currency="EUR", starts=date(2026, 1, 1), ends=date(2026, 12, 31),
        notice_on=date(2026, 9, 30), auto_renew=True, value_minor=1_200_050,
    )  # fmt: skip
    renewals.add_contract(
        kelp, by=cas, name="Yen", currency="JPY", starts=date(2026, 1, 1), ends=date(2026, 6, 30), value_minor=1_000,
    )  # fmt: skip
    timeline.add_task(kelp, "Call", due=date(2026, 3, 1), owner_id=cast.cas.pk, by=cas)
    return cast


def files(user, folder, suffix):
    """Accounts, people and contracts as written to files, in the order in which they come back."""
    found = {"accounts": cells_of(listing(user, {}, today=date(2026, 3, 2), limit=None).rows)}
    found |= {kind: exports.FILES[kind](accounts_of(user)) for kind in ("contacts", "contracts")}
    for kind, cells in found.items():
        write(table_of(*cells), folder / f"{kind}.{suffix}", suffix)
    return {kind: _without_numbers(*cells) for kind, cells in found.items()}


def _without_numbers(columns, rows):
    kept = [place for place, name in enumerate(columns) if name not in (*NUMBERS, "next_step", "next_step_due")]
    return [columns[place] for place in kept], [[row[place] for place in kept] for row in rows]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_accounts_people_and_contracts_of_one_home_are_taken_into_an_empty_one_as_they_were(filled, tmp_path, suffix):
    before = files(filled.ada, tmp_path, suffix)
    Renewal.objects.all().delete()
    for model in (Contract, Contact, Account, Word):
        model.objects.all().delete()
    for kind in before:
        sheet = read_sheet(tmp_path / f"{kind}.{suffix}", tmp_path)
        columns = {head: "" if said in NUMBERS else said for head, said in guess(sheet.header, kind, ["Plan"]).items()}
        proposal = take_in_file(kind, sheet, columns, by=by(filled.ada)).proposal
        assert proposal.counts["rejected"] == 0, [row.wrong for row in proposal.rows]
    after = files(filled.ada, tmp_path, suffix)
    assert after == before
    assert len(after["contacts"][1]) == 3 and len(after["contracts"][1]) == 2
    assert Contact.objects.get(name="Ann Lee").reports_to.name == "Zoe Ek"


@pytest.mark.parametrize("kind", ["contacts", "contracts"])
def test_a_file_of_people_or_contracts_taken_in_where_it_came_from_changes_nothing(filled, tmp_path, kind):
    files(filled.ada, tmp_path, "csv")
    sheet = read_sheet(tmp_path / f"{kind}.csv", tmp_path)
    proposal = take_in_file(kind, sheet, guess(sheet.header, kind), by=by(filled.ada)).proposal
    assert {row.outcome for row in proposal.rows} == {"unchanged"}


@pytest.mark.parametrize(("kind", "columns"), [("contacts", exports.CONTACTS), ("contracts", exports.CONTRACTS)])
def test_a_file_has_no_column_that_is_not_taken_in(kind, columns):
    assert set(columns) <= {one.name for one in COLUMNS[kind]}


def test_nobody_takes_away_what_hangs_on_accounts_they_do_not_see(filled, django_assert_num_queries):
    add_account(by=by(filled.ada), name="Tide", book_id=filled.south.pk)
    timeline.note(filled.kelp.pk, "x", by=by(filled.cas), at=timezone.now())
    for rows in exports.FILES.values():
        columns, found = rows(accounts_of(filled.dot))
        assert (len(columns), found) == (len(columns), [])
        with django_assert_num_queries(1):
            rows(Account.objects.all())


def test_two_who_report_to_a_name_that_two_have_or_to_a_bad_row_are_refused(cast, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(
        "account,name,email,reports to\nKelp,Ann,ann@kelp.example,\nKelp,Ann,a@kelp.example,\nKelp,Bo,,Ann\n"
        "Kelp,Cy,,Di\nKelp,Di,no address,\nKelp,Ed,,Ed\nKelp,Flo,,Cy\nKelp,Gus,,Hal\nKelp,Hal,,\n"
    )
    sheet = read_sheet(path, tmp_path)
    proposal = take_in_file("contacts", sheet, guess(sheet.header, "contacts"), by=by(cast.cas)).proposal
    assert [row.line for row in proposal.of("rejected")] == [4, 5, 6, 7, 8]
    said = {row.line: row.wrong[0].reason for row in proposal.of("rejected")}
    assert "2 people of this file" in said[4] and "no good row" in said[5] and "no good row" in said[8]
    assert said[7] == "nobody reports to themselves"
    assert Contact.objects.get(name="Gus").reports_to.name == "Hal"
