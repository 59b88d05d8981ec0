"""The accounts of the book of work by commands: listed, written to a file, taken in from one."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model

from holdfast.accounts.models import Account, Audit, Book, Person, Role, Seat

FILE = "Account Name;Level;Book;Plan\nKelp;;;gold\nTide;pooled;North;\nSand;golden;North;\n"


@pytest.fixture
def book(terminal, db):
    """Kelp in North, which Mia manages and Cas has a seat in; South is nobody's."""
    terminal("init")
    (terminal.home / "work.sqlite3").touch()
    north, _ = Book.objects.create(name="North"), Book.objects.create(name="South")
    for name, role in (("mia", Role.MANAGER), ("cas", Role.CSM)):
        user = get_user_model().objects.create(username=name)
        Person.objects.create(user=user, role=role)
        Seat.objects.create(user=user, book=north)
    return Account.objects.create(name="Kelp", book=north)


@pytest.fixture
def crm(tmp_path):
    path = tmp_path / "crm.csv"
    path.write_text(FILE)
    return path


def test_a_dry_run_says_what_each_row_would_do_and_writes_nothing(terminal, book, crm):
    said = terminal("accounts", "import", crm, "--column", "Level=tier", "--column", "Plan=custom: Plan", "--dry-run")
    assert "1 new, 1 changed, 0 as they are, 1 rejected" in said.out and "Nothing was written." in said.out
    assert "line 4  Sand: Level 'golden': it is one of Named, Pooled, Automated" in said.out
    assert Account.objects.count() == 1 and not Audit.objects.exists()


def test_a_file_is_taken_in_as_one_entry_and_twice_changes_nothing(terminal, book, crm, tmp_path):
    words = ("accounts", "import", crm, "--column", "Level=tier", "--as", "mia", "--json")
    said = terminal(*words, "--rejects", tmp_path / "out.csv").json
    assert said["rows"] == {"new": 1, "changed": 0, "unchanged": 1, "rejected": 1}
    assert [(r["line"], r["column"], r["value"]) for r in said["rejects"]] == [(4, "Level", "golden")]
    entry = Audit.objects.get(pk=said["entry"])
    assert (entry.by.username, entry.via, entry.note) == ("mia", "cli", "crm.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("crm.csv,4,")
    again = terminal(*words).json
    assert again["entry"] is None and again["rows"]["unchanged"] == 2
    assert Account.objects.count() == 2


def test_the_machines_own_administrator_is_named_in_the_activity(terminal, book, crm):
    terminal("accounts", "import", crm)
    assert Audit.objects.get().by_name == "the command line"


def test_a_person_does_by_commands_what_they_may_do_in_the_browser(terminal, book, crm):
    assert "may assign" in terminal("accounts", "import", crm, "--as", "cas", code=1).err
    assert "did you mean mia?" in terminal("accounts", "import", crm, "--as", "mie", code=1).err
    assert "no book 'South'" in terminal("accounts", "import", crm, "--as", "mia", "--book", "South", code=1).err
    assert Account.objects.count() == 1


def test_what_is_exported_is_taken_in_again_as_it_stands(terminal, book, tmp_path):
    for name in ("out.csv", "out.xlsx"):
        terminal("accounts", "export", "--out", tmp_path / name)
        assert terminal("accounts", "import", tmp_path / name, "--json").json["rows"]["unchanged"] == 1


def test_the_list_holds_what_the_person_sees(terminal, book):
    Account.objects.create(name="Dune", book=Book.objects.get(name="South"))
    assert [one["name"] for one in terminal("accounts", "list", "--json").json["accounts"]] == ["Dune", "Kelp"]
    assert terminal("accounts", "list", "--as", "cas", "--json").json["total"] == 1
    assert "Kelp" in terminal("accounts", "list", "kel").out
    assert "No account fits." in terminal("accounts", "list", "zzz").out


@pytest.mark.parametrize(("words", "code", "said"), [
    (("--kind", "plans"), 2, "--kind is one of"), (("--column", "Nothing=tier"), 2, "the file has the columns"),
    (("--column", "Level=nothing"), 2, "there is no column nothing"), (("--sheet", "x"), 1, "has no sheet"),
])  # fmt: skip
def test_what_cannot_be_meant_is_told_with_what_can(terminal, book, crm, words, code, said):
    assert said in " ".join(terminal("accounts", "import", crm, *words, code=code, columns=200).err.split())


def test_without_a_book_of_work_it_says_how_one_is_made(terminal, crm):
    terminal("init")
    assert "holdfast serve" in terminal("accounts", "import", crm, code=1).err


def test_a_file_of_which_nothing_could_be_used_ends_with_a_failure(terminal, book, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("name,tier\nKelp,golden\n")
    assert "1 rejected" in terminal("accounts", "import", path, code=1).out


def test_it_works_in_a_process_of_its_own(tmp_path, crm):
    """Where nothing has set Django up before."""
    env = os.environ | {"HOLDFAST_HOME": str(tmp_path / "home"), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
    holdfast = [sys.executable, "-c", "from holdfast.cli.app import main; main()"]
    subprocess.run([*holdfast, "init"], env=env, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v", "0"], env=env, check=True, capture_output=True)
    said = subprocess.run([*holdfast, "accounts", "import", crm], env=env, check=False, capture_output=True, text=True)
    assert said.returncode == 0 and "1 new, 0 changed, 0 as they are, 2 rejected" in said.stdout, said
