"""Today and renewals in the browser: what is due, ranked; a contract to its signature; and who sees none of it."""

from __future__ import annotations

import logging
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import fakes
import pytest
from acting import SCHEDULE
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from holdfast.accounts.actions.notices import make_notices
from holdfast.accounts.decide.slipping import Change
from holdfast.accounts.models import (
    Account,
    Approval,
    Book,
    Contact,
    Expansion,
    Forecast,
    IssuedReview,
    Person,
    Renewal,
    ReviewDraft,
    Role,
    Seat,
    Task,
)
from holdfast.commerce.money import Money
from holdfast.warehouse.home import Home, Shop
from holdfast.web import deciding
from holdfast.web.logs import NothingPrivate
from holdfast.web.tokens import kept_place, nobody_yet, welcome_token
from holdfast.web.views.renewals import change_words
from holdfast.web.views.reviews import lacks

DAY = date(2026, 3, 2)


@pytest.fixture
def cast(shop: Home, ada: Client, person: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Cas owns Kelp with a contract of 120,000 that ends in 60 days; Mia manages; Eve sees nothing."""
    monkeypatch.setattr(deciding, "today", lambda: DAY)
    north = Book.objects.create(name="North")
    made: dict[str, Any] = {"ada": ada}
    for name, role in (("cas", Role.CSM), ("mia", Role.MANAGER), ("eve", Role.CSM)):
        user = person(name)
        Person.objects.create(user=user, role=role)
        made[name], made[f"{name}_id"] = Client(), user.pk
        made[name].force_login(user)
        if name != "eve":
            Seat.objects.create(user=user, book=north)
    kelp = Account.objects.create(name="Kelp", book=north, owner_id=made["cas_id"])
    made |= {"kelp": kelp, "page": f"/accounts/{kelp.pk}/"}
    sent = {"do": "contract", "name": "Kelp 2025", "value": "120 000", "currency": "eur", "starts": "2025-05-01",
            "ends": "2026-05-01", "notice_on": "2026-03-20"}  # fmt: skip
    assert "renewal begins with it" in made["cas"].post(made["page"], sent, follow=True).content.decode()
    return made | {"renewal": f"/renewals/{Renewal.objects.get().pk}/"}


def plain(told: str) -> str:
    """With spaces that may break."""
    return re.sub(r"[\u00a0\u202f\u2009]", " ", told)


def test_who_may_not_answer_a_price_is_told_why_and_an_owner_who_left_is_kept(cast: dict[str, Any]) -> None:
    """Saving the plan of a renewal took its owner away once they could not sign in any more."""
    cas, mia, page = cast["cas"], cast["mia"], cast["renewal"]
    told = cas.post(page, {"do": "ask", "percent": "-10", "reason": "Two years"}, follow=True).content.decode()
    assert "Nobody approves what they asked for themselves." in told and ">Approve<" not in told and "−10" in told
    assert ">Approve<" in mia.get(page).content.decode()
    get_user_model().objects.filter(pk=cast["cas_id"]).update(is_active=False)
    told = mia.get(page).content.decode()
    assert f'<option value="{cast["cas_id"]}" selected>cas, who may not work on it any more' in told
    mia.post(page, {"do": "plan", "owner": cast["cas_id"], "closes_on": "2026-05-01", "walk_away": "Below 90 000"})
    renewal = Renewal.objects.get()
    assert (renewal.owner_id, renewal.walk_away) == (cast["cas_id"], "Below 90 000")


def test_growth_is_planned_for_an_objective_that_somebody_there_accepted_and_for_nothing_else(
    cast: dict[str, Any],
) -> None:
    cas, page = cast["cas"], cast["page"]
    assert "Nobody is known here who could accept an objective" in cas.get(page).content.decode()
    ann = Contact.objects.create(account=cast["kelp"], name="Ann Vik")
    sent = {"do": "expansion", "what": "The second shop", "objective": "Sell in Norway", "accepted_by": ann.pk,
            "accepted_on": "2026-02-20", "value": "24 000", "currency": "eur"}  # fmt: skip
    for lacking in ({"objective": " "}, {"accepted_by": ""}, {"accepted_on": "2026-03-09"}):
        assert 'class="callout risk"' in cas.post(page, sent | lacking, follow=True).content.decode()
    assert not Expansion.objects.exists()
    told = cas.post(page, sent, follow=True).content.decode()
    assert "“Sell in Norway”, accepted by Ann Vik on 20 Feb 2026" in told and "€24\u202f000 a year" in told
    key = Expansion.objects.get().pk
    assert "Say why" in cas.post(page, {"do": "end expansion", "expansion": key}, follow=True).content.decode()
    cas.post(page, {"do": "end expansion", "expansion": key, "won": "yes"})
    assert "The second shop" in cas.get(page + "?as=csv&of=growth").content.decode()
    assert Expansion.objects.get().state == "won"


def test_renewals_show_the_ledger_beside_the_contracts_that_ended(cast: dict[str, Any]) -> None:
    """Kelp's term of the year before was signed for less; the invented shop holds no ledger, which is said."""
    sent = {"do": "contract", "name": "Kelp 2024", "value": "100 000", "currency": "eur", "starts": "2024-05-01",
            "ends": "2025-05-01"}  # fmt: skip
    cast["cas"].post(cast["page"], sent)
    Renewal.objects.filter(contract__name="Kelp 2024").update(
        stage="signed", signed=True, signed_minor=90_000_00, ended_on=date(2025, 4, 20)
    )
    told = " ".join(cast["cas"].get("/renewals/").content.decode().split())
    assert "Kept of a year ago" in told and "1 ended: 1 signed, 0 lost, 0 not decided" in told
    assert "90.0 %" in told and "two are shown side by side" in told


def test_the_queue_says_what_is_at_stake_and_why_it_is_there(cast: dict[str, Any]) -> None:
    Task.objects.create(
        account=cast["kelp"], what="Call about returns", due=DAY - timedelta(days=3), owner_id=cast["cas_id"]
    )
    told = cast["cas"].get("/today/").content.decode()
    assert "Call about returns" in told and "€120 000" in plain(told) and "Renewal of Kelp 2025" in told
    assert "was due on 27 Feb 2026, 3 days ago" in told
    rows = cast["cas"].get("/today/?as=csv").content.decode().splitlines()
    assert len(rows) == 3 and rows[0].lstrip("\ufeff").startswith("rank,account")


def test_what_nobody_has_forecast_is_not_known_rather_than_none(cast: dict[str, Any]) -> None:
    told = plain(cast["cas"].get("/today/").content.decode())
    for words in ("Of these at risk", "Expected to be lost of these"):
        fact = told.partition(words)[2].partition("</div>")[0]
        assert "not known" in fact and "nobody has forecast one" in fact
    Forecast.objects.create(
        renewal=Renewal.objects.get(), by_id=cast["cas_id"], on=DAY, probability="0.75", amount_minor=120_000_00
    )
    told = plain(cast["cas"].get("/today/").content.decode())
    assert "€30 000" in told.partition("Expected to be lost of these")[2].partition("</div>")[0]


def test_an_item_opens_beside_the_queue_with_and_without_javascript(cast: dict[str, Any]) -> None:
    item = f"renewal:{Renewal.objects.get().pk}"
    part = cast["cas"].get("/today/", {"item": item}, headers={"HX-Request": "true"}).content.decode()
    assert "last day for notice is 20 Mar 2026" in part and "<nav" not in part
    assert "<nav" in cast["cas"].get("/today/", {"item": item}).content.decode()
    assert cast["cas"].get("/today/?item=task:999").status_code == 404


def test_snoozed_and_finished_things_are_out_of_sight(cast: dict[str, Any]) -> None:
    task = Task.objects.create(account=cast["kelp"], what="Call", due=DAY, owner_id=cast["cas_id"])
    cast["cas"].post("/today/", {"do": "finish", "row": task.pk})
    task.refresh_from_db()
    assert task.done_at is not None
    told = cast["cas"].get("/today/?whose=mine").content.decode().replace("\u00a0", " ")
    assert "1 thing, what would lose the most first" in told
    item = {"do": "snooze", "item": f"renewal:{Renewal.objects.get().pk}", "account": cast["kelp"].pk}
    assert "still to come" in cast["cas"].post("/today/", item | {"until": str(DAY)}, follow=True).content.decode()
    cast["cas"].post("/today/", item | {"until": "2026-03-09"})
    assert "Nothing needs you today" in cast["cas"].get("/today/?whose=mine").content.decode()


def test_a_renewal_says_what_each_stage_needs_and_goes_through_them_to_its_end(cast: dict[str, Any]) -> None:
    cas, page, renewal = cast["cas"], cast["renewal"], Renewal.objects.get()
    assert "The internal review was due by 1 Jan 2026" in cas.get(page).content.decode()
    cas.post(page, {"do": "move", "to": "review"})
    refused = cas.post(page, {"do": "move", "to": "asked"}, follow=True).content.decode()
    assert "at least two options" in refused
    ann = Contact.objects.create(account=cast["kelp"], name="Ann")
    plan = {"do": "plan", "owner": cast["cas_id"], "closes_on": "2026-04-20", "walk_away": "below 60,000", "answer": "We want to stay",
            "renew_why": "same again", "renew_value": "120000", "exit_why": "they move off", "chosen": "renew", "yes_from": ann.pk}  # fmt: skip
    assert "Saved." in cas.post(page, plan, follow=True).content.decode()
    cas.post(page, {"do": "move", "to": "asked"})
    cas.post(page, {"do": "forecast", "percent": "70", "amount": "110,000.50", "because": "they said so"})
    said = Forecast.objects.get()
    assert (float(said.probability), said.amount_minor) == (0.7, 11_000_050)
    plan_talk = {"do": "plan", "kind": "renewal", "due": "2026-03-02", "owner": cast["cas_id"]}
    cas.post(cast["page"], plan_talk)
    talk = cast["kelp"].touchpoints.get()
    cas.post(cast["page"], {"do": "hold", "touchpoint": talk.pk, "at": "2026-03-02T10:00", "recap": "Agreed", "next_step": "Send it",
                            "next_due": "2026-03-09", "owner": cast["cas_id"]})  # fmt: skip
    for stage in ("contact", "committed"):
        cas.post(page, {"do": "move", "to": stage})
    cas.post(page, {"do": "move", "to": "signed", "ended_on": "2026-03-02", "signed": "115000"})
    renewal.refresh_from_db()
    assert (renewal.stage, renewal.signed, renewal.signed_minor) == ("signed", True, 11_500_000)
    listed = cas.get("/renewals/").content.decode()
    assert "Signed" in listed and "€115 000" in plain(listed)
    assert cas.get("/renewals/?as=csv").content.decode().count("Kelp") == 2


def test_nobody_approves_their_own_discount(cast: dict[str, Any]) -> None:
    cast["cas"].post(cast["renewal"], {"do": "ask", "percent": "-10", "reason": "They pay at once"})
    approval = Approval.objects.get()
    answer = {"do": "answer", "approval": approval.pk, "answer": "yes"}
    assert cast["cas"].post(cast["renewal"], answer).status_code == 403
    cast["mia"].post(cast["renewal"], answer)
    approval.refresh_from_db()
    assert approval.state == Approval.State.APPROVED


def test_who_has_no_seat_sees_no_renewal_and_no_work(cast: dict[str, Any]) -> None:
    assert cast["eve"].get(cast["renewal"]).status_code == 404
    for page in ("/today/", "/today/?whose=all", "/renewals/", "/today/?as=csv&whose=all"):
        assert "Kelp" not in cast["eve"].get(page).content.decode()
    assert cast["eve"].post(cast["renewal"], {"do": "forecast", "percent": "1", "amount": "1"}).status_code == 404


def test_an_amount_of_an_option_is_offered_again_as_it_was_typed_whatever_the_currency(cast: dict[str, Any]) -> None:
    contract = {"do": "contract", "name": "Tokyo", "currency": "JPY", "starts": "2026-01-01", "ends": "2026-12-31"}
    cast["cas"].post(cast["page"], contract)
    page = f"/renewals/{Renewal.objects.get(contract__name='Tokyo').pk}/"
    cast["cas"].post(page, {"do": "plan", "closes_on": "2026-11-01", "renew_why": "As now", "renew_value": "90000"})
    assert 'name="renew_value" inputmode="decimal" size="10" value="90000"' in cast["cas"].get(page).content.decode()


@pytest.mark.parametrize(("sent", "said"), [
    ({"do": "forecast", "percent": "many", "amount": "1"}, "from 0 to 100"),
    ({"do": "forecast", "percent": "50", "amount": "lots"}, "not an amount"),
    ({"do": "ask", "percent": "-10", "reason": ""}, "why the price"),
    ({"do": "ask", "percent": "−10 %", "reason": ""}, "why the price"),
    ({"do": "ask", "percent": "nan", "reason": "They asked"}, "Say how much in percent"),
    ({"do": "plan", "closes_on": "soon"}, "Say the day"),
])  # fmt: skip
def test_what_cannot_be_kept_of_a_renewal_says_what_to_mend(
    cast: dict[str, Any], sent: dict[str, str], said: str
) -> None:
    assert said in cast["cas"].post(cast["renewal"], sent, follow=True).content.decode()


def test_everybody_of_the_team_is_seen_by_who_asks_for_all(cast: dict[str, Any]) -> None:
    Task.objects.create(account=cast["kelp"], what="Call", due=DAY, owner_id=cast["cas_id"])
    assert "Nothing needs you today" in cast["mia"].get("/today/?whose=mine").content.decode()
    assert "Call" in cast["mia"].get("/today/").content.decode()  # nothing is hers: what others owe
    assert "Call" in cast["mia"].get("/today/?whose=all").content.decode()
    assert get_user_model().objects.count() == 4


def test_the_demo_has_a_morning_in_which_what_is_invented_says_so(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made_up = (Shop(n, name, name, "Europe/London", "GBP", n == 2) for n, name in ((1, "Real"), (2, "Made up")))
    monkeypatch.setattr(
        "holdfast.metrics.published.open_published", lambda home: fakes.Published(shops=(real, made_up))
    )
    monkeypatch.setattr("holdfast.web.views.reviews.numbers_of", lambda account: None)  # they need a snapshot
    for _ in range(2):  # a second time changes nothing
        call_command("demo_book", stdout=StringIO())
    assert dict(Account.objects.values_list("name", "tags")) == {"Real": [], "Made up": ["invented for the demo"]}
    assert {c.account.name for c in Contact.objects.all()} == {"Made up"}
    assert "At risk" in ada.get("/renewals/").content.decode()  # the invented colleague forecast it so
    get_user_model().objects.filter(username="ada").delete()
    assert nobody_yet()  # who was only invented has not claimed the installation
    ada.logout()
    sent = {"token": welcome_token(shop), "username": "ada", "password1": fakes.PASSWORD, "password2": fakes.PASSWORD}
    assert 'value="whoever' not in ada.get("/welcome/", {"token": sent["token"]}).content.decode()
    assert ada.post("/welcome/", sent).headers["Location"] == "/today/"  # whoever comes first has the morning
    told = ada.get("/today/?whose=mine").content.decode().replace("\u00a0", " ")
    assert "Renewal of Yearly contract" in told and "would make them stay" in told and "which target comes" in told
    for said in ("Issue the review of", "Give the promised update: Failed exports", "Proof of security holds until"):
        assert said in told
    assert get_user_model().objects.count() == 2 and kept_place() is None
    draft = ReviewDraft.objects.get()
    assert draft.account.name == "Made up" and lacks(draft.story, draft.words) == ()  # it asks for decisions
    told = ada.get(f"/reviews/{draft.pk}/").content.decode()
    assert "Start the welcome series" in told and "imulated data" in told
    assert ada.post(f"/reviews/{draft.pk}/", {"do": "issue"}).status_code == 302
    assert IssuedReview.objects.get().story == draft.story


def test_a_calendar_program_reads_what_is_mine_until_the_address_is_revoked(cast: dict[str, Any]) -> None:
    made = cast["cas"].post("/notices/calendar/", {"do": "make"}).content.decode()
    address = re.search(r"http://testserver(/calendar/[\w-]+\.ics)", made)[1]
    assert address not in cast["cas"].get("/notices/").content.decode()  # shown once
    program = Client()
    read = program.get(address)
    assert read.headers["Content-Type"].startswith("text/calendar") and b"Kelp" in read.content
    cast["cas"].post("/notices/calendar/", {"do": "revoke"})
    assert program.get(address).status_code == 404
    assert b"Kelp" not in program.get("/calendar/none.ics").content


def test_no_log_names_the_address_of_a_calendar() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Broken: %s", ("/calendar/s3cret.ics",), None)
    assert NothingPrivate().filter(record) and record.getMessage() == "Broken: /calendar/…"


def test_notices_are_ones_own_and_stay_new_until_marked(cast: dict[str, Any]) -> None:
    Task.objects.create(
        account=cast["kelp"], what="Call about returns", due=DAY - timedelta(1), owner_id=cast["cas_id"]
    )
    make_notices(now=datetime(2026, 3, 2, 8, tzinfo=UTC), by=SCHEDULE)
    assert "Call about returns" in cast["cas"].get("/notices/").content.decode()
    assert (
        ", 1 new" in cast["cas"].get("/today/").content.decode()
        or " new" in cast["cas"].get("/today/").content.decode()
    )
    cast["cas"].post("/notices/seen/")
    assert 'aria-label="Notices"' in cast["cas"].get("/today/").content.decode()
    for other in ("eve", "mia"):
        assert "Call about returns" not in cast[other].get("/notices/").content.decode()


def test_what_changed_from_a_frozen_week_to_the_next_is_told_in_words() -> None:
    """Of a day, a chance and an amount as pages write them; nobody reads cents and 0.750."""
    moved = (
        ("slipped", date(2026, 3, 1), date(2026, 3, 8), 7, "slipped by 7 days, to 8 Mar 2026"),
        ("earlier", date(2026, 3, 8), date(2026, 3, 7), -1, "closes 1 day earlier, on 7 Mar 2026"),
        ("probability", Decimal("0.750"), Decimal("0.600"), 0, "forecast 75 % → 60 %"),
        ("probability", None, Decimal(0), 0, "forecast none → 0 %"),
        ("value", Money(21_200_000, "EUR"), None, 0, "value €212 000 → none"),
    )
    for what, was, now, days, words in moved:
        said = change_words(Change(1, what, was, now, days))  # type: ignore[arg-type]
        assert said.replace("\u00a0", " ").replace("\u202f", " ") == words
