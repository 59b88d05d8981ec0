"""Accounts, people and contracts from a file: what each row would do, to whom, and how it is taken back."""

import csv
import io
from datetime import date

import pytest
from acting import by

from holdfast.accounts.access import MayNot
from holdfast.accounts.act import undo
from holdfast.accounts.actions import accounts as deeds
from holdfast.accounts.actions import timeline
from holdfast.accounts.actions.filed import OtherwiseNow, propose, take_in_file
from holdfast.accounts.filed import cell
from holdfast.accounts.filed.columns import guess, kind_of, settled
from holdfast.accounts.filed.proposal import Given
from holdfast.accounts.filed.sheet import read_sheet
from holdfast.accounts.models import Account, Audit, Contact, Contract, Renewal
from holdfast.accounts.reading.listing import cells_of, listing
from holdfast.metrics.export import table_of, write
from holdfast.sources.files.problem import FileProblem

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(tmp_path):
    def make(text, name="file.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return read_sheet(path, tmp_path)

    return make


def columns(found, kind="accounts", customs=()):
    return guess(found.header, kind, customs)


def looked(found, user, kind="accounts", given=None):
    return propose(kind, found, columns(found, kind), by=by(user), given=given or Given())


def taken(found, user, kind="accounts", **more):
    return take_in_file(kind, found, columns(found, kind), by=by(user), **more).proposal


def outcomes(proposal):
    return [(row.line, row.outcome) for row in proposal.rows]


def reasons(proposal):
    return [wrong.reason for row in proposal.rows for wrong in row.wrong]


def exported(user, path, today=date(2026, 3, 2)):
    """What the list of accounts writes to a file, by the suffix of the path."""
    write(table_of(*cells_of(listing(user, {}, today=today, limit=None).rows)), path, path.suffix[1:])
    return path


def test_a_row_says_new_changed_unchanged_or_rejected_and_nothing_is_written(cast, sheet):
    found = sheet("Account,Tier,Book\nKelp,pooled,\nDune,,\nTide,Automated,South\nSand,golden,South\n")
    before = Audit.objects.count(), Account.objects.count()
    proposal = looked(found, cast.mia)
    assert outcomes(proposal) == [(2, "changed"), (3, "unchanged"), (4, "new"), (5, "rejected")]
    (kelp,) = proposal.rows[0].differences
    assert (kelp.field, kelp.before, kelp.after) == ("tier", "Named", "Pooled")
    (wrong,) = proposal.rows[3].wrong
    assert (wrong.column, wrong.value, wrong.reason) == ("Tier", "golden", "it is one of Named, Pooled, Automated")
    assert (Audit.objects.count(), Account.objects.count()) == before


def test_a_file_is_one_entry_that_can_be_taken_back_whole(cast, sheet):
    found = sheet("name,tier,book,parent\nKelp,pooled,,\nTide,,South,Kelp\nBay,,South,Tide\n")
    taken(found, cast.mia)
    entry = Audit.objects.first()
    assert (entry.verb, entry.note, entry.by) == ("take in accounts from a file", "file.csv", cast.mia)
    assert dict(Account.objects.values_list("name", "parent__name")) == {
        "Kelp": None, "Dune": None, "Tide": "Kelp", "Bay": "Tide",
    }  # fmt: skip
    undo(entry, by=by(cast.mia))
    assert dict(Account.objects.values_list("name", "tier")) == {"Kelp": "named", "Dune": "named"}


def test_the_same_file_again_doubles_nothing(cast, sheet):
    found = sheet('name,book,custom: Plan,tags\nTide,South,gold,"b, a"\n')
    taken(found, cast.mia)
    entries = Audit.objects.count()
    assert outcomes(taken(found, cast.mia)) == [(2, "unchanged")]
    assert Audit.objects.count() == entries and Account.objects.filter(name="Tide").count() == 1


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_what_was_exported_comes_back_as_it_was_and_a_renamed_row_is_the_same_account(cast, tmp_path, suffix):
    deeds.change_account(
        cast.kelp.pk, by=by(cast.mia), tags=["=cmd", "vip"], custom={"Plan": "-gold", "2024": "été"}, since=date(2020, 2, 3)
    )  # fmt: skip
    deeds.change_account(cast.dune.pk, by=by(cast.mia), name="=1+1", parent_id=cast.kelp.pk)
    found = read_sheet(exported(cast.mia, tmp_path / f"out.{suffix}"), tmp_path)
    assert [row.outcome for row in looked(found, cast.mia).rows] == ["unchanged", "unchanged"]
    renamed = [line.cells for line in found.lines]
    text = io.StringIO()
    csv.writer(text).writerows([found.header, *([c[0], f"{c[1]} & Co", *c[2:]] for c in renamed)])
    (tmp_path / "again.csv").write_text(text.getvalue())
    taken(read_sheet(tmp_path / "again.csv", tmp_path), cast.mia)
    assert set(Account.objects.values_list("pk", "name")) == {(cast.kelp.pk, "Kelp & Co"), (cast.dune.pk, "=1+1 & Co")}


def test_no_cell_of_an_exported_file_is_run_by_a_spreadsheet(cast, tmp_path):
    deeds.change_account(cast.kelp.pk, by=by(cast.mia), name="=HYPERLINK(1)", custom={"Plan": "@sum"})
    told = exported(cast.mia, tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "'=HYPERLINK(1)" in told and "'@sum" in told


def test_an_empty_cell_leaves_what_stands_and_a_dash_takes_it_away(cast, sheet):
    deeds.change_account(cast.kelp.pk, by=by(cast.mia), tags=["vip"], custom={"Plan": "gold"}, since=date(2020, 1, 1))
    assert outcomes(looked(sheet("name,tags,custom: Plan,since\nKelp,,,\n"), cast.mia)) == [(2, "unchanged")]
    taken(sheet("name,tags,custom: Plan,since\nKelp,-,-,-\n"), cast.mia)
    cast.kelp.refresh_from_db()
    assert (cast.kelp.tags, cast.kelp.custom, cast.kelp.since) == ([], {}, None)
    assert "an account has one" in reasons(looked(sheet("name,tier\nKelp,-\n"), cast.mia))[0]


def test_nobody_learns_of_accounts_books_or_people_they_do_not_see(cast, sheet):
    """Dot is made a manager of nothing but her book: Kelp, North and Cas are not there for her."""
    cast.dot.person.role = "manager"
    cast.dot.person.save()
    found = sheet(
        f"id,name,book,owner,parent\n{cast.kelp.pk},,,,\n9999,,,,\n,Kelp,South,,\n,Bay,North,,\n,Bay,Nowhere,,\n"
        ",Bay,South,cas,\n,Bay,South,nobody,\n,Bay,South,,Kelp Forest\n"
    )  # fmt: skip
    proposal = looked(found, cast.dot)
    told = {row.line: tuple(wrong.reason for wrong in row.wrong) for row in proposal.rows}
    assert told[2] == told[3] == ("there is no account of this number that you see",)
    assert proposal.rows[2].outcome == "new"  # a Kelp of her own, as for any other name
    assert told[5] == told[6] and told[7] == told[8] and told[9]
    assert "shops:Kelp" not in str(proposal)
    source = looked(sheet("source,name\nshops:Kelp,Kelp\nshops:None,Nil\n"), cast.dot)
    assert len(set(reasons(source))) == 1


def test_what_is_put_under_an_account_one_does_not_see_stays_there(cast, sheet, tmp_path):
    """An empty cell is what Dot exports, and it takes no parent away."""
    deeds.change_account(cast.dune.pk, by=by(cast.mia), parent_id=cast.kelp.pk)
    cast.dot.person.role = "manager"
    cast.dot.person.save()
    found = read_sheet(exported(cast.dot, tmp_path / "out.csv"), tmp_path)
    assert [row.outcome for row in taken(found, cast.dot).rows] == ["unchanged"]
    cast.dune.refresh_from_db()
    assert cast.dune.parent_id == cast.kelp.pk


def test_a_file_of_accounts_needs_who_may_assign_and_one_of_people_who_may_note(cast, sheet):
    with pytest.raises(MayNot):
        looked(sheet("name,book\nTide,North\n"), cast.cas)
    people = sheet("account,name\nKelp,Ann\n")
    with pytest.raises(MayNot):
        taken(people, cast.exe, "contacts")
    assert outcomes(taken(people, cast.sup, "contacts")) == [(2, "new")]


def test_an_account_in_no_book_is_made_only_by_who_sees_it_afterwards(cast, sheet):
    found = sheet("name\nTide\n")
    assert "in none you would not see" in reasons(looked(found, cast.mia))[0]
    assert looked(found, cast.mia, given=Given(book_id=cast.south.pk)).rows[0].outcome == "new"
    assert looked(found, cast.ada).rows[0].outcome == "new"


def test_circles_missing_parents_and_what_hangs_on_a_bad_row_are_refused(cast, sheet):
    found = sheet(
        "name,book,parent,tier\nKelp,,Dune,\nDune,,Kelp,\nTide,South,Nowhere,\nBay,South,Tide,\nOne,South,,golden\n"
        "Two,South,One,\nThree,South,Three,\n"
    )
    proposal = looked(found, cast.mia)
    assert proposal.counts == {"new": 0, "changed": 0, "unchanged": 0, "rejected": 7}
    assert sum("above itself" in reason for reason in reasons(proposal)) == 3


def test_a_row_that_speaks_of_what_an_earlier_one_did_is_refused(cast, sheet):
    found = sheet(f"id,name,book,tier\n,Tide,South,\n,TIDE ,South,pooled\n{cast.kelp.pk},,,pooled\n,kelp,,named\n")
    assert outcomes(looked(found, cast.mia)) == [(2, "new"), (3, "rejected"), (4, "changed"), (5, "rejected")]
    assert reasons(looked(found, cast.mia)) == [f"line {n} speaks of the same already" for n in (2, 4)]


def test_two_accounts_of_one_name_are_told_apart_by_their_numbers(cast, sheet):
    two = deeds.add_account(by=by(cast.mia), name="Kelp", book_id=cast.south.pk)
    assert "say the number" in reasons(looked(sheet("name,tier\nKelp,pooled\n"), cast.mia))[0]
    taken(sheet(f"id,name,tier\n{two.pk},Kelp,pooled\n"), cast.mia)
    assert set(Account.objects.filter(name="Kelp").values_list("pk", "tier")) == {
        (cast.kelp.pk, "named"), (two.pk, "pooled"),
    }  # fmt: skip


def test_what_was_agreed_to_is_not_done_when_it_would_be_something_else_now(cast, sheet):
    found = sheet("name,tier\nKelp,pooled\n")
    stamp = looked(found, cast.mia).stamp
    deeds.change_account(cast.kelp.pk, by=by(cast.cas), tier="automated")
    with pytest.raises(OtherwiseNow):
        taken(found, cast.mia, stamp=stamp)
    cast.kelp.refresh_from_db()
    assert cast.kelp.tier == "automated"


def test_people_are_found_by_address_then_by_name_and_never_moved_to_another_account(cast, sheet):
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann Lee", email="ann@kelp.example")
    found = sheet(
        "Company,First name,Last name,E-mail,Role,Influence\n"
        "Kelp,Ann,Lee-Ray,ANN@kelp.example,champion,5\nKelp,Bo,Ek,,Economic buyer,\nKelp,Cy,,nothing,,7\n"
        "Dune,Di,,,,\n"
    )
    proposal = taken(found, cast.cas, "contacts")
    assert outcomes(proposal) == [(2, "changed"), (3, "new"), (4, "rejected"), (5, "rejected")]
    ann.refresh_from_db()
    assert (ann.name, ann.part, ann.influence) == ("Ann Lee-Ray", "champion", 5)
    assert Contact.objects.get(name="Bo Ek").part == "buyer"
    assert reasons(proposal) == [
        "this is no e-mail address", "write a whole number from 0 to 5", "no account that you see is called so",
    ]  # fmt: skip
    again = taken(found, cast.cas, "contacts")
    assert again.counts == {"new": 0, "changed": 1, "unchanged": 1, "rejected": 2} or again.counts["new"] == 0
    moved = looked(sheet(f"id,account,name\n{ann.pk},Dune,Ann\n"), cast.mia, "contacts")
    assert "of another account" in reasons(moved)[0]


def test_a_stance_needs_what_they_said_in_a_file_too(cast, sheet):
    assert reasons(looked(sheet("account,name,stance\nKelp,Ann,against\n"), cast.cas, "contacts")) == [
        timeline.NEEDS_REASON
    ]


def test_a_contract_of_a_file_has_the_rules_of_one_entered_by_hand_and_a_renewal(cast, sheet):
    found = sheet(
        "account;contract;annual value;currency;start;end;notice\n"
        "Kelp;2026;12.000,50;eur;01.01.2026;31.12.2026;\nKelp;back;1;EUR;2026-01-01;2025-01-01;\n"
        "Kelp;odd;12.000;XXY;2026-01-01;2026-02-01;\n"
    )
    proposal = taken(found, cast.cas, "contracts")
    assert outcomes(proposal) == [(2, "new"), (3, "rejected"), (4, "rejected")]
    made = Contract.objects.get()
    assert (made.value_minor, made.currency, made.ends) == (1200050, "EUR", date(2026, 12, 31))
    assert Renewal.objects.get().owner == cast.cas
    assert outcomes(taken(found, cast.cas, "contracts"))[0] == (2, "unchanged")
    undo(Audit.objects.filter(verb="take in contracts from a file").first(), by=by(cast.cas))
    assert not Contract.objects.exists()


def test_columns_are_known_by_what_others_call_them_and_can_be_said_otherwise():
    assert kind_of(["Account Name", "Account Owner", "Lifecycle"]) == "accounts"
    assert kind_of(["Company", "First Name", "Email"]) == "contacts"
    assert kind_of(["Customer", "ARR", "Start date", "End date"]) == "contracts"
    assert guess(["Company", "NAME", "Plan", "Odd"], "accounts", ["Plan"]) == {
        "Company": "name", "NAME": "", "Plan": "custom: Plan", "Odd": "",
    }  # fmt: skip
    with pytest.raises(ValueError, match="two columns"):
        settled(["a", "b"], "accounts", {"a": "name", "b": "name"})
    with pytest.raises(ValueError, match="no column"):
        settled(["a"], "contacts", {"a": "custom: x"})


@pytest.mark.parametrize(("said", "first", "found"), [
    ("2026-03-04", None, date(2026, 3, 4)), ("2026-03-04 00:00:00", None, date(2026, 3, 4)),
    ("4.3.2026", None, date(2026, 3, 4)), ("04/03/2026", True, date(2026, 3, 4)),
    ("03/04/2026", False, date(2026, 3, 4)), ("03/04/2026", None, "told"), ("2026-02-30", None, "no such day"),
    ("soon", None, "write the day"),
])  # fmt: skip
def test_days_are_read_as_they_stand_and_never_guessed(said, first, found):
    if isinstance(found, date):
        assert cell.day(said, first) == found
    else:
        with pytest.raises(ValueError, match=found):
            cell.day(said, first)


def test_the_order_of_day_and_month_is_told_by_the_column():
    assert cell.day_first(["03/04/2026", "13/04/2026"]) is True
    assert cell.day_first(["03/04/2026", "04/13/2026"]) is False
    assert cell.day_first(["03/04/2026"]) is None
    assert cell.day_first(["13/04/2026", "04/13/2026"]) is None


@pytest.mark.parametrize(("said", "found"), [
    ("1200", 120000), ("1 200.50", 120050), ("1,200.50", 120050), ("1.200,50", 120050), ("12,5", 1250),
    ("1,200", 120000), ("1.200.000", 120000000), ("1.200", None), ("EUR 5", None),
])  # fmt: skip
def test_an_amount_that_could_be_two_is_refused(said, found):
    if found is None:
        with pytest.raises(ValueError, match="write"):
            cell.minor(said, "EUR")
    else:
        assert cell.minor(said, "EUR") == found


def test_lines_are_told_as_the_file_numbers_them(sheet):
    found = sheet('name,tags\n\n"Two\nlines",a\nshort\nlast,b\n')
    assert [(line.number, bool(line.wrong)) for line in found.lines] == [(3, False), (5, True), (6, False)]


@pytest.mark.parametrize(("text", "name", "said"), [
    ("name\n", "file.csv", "no row"), ("name,book\n", "file.csv", "no row"), ("", "file.csv", "empty"),
    ('name,book\n"a,b\n', "file.csv", "quotes"), ("x", "file.pdf", "not read here"), ("x", "file.xlsx", "workbook"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(sheet, text, name, said):
    with pytest.raises(FileProblem, match=said):
        sheet(text, name)


def test_a_file_of_an_older_encoding_is_read(cast, sheet):
    found = sheet("name,book\nÉté,South\n", encoding="cp1252")
    assert looked(found, cast.mia).rows[0].name == "Été"


def test_own_fields_filter_the_list(cast, today):
    deeds.change_account(cast.kelp.pk, by=by(cast.mia), custom={"Plan": "gold", "2024": "été", 'a "b"': "x"})
    for asked, names in (
        ({"own:Plan": "gold"}, ["Kelp"]), ({"own:Plan": "!"}, ["Dune"]), ({"has:Plan": "OL"}, ["Kelp"]),
        ({"own:2024": "été"}, ["Kelp"]), ({'own:a "b"': "x"}, ["Kelp"]), ({"own:Plan": "go"}, []),
        ({"own:Nothing": "x"}, []), ({"own:Plan": "gold", "own:2024": "!"}, []), ({"own:Plan": " "}, ["Dune", "Kelp"]),
    ):  # fmt: skip
        found = listing(cast.mia, asked, today=today, limit=None)
        assert [row.account.name for row in found.rows] == names, asked


def test_an_account_of_somebody_who_left_goes_out_and_in_again_unchanged(cast, sheet, tmp_path):
    cast.cas.is_active = False
    cast.cas.save()
    found = read_sheet(exported(cast.ada, tmp_path / "file.csv"), tmp_path)
    assert outcomes(looked(found, cast.ada)) == [(2, "unchanged"), (3, "unchanged")]
    (wrong,) = reasons(looked(sheet("Account,Book,Owner\nKelp,South,cas\n"), cast.ada))
    assert wrong == "nobody of this name has a seat in its book"
