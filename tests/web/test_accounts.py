"""The book of work in the browser: the list, one account, people, what was done; and who must see nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from fakes import PASSWORD
from test_doors import OPEN, addresses

from holdfast.accounts.actions.index import mend_index
from holdfast.accounts.models import Account, Audit, Book, Contact, Person, Renewal, Role, Seat, Task, Team, Touchpoint
from holdfast.health.answer import Evidence
from holdfast.health.history import Kept
from holdfast.health.reading import Reading, Reason
from holdfast.health.subject import Subject
from holdfast.warehouse.home import Home
from holdfast.web import deciding, wellbeing

STEP = {"do": "task", "what": "Call about returns", "due": "2030-01-02"}


@pytest.fixture
def cast(shop: Home, ada: Client, person: Any) -> dict[str, Any]:
    """Ada administers; Cas has a seat in book North with the account of the shop; Eve has none."""
    north = Book.objects.create(name="North")
    kelp = Account.objects.create(name="Kelp & Co", source="shops:acme", book=north)
    clients = {}
    for name in ("cas", "eve"):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        clients[name] = Client()
        clients[name].force_login(user)
    Seat.objects.create(user=get_user_model().objects.get(username="cas"), book=north)
    return {"ada": ada, "north": north, "kelp": kelp, "page": f"/accounts/{kelp.pk}/", **clients}


def test_somebody_without_a_seat_finds_nothing_at_any_address(cast: dict[str, Any], settings: Any) -> None:
    """Every address, read and written: no name of an account or a shop, and nothing but her own choices is changed."""
    before = Audit.objects.exclude(by__username="eve").count()
    tried = 0
    for address in addresses(get_resolver().url_patterns):
        if address in OPEN or "settings/" in address:
            continue
        for ask in (cast["eve"].get, cast["eve"].post):
            answer = ask(f"/{address}")
            assert answer.status_code in (200, 302, 403, 404, 405, 422), address
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            for secret in (b"Kelp", b"acme", b"North"):
                assert secret not in body, (address, secret)
        tried += 1
    mend_index()
    assert b"Kelp" in cast["cas"].get("/palette/?q=kel").content
    for asked in ("palette/?q=kel", "search/?q=kel", "search/?q=review+kel", "search/?q=nor", "search/?q=acm"):
        assert b"Kelp" not in cast["eve"].get(f"/{asked}").content, asked
        assert cast["cas"].get(f"/{asked}").status_code == 200
    assert tried > 25
    assert Audit.objects.exclude(by__username="eve").count() == before
    assert set(Audit.objects.filter(by__username="eve").values_list("account", flat=True)) <= {None}
    assert cast["eve"].get(cast["page"]).status_code == 404
    assert cast["cas"].get(cast["page"]).status_code == 200


def test_numbers_of_a_shop_are_shown_to_whoever_has_its_account_and_to_nobody_else(cast: dict[str, Any]) -> None:
    assert cast["cas"].get("/metrics/repeat_purchase/").status_code == 200
    assert cast["eve"].get("/metrics/repeat_purchase/").status_code != 200
    assert cast["eve"].get("/", follow=True).content.count(b"None of your books holds an account with numbers") == 1


def test_an_account_opens_its_numbers_and_targets(cast: dict[str, Any]) -> None:
    told = cast["cas"].get(cast["page"]).content.decode()
    assert "Kelp &amp; Co" in told and 'href="/metrics/repeat_purchase_rate/' not in told
    assert ("against" in told and "/?scope=" in told) or "Scorecard" in told


def test_a_step_is_added_finished_and_taken_back(cast: dict[str, Any]) -> None:
    cas, kelp = cast["cas"], cast["kelp"]
    owner = get_user_model().objects.get(username="cas").pk
    assert "The step is on the list." in cas.post(cast["page"], STEP | {"owner": owner}, follow=True).content.decode()
    task = Task.objects.get()
    assert (task.account, task.what, task.done_at) == (kelp, "Call about returns", None)
    cas.post(cast["page"], {"do": "finish", "task": task.pk})
    task.refresh_from_db()
    assert task.done_at is not None
    entry = Audit.objects.first()
    assert cas.post(f"/activity/{entry.pk}/undo/").status_code == 302
    task.refresh_from_db()
    assert task.done_at is None


@pytest.mark.parametrize(("sent", "said"), [
    ({"do": "task", "what": "Call", "due": "soon", "owner": "1"}, "Say the day."),
    ({"do": "task", "what": "Call", "due": "2030-01-02", "owner": "999"}, "may not work on this account"),
    ({"do": "contact", "name": "Ann", "stance": "against"}, "what they said or did"),
    ({"do": "change", "name": ""}, "cannot be blank"),
    ({"do": "change", "custom": "no colon"}, "name: value"),
])  # fmt: skip
def test_what_cannot_be_kept_says_what_to_mend_and_changes_nothing(
    cast: dict[str, Any], sent: dict[str, str], said: str
) -> None:
    before = Audit.objects.count()
    told = cast["cas"].post(cast["page"], sent, follow=True).content.decode()
    assert said in told
    assert Audit.objects.count() == before


def test_a_contact_counts_only_with_a_recap_and_a_next_step(cast: dict[str, Any]) -> None:
    owner = get_user_model().objects.get(username="cas").pk
    cast["cas"].post(cast["page"], {"do": "plan", "kind": "check_in", "due": "2030-01-02", "owner": owner})
    one = Touchpoint.objects.get()
    hold = {"do": "hold", "touchpoint": one.pk, "at": "2030-01-02T10:00", "recap": "All well", "next_due": "2030-02-01",
            "owner": owner}  # fmt: skip
    assert "ends with a recap and a next step" in cast["cas"].post(cast["page"], hold, follow=True).content.decode()
    cast["cas"].post(cast["page"], hold | {"next_step": "Send the plan"})
    one.refresh_from_db()
    assert one.held_at is not None and one.next_step.what == "Send the plan"


def test_when_a_champion_leaves_finding_the_next_becomes_a_step(cast: dict[str, Any]) -> None:
    cast["cas"].post(cast["page"], {"do": "contact", "name": "Ida Berg", "part": "champion"})
    cast["cas"].post(cast["page"], {"do": "left", "contact": Contact.objects.get().pk})
    assert "Ida Berg" in Task.objects.get().what


def test_many_accounts_are_changed_at_once_and_undone_with_one_click(cast: dict[str, Any]) -> None:
    ada, two = cast["ada"], Account.objects.create(name="Dune", book=cast["north"])
    sent = {"do": "many", "account": [cast["kelp"].pk, two.pk], "set": "tier=pooled"}
    told = ada.post("/accounts/", sent, follow=True).content.decode()
    assert "2\u00a0accounts were changed." in told and "Undo" in told
    assert set(Account.objects.values_list("tier", flat=True)) == {"pooled"}
    again = ada.post("/accounts/", sent, follow=True).content.decode()
    assert ">Undo<" not in again  # they are so already: the newest deed is not this one
    assert "Nothing was changed: they are so already." in again
    assert "Write the tag" in ada.post("/accounts/", sent | {"set": "tag="}, follow=True).content.decode()
    ada.post(f"/activity/{Audit.objects.first().pk}/undo/", {"next": "/accounts/"})
    assert set(Account.objects.values_list("tier", flat=True)) == {"named"}
    ada.post("/accounts/", sent | {"account": two.pk})
    told = ada.post("/accounts/", sent, follow=True).content.decode().replace("\u00a0", " ")
    assert "1 account was changed; 1 was so already." in told


def test_who_may_not_assign_changes_many_accounts_neither_here_nor_by_hand(cast: dict[str, Any]) -> None:
    two = Account.objects.create(name="Dune", book=cast["north"])
    sent = {"do": "many", "account": [cast["kelp"].pk, two.pk], "set": "tier=pooled"}
    assert cast["cas"].post("/accounts/", sent).status_code == 403
    assert "Set on those ticked" not in cast["cas"].get("/accounts/").content.decode()
    assert cast["ada"].post("/accounts/", sent | {"set": "by=1"}).status_code == 404


def test_filters_find_by_name_person_owner_tag_and_what_is_late(cast: dict[str, Any]) -> None:
    Account.objects.create(name="Dune", book=cast["north"], tags=["été"])
    Contact.objects.create(account=cast["kelp"], name="Ida Berg")
    Task.objects.create(account=cast["kelp"], what="Late", due="2001-01-01")
    for query, found in (
        ("q=dune", "Dune"),
        ("q=berg", "Kelp"),
        ("tag=%C3%A9t%C3%A9", "Dune"),
        ("due=late", "Kelp"),
        ("due=none", "Dune"),
    ):
        rows = cast["ada"].get(f"/accounts/?{query}&as=csv").content.decode().splitlines()
        assert len(rows) == 2 and found in rows[1], query
    assert cast["ada"].get("/accounts/?due=zzz").status_code == 404
    assert cast["ada"].get("/accounts/?book=zzz").status_code == 404


def test_the_list_asks_the_database_as_often_for_fifty_accounts_as_for_one(
    cast: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        account = Account.objects.create(name=f"A{n}", book=cast["north"], tags=[str(n)])
        Task.objects.create(account=account, what="x", due="2030-01-01")
    with django_assert_max_num_queries(26):
        cast["cas"].get("/accounts/")


def test_accounts_of_the_data_are_taken_in_once(cast: dict[str, Any]) -> None:
    Account.objects.filter(pk=cast["kelp"].pk).update(source="")
    ada = cast["ada"]
    assert "that nobody looks after yet" in ada.get("/accounts/").content.decode()
    ada.post("/accounts/", {"do": "take in", "book": cast["north"].pk})
    assert Account.objects.get(source="shops:acme").book == cast["north"]
    assert "that nobody looks after yet" not in ada.get("/accounts/").content.decode()


def test_an_administrator_adds_somebody_with_a_seat_and_sends_them_away(cast: dict[str, Any]) -> None:
    ada = cast["ada"]
    new = {"do": "add person", "username": "new", "password": "kelp-holds-on-to-rock", "role": "csm"}
    assert "new can sign in now" in ada.post("/people/", new, follow=True).content.decode()
    user = get_user_model().objects.get(username="new")
    ada.post("/people/", {"do": "seat", "person": user.pk, "book": cast["north"].pk})
    theirs = Client()
    assert theirs.login(username="new", password="kelp-holds-on-to-rock")
    assert theirs.get(cast["page"]).status_code == 200
    ada.post("/people/", {"do": "change person", "person": user.pk, "role": "csm"})
    assert theirs.get(cast["page"]).status_code == 302  # to the sign-in
    assert (
        "too short" in ada.post("/people/", new | {"username": "x", "password": "short"}, follow=True).content.decode()
    )


def _with_second_factor(name: str) -> Any:
    user = get_user_model().objects.get(username=name)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return user, secret


def test_a_lost_second_factor_is_taken_away_and_its_owner_is_signed_out_and_told(cast: dict[str, Any]) -> None:
    ada, cas = cast["ada"], Client()
    cas.post("/login/", {"login": "cas", "password": PASSWORD})
    user, secret = _with_second_factor("cas")
    assert "Take the second factor away" in ada.get("/people/").content.decode()
    taken = {"do": "take second factor", "person": user.pk, "sure": "on"}
    assert cast["eve"].post("/people/", taken).status_code == 403
    assert ada.post("/people/", {"do": taken["do"], "person": user.pk}).status_code == 404  # nobody was asked
    assert "is taken away" in ada.post("/people/", taken, follow=True).content.decode()
    assert "Take the second factor away" not in ada.get("/people/").content.decode()
    assert cas.get("/").headers["Location"].startswith("/login/")
    cas.post("/login/", {"login": "cas", "password": PASSWORD})
    assert "ada took your second factor away" in cas.get("/notices/").content.decode()
    entry = Audit.objects.get(verb="take second factor")
    assert secret not in str(entry.changes) and "data" not in str(entry.changes) and entry.note == "cas"
    said = ada.post(f"/activity/{entry.pk}/undo/", follow=True).content.decode()
    assert "set up anew by whose it is" in said
    assert not Authenticator.objects.exists()
    assert "There is no second factor of cas" in ada.post("/people/", taken, follow=True).content.decode()


def test_ones_own_second_factor_is_taken_away_with_the_password_only(cast: dict[str, Any]) -> None:
    user, _ = _with_second_factor("ada")
    taken = {"do": "take second factor", "person": user.pk, "sure": "on"}
    for guess in ({}, {"password": "guess"}):
        assert "this is not it" in cast["ada"].post("/people/", taken | guess, follow=True).content.decode()
    assert Authenticator.objects.filter(user=user).count() == 2
    for _ in range(10):
        said = cast["ada"].post("/people/", taken | {"password": "guess"}, follow=True).content.decode()
    assert "Too many tries" in said
    cache.clear()
    cast["ada"].post("/people/", taken | {"password": PASSWORD})
    assert not Authenticator.objects.filter(user=user).exists()
    assert cast["ada"].get("/").headers["Location"].startswith("/login/")


def test_who_has_the_machine_takes_a_second_factor_away_as_the_how_to_says(cast: dict[str, Any]) -> None:
    user, _ = _with_second_factor("ada")
    call_command("take_second_factor", "ada", verbosity=0, stdout=io.StringIO())
    assert not Authenticator.objects.filter(user=user).exists()
    assert Audit.objects.get(verb="take second factor").by_name == "the command line"
    for name, why in (("ada", "no second factor of ada"), ("adda", "nobody called")):
        with pytest.raises(CommandError, match=why):
            call_command("take_second_factor", name)


def test_only_administrators_look_after_people(cast: dict[str, Any]) -> None:
    for ask in (cast["cas"].get, cast["cas"].post):
        assert ask("/people/").status_code == 403


def test_nobody_takes_back_what_another_did(cast: dict[str, Any]) -> None:
    cast["ada"].post(cast["page"], {"do": "change", "tier": "pooled"})
    entry = Audit.objects.first()
    assert cast["cas"].post(f"/activity/{entry.pk}/undo/").status_code == 403
    assert cast["eve"].post(f"/activity/{entry.pk}/undo/").status_code == 404


def test_who_lost_a_right_takes_back_nothing_that_needed_it(cast: dict[str, Any]) -> None:
    """Otherwise taking back would give seats and keys to whoever has none any more."""
    ada, me = cast["ada"], get_user_model().objects.get(username="ada")
    ada.post("/people/", {"do": "seat", "person": me.pk, "book": cast["north"].pk})
    ada.post("/people/", {"do": "unseat", "seat": Seat.objects.get(user=me).pk})
    ada.post("/accounts/", {"do": "many", "account": [cast["kelp"].pk], "set": f"owner={me.pk}"})
    seat, owner = Audit.objects.get(verb="take seat"), Audit.objects.get(verb="change account")
    ada.post(cast["page"], {"do": "change", "tier": "pooled"})
    own = Audit.objects.first()
    Person.objects.create(user=me, role=Role.CSM)
    Seat.objects.create(user=get_user_model().objects.get(username="ada"), book=Book.objects.create(name="South"))
    assert ada.post(f"/activity/{seat.pk}/undo/").status_code == 403
    assert ada.post(f"/activity/{owner.pk}/undo/").status_code == 404
    Seat.objects.create(user=me, book=cast["north"])
    assert ada.post(f"/activity/{owner.pk}/undo/").status_code == 403
    assert ada.post(f"/activity/{own.pk}/undo/").status_code == 302


def test_views_are_kept_shared_and_dropped(cast: dict[str, Any]) -> None:
    cast["ada"].post("/accounts/", {"do": "keep view", "name": "Pooled ones", "query": "tier=pooled", "shared": "on"})
    assert "Pooled ones" in cast["cas"].get("/accounts/").content.decode()
    view = get_user_model().objects.get(username="ada").saved_views.get()
    assert cast["cas"].post("/accounts/", {"do": "drop view", "view": view.pk}).status_code == 404
    cast["ada"].post("/accounts/", {"do": "drop view", "view": view.pk})
    assert "Pooled ones" not in cast["cas"].get("/accounts/").content.decode()


def test_health_is_shown_with_its_reasons_and_a_person_may_say_otherwise_for_a_time(
    cast: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = [reading_of(date(2026, 2, 1), 0.1), reading_of(date(2026, 3, 1), 0.9)]
    kept = tuple(Kept(f"s{n}", datetime(2026, 3, n + 1), "acme", one) for n, one in enumerate(read))
    monkeypatch.setattr(wellbeing, "_kept", lambda: {cast["kelp"].source: kept})
    told = cast["cas"].get(cast["page"]).content.decode()
    assert "refunds are high" in told.lower() and "At risk" in told
    assert "Health fell: at risk" in cast["cas"].get("/today/?whose=all").content.decode() or deciding.today() > date(
        2026, 3, 15
    )
    say = {"do": "override", "status": "good", "until": str(deciding.today() + timedelta(10))}
    assert "needs a reason" in cast["cas"].post(cast["page"], say, follow=True).content.decode()
    cast["cas"].post(cast["page"], say | {"reason": "They signed yesterday"})
    told = cast["cas"].get(cast["page"]).content.decode()
    assert "They signed yesterday" in told and "cas says good, against at risk" in told
    cast["cas"].post(cast["page"], {"do": "score again"})
    assert "They signed yesterday, against" not in cast["cas"].get(cast["page"]).content.decode()


def test_an_account_of_which_too_little_was_known_twice_says_so(
    cast: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = [replace(reading_of(date(2026, n, 1), 0.1), score=None, status="not scored", coverage=45.0) for n in (2, 3)]
    kept = tuple(Kept(f"s{n}", datetime(2026, 3, n + 1), "acme", one) for n, one in enumerate(read))
    monkeypatch.setattr(wellbeing, "_kept", lambda: {cast["kelp"].source: kept})
    assert "45 % of the points are known" in cast["cas"].get(cast["page"]).content.decode().replace("\u00a0", " ")


def test_a_person_of_the_account_is_changed_with_all_that_is_known_of_them(cast: dict[str, Any]) -> None:
    kelp = cast["kelp"]
    ann, ben = (Contact.objects.create(account=kelp, name=n, part="user", influence=2) for n in ("Ann", "Ben"))
    told = cast["cas"].get(cast["page"]).content.decode()
    assert 'value="Ann"' in told and "Change<span" in told
    sent = {"do": "change person", "contact": ann.pk, "name": "Ann Vik", "part": "buyer", "email": "ann@kelp.example",
            "influence": "5", "interest": "", "concern": "Prices", "reports_to": ben.pk}  # fmt: skip
    assert "Ann Vik is changed." in cast["cas"].post(cast["page"], sent, follow=True).content.decode()
    ann.refresh_from_db()
    assert (ann.name, ann.part, ann.influence, ann.interest, ann.reports_to) == ("Ann Vik", "buyer", 5, None, ben)
    assert (ann.email, ann.concern) == ("ann@kelp.example", "Prices")
    stance = cast["cas"].post(cast["page"], sent | {"stance": "support"}, follow=True).content.decode()
    assert "A stance needs what they said or did" in stance
    circle = {"do": "change person", "contact": ben.pk, "name": "Ben", "reports_to": ann.pk}
    assert "would report to themselves" in cast["cas"].post(cast["page"], circle, follow=True).content.decode()
    assert cast["eve"].post(cast["page"], sent).status_code == 404
    assert Audit.objects.get(verb="change contact").account == kelp


def test_the_day_from_which_another_formula_was_read_is_drawn_and_said(
    cast: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = [reading_of(date(2026, 2, 1), 0.1), replace(reading_of(date(2026, 3, 1), 0.2), digest="d2")]
    kept = tuple(Kept(f"s{n}", datetime(2026, 3, n + 1), "acme", one) for n, one in enumerate(read))
    monkeypatch.setattr(wellbeing, "_kept", lambda: {cast["kelp"].source: kept})
    told = cast["cas"].get(cast["page"]).content.decode()
    assert 'class="rule"' in told and "read by an edited scorecard from 1 Mar 2026" in told
    assert 'href="/health/b2c_marketplace/"' in told


def reading_of(day: date, taken: float) -> Reading:
    """One input of a hundred points that takes a share of them."""
    reason = Reason(
        "refunds",
        "Refunds",
        "Money",
        100,
        1000,
        round(1000 * taken),
        taken,
        "refunds are high",
        Evidence("metric", "refund_share", 1, day, 9),
    )
    score = 1000 - reason.lost
    return Reading(Subject("account", "acme", "acme"), "b2c_marketplace", "d1", day, "then", score,
                   "good" if score > 700 else "risk", 100.0, 60.0, (reason,), ())  # fmt: skip


def test_where_there_are_too_many_accounts_for_a_list_one_is_named(cast: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.setattr("holdfast.web.views.account.LISTED", 1)
    for name in ("Kelp Ltd", "Reef", "Reef"):
        Account.objects.create(name=name, book=cast["north"])
    told = cast["ada"].get(cast["page"]).content.decode()
    assert '<option value="Kelp Ltd">' in told  # its likely twin
    assert '<option value="Reef">' not in told
    refused = cast["ada"].post(cast["page"], {"do": "merge", "into": "Reef"}, follow=True).content.decode()
    assert "Several accounts are called Reef" in refused
    assert "There is no account Atlantis" in (
        cast["ada"].post(cast["page"], {"do": "merge", "into": "Atlantis"}, follow=True).content.decode()
    )
    cast["ada"].post(cast["page"], {"do": "change", "name": "Kelp & Co", "parent": "kelp ltd"})
    cast["kelp"].refresh_from_db()
    assert str(cast["kelp"].parent) == "Kelp Ltd"
    cast["ada"].post(cast["page"], {"do": "merge", "into": str(cast["kelp"].parent_id)})
    cast["kelp"].refresh_from_db()
    assert str(cast["kelp"].merged_into) == "Kelp Ltd"


def test_a_page_that_is_only_read_writes_nothing(cast: dict[str, Any]) -> None:
    """SQLite has one writer at a time: a click that wrote would wait for every job."""
    cast["cas"].get("/today/")  # keeps when the session was last used
    for path in ("/today/", cast["page"], "/accounts/"):
        with CaptureQueriesContext(connection) as asked:
            assert cast["cas"].get(path).status_code == 200
        assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries), path


def test_an_address_with_a_zero_character_is_a_bad_request_on_every_database(cast: dict[str, Any]) -> None:
    assert cast["cas"].get("/accounts/?q=%00").status_code == 400
    assert cast["cas"].get("/today/?item=task:1%00").status_code == 400


# Every table of the book of work as a file: the address, and its tables ("": the only one).
FILES = {
    "/accounts/": ("accounts", "contacts", "contracts", "steps", "touchpoints", "books"),
    "/accounts/{kelp}/": ("timeline", "contacts", "stakeholders", "steps", "touchpoints", "contracts", "health"),
    "/renewals/": ("renewals", "changes", "forecasters"),
    "/renewals/{renewal}/": ("stages", "options", "forecasts", "prices"),
    "/people/": ("people", "books", "teams"),
    "/coverage/": ("",), "/coverage/accounts/": ("",), "/activity/": ("",), "/work/": ("",), "/today/": ("",),
    "/discovery/": ("",), "/reviews/": ("",), "/notices/": ("",),
}  # fmt: skip


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_every_table_is_a_file_and_holds_nothing_for_who_sees_nothing(cast: dict[str, Any]) -> None:
    """Ada takes each as CSV and XLSX; Eve, who has no seat, gets an empty one or none at all."""
    cas = cast["cas"]
    cas.post(cast["page"], {"do": "contact", "name": "Ida Berg"})
    cas.post(cast["page"], STEP | {"owner": get_user_model().objects.get(username="cas").pk})
    term = {"name": "Plan Kelp", "currency": "EUR", "starts": "2026-01-01", "ends": "2027-01-01", "value": "12000"}
    cas.post(cast["page"], {"do": "contract", **term})
    keys = {"kelp": cast["kelp"].pk, "renewal": Renewal.objects.get().pk}
    for address, tables in FILES.items():
        for of in tables:
            path = address.format(**keys) + "?as={}" + (f"&of={of}" if of else "")
            for kind in ("csv", "xlsx"):
                answer = cast["ada"].get(path.format(kind))
                assert answer.status_code == 200, path
                assert f'.{kind}"' in answer["Content-Disposition"], path
                assert body_of(answer), path
            told = cast["eve"].get(path.format("csv"))
            assert told.status_code in (200, 403, 404), path
            for secret in (b"Kelp", b"Ida", b"North", b"12000", b"Call about returns"):
                assert secret not in body_of(told), (path, secret)
        assert not any(tables) or cast["ada"].get(address.format(**keys) + "?as=csv&of=secrets").status_code == 404
    own = cast["page"] + "?as=csv&of="
    assert "Ida Berg" in cas.get(own + "contacts").content.decode()
    assert "Call about returns" in cas.get(own + "steps").content.decode()
    assert "12000" in cas.get("/accounts/?as=csv&of=contracts&q=kelp").content.decode()
    assert "12000" not in cas.get("/accounts/?as=csv&of=contracts&q=dune").content.decode()


def test_an_administrator_renames_a_book_and_gives_it_a_team_and_an_owner(cast: dict[str, Any]) -> None:
    ada, north = cast["ada"], cast["north"]
    sea, cas = Team.objects.create(name="Sea"), get_user_model().objects.get(username="cas")
    sent = {"do": "change book", "book": north.pk, "name": "Far north", "team": sea.pk, "owner": cas.pk}
    assert "Saved." in ada.post("/people/", sent, follow=True).content.decode()
    north.refresh_from_db()
    assert (north.name, north.team, north.owner) == ("Far north", sea, cas)
    assert cast["cas"].post("/people/", sent).status_code == 403


def test_activity_calls_people_and_accounts_by_their_names_and_says_a_thing_once(cast: dict[str, Any]) -> None:
    """An account that somebody does not see is told by its number."""
    ada, kelp = cast["ada"], cast["kelp"]
    south = Book.objects.create(name="South")
    group = Account.objects.create(name="Kelp Group", book=south)
    two = Account.objects.create(name="Dune", book=cast["north"])
    ada.post(f"/accounts/{kelp.pk}/", {"do": "change", "name": "Kelp", "parent": str(group.pk), "tier": "named"})
    ada.post("/accounts/", {"do": "many", "account": [kelp.pk, two.pk], "set": "tier=pooled"})
    hers = ada.get("/activity/").content.decode()
    assert "parent nothing → Kelp Group" in hers
    assert "Change 2 accounts: tier Named → Pooled<" in hers  # of both alike, and once
    assert f"parent nothing → number {group.pk}" in cast["cas"].get("/activity/").content.decode()


def test_who_changed_many_accounts_finds_it_under_activity_and_nobody_else_does(cast: dict[str, Any]) -> None:
    """Mia, a manager, until she has no seat any more: then it says no name and no value."""
    mia = get_user_model().objects.create(username="mia")
    Person.objects.create(user=mia, role=Role.MANAGER)
    seat = Seat.objects.create(user=mia, book=cast["north"])
    two = Account.objects.create(name="Dune", book=cast["north"])
    hers = Client()
    hers.force_login(mia)
    hers.post("/accounts/", {"do": "many", "account": [cast["kelp"].pk, two.pk], "set": "tier=pooled"})
    assert Audit.objects.first().account is None
    assert "tier Named → Pooled" in hers.get("/activity/").content.decode()
    assert "Pooled" not in cast["cas"].get("/activity/").content.decode()
    seat.delete()
    told = hers.get("/activity/").content.decode()
    assert "of accounts you do not see any more" in told and "Pooled" not in told
    assert "pooled" not in hers.get("/activity/?as=csv").content.decode()


def test_who_keeps_it_running_reads_what_runs_and_what_waits_and_nobody_else_does(cast: dict[str, Any]) -> None:
    for name in ("cas", "eve"):
        assert cast[name].get("/status").status_code == 403
    told = cast["ada"].get("/status").json()
    assert (told["ready"], told["database"]) == ("ok", connection.vendor)
    assert told["snapshot"]["id"] and isinstance(told["jobs"], list) and isinstance(told["queue"], dict)
