"""Leaving without signing in: one click, no cookie, no redirect; and what machines may ask and tell."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from acting import SCHEDULE
from django.test import Client
from django.utils import timezone

from holdfast.accounts.act import keep_marks
from holdfast.playbooks.channels import leaving
from holdfast.playbooks.channels.links import CONFIRM, PREFERENCES, UNSUBSCRIBE, token
from holdfast.playbooks.channels.post import signature
from holdfast.playbooks.models import Consent, MessageEvent, Outbox, Suppression
from holdfast.playbooks.restraint.words import Word, say
from holdfast.warehouse.home import Home

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(shop: Home) -> str:
    """Of a mail that went to customer 17."""
    now = timezone.now()
    keep_marks([Outbox(
        playbook="welcome", version=1, run=1, step="write", turn=1, channel="email", shop_id=1, customer_id=17,
        message_key="a" * 32, address_hash="hash", state="sent", put_at=now, not_before=now, sent_at=now,
    )])  # fmt: skip
    return "a" * 32


def address(purpose: str, key: str) -> str:
    return f"/{purpose}/{token(purpose, key)}/"


def one_click(where: str) -> Any:
    """As a mail program's server posts it: from elsewhere, with no cookie, no page of ours behind it."""
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "https://mail.example"})
    return stranger.post(where, {"List-Unsubscribe": "One-Click"})


def words() -> list[tuple[str, str, str]]:
    return list(Consent.objects.values_list("word", "channel", "source"))


def test_one_click_unsubscribes_without_a_cookie_or_a_redirect(key):
    answer = one_click(address(UNSUBSCRIBE, key))
    assert answer.status_code == 200 and not answer.cookies and "Location" not in answer.headers
    assert "You are unsubscribed" in answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
    assert words() == [("no", "email", "unsubscribe link")]
    no = Consent.objects.get()
    assert (no.customer_id, no.address_hash, no.by_name) == (17, "hash", "the person")
    assert one_click(address(UNSUBSCRIBE, key)).status_code == 200
    assert len(words()) == 1 and MessageEvent.objects.count() == 1  # twice is once


def test_opening_the_link_never_unsubscribes(key, client):
    for ask in (client.get, client.head):
        assert ask(address(UNSUBSCRIBE, key)).status_code == 200
    assert "<button" in client.get(address(UNSUBSCRIBE, key)).content.decode() and words() == []


def test_the_pages_own_button_unsubscribes_too_and_after_a_new_yes_a_no_holds_again(key):
    one_click(address(UNSUBSCRIBE, key))
    say([Word("yes", "email", customer_id=17)], by=SCHEDULE, at=timezone.now())
    one_click(address(UNSUBSCRIBE, key))
    assert [word for word, _, _ in words()] == ["no", "yes", "no"]


@pytest.mark.parametrize("wrong", [
    lambda key: f"/unsubscribe/{key}/", lambda key: f"/unsubscribe/{token(PREFERENCES, key)}/",
    lambda key: f"/unsubscribe/{token(UNSUBSCRIBE, 'b' * 32)}/", lambda key: f"/unsubscribe/{token(UNSUBSCRIBE, key)}x/",
])  # fmt: skip
def test_a_token_that_is_not_ours_or_for_another_purpose_does_nothing(key, wrong):
    answer = one_click(wrong(key))
    assert answer.status_code == 404 and words() == []


def test_guessing_is_throttled_and_leaving_is_not(key, settings):
    settings.ACCOUNT_RATE_LIMITS = {"link": "3/m/ip"}
    answers = [one_click("/unsubscribe/guess/").status_code for _ in range(5)]
    assert answers == [404, 404, 404, 429, 429]
    assert one_click(address(UNSUBSCRIBE, key)).status_code == 200


def test_a_confirmation_counts_from_the_click_and_not_before(shop):
    now = timezone.now()
    asked = leaving.ask_to_confirm(
        shop,
        "https://s.example",
        " New@kelp.example",
        shop_id=1,
        wording="form 3",
        source="sign-up form",
        at=now,
        by=SCHEDULE,
    )
    assert (asked.service, asked.address, asked.template) == (True, "New@kelp.example", "confirm")
    assert words() == [("pending", "email", "sign-up form")]
    where, person = address(CONFIRM, asked.message_key), Client()
    assert "Yes, write to me" in person.get(where).content.decode() and len(words()) == 1
    assert "Confirmed" in person.post(where).content.decode()
    yes = Consent.objects.get(word="yes")
    assert (yes.source, yes.wording, yes.basis, yes.address_hash) == (
        "confirmed by link",
        "form 3",
        "consent",
        asked.address_hash,
    )
    person.post(where)
    assert Consent.objects.filter(word="yes").count() == 1


def test_whoever_said_no_since_they_were_asked_is_not_confirmed(shop):
    now = timezone.now()
    asked = leaving.ask_to_confirm(
        shop, "https://s.example", "n@kelp.example", shop_id=1, wording="", source="form", at=now, by=SCHEDULE
    )
    say([Word("no", "email", address_hash=asked.address_hash)], by=SCHEDULE, at=now + timedelta(seconds=1))
    assert "Not confirmed" in Client().post(address(CONFIRM, asked.message_key)).content.decode()
    assert not Consent.objects.filter(word="yes").exists()


def test_choosing_is_forged_by_no_page_elsewhere(key):
    where = address(PREFERENCES, key)
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    assert stranger.post(where, {}).status_code == 403 and words() == []


def test_choices_are_said_one_by_one_and_what_holds_is_not_said_again(key, client):
    where = address(PREFERENCES, key)
    assert client.get(where).content.decode().count(" checked") == 2  # mail, which they got, and nobody objected
    client.post(where, {"email": "on", "profiling": "on"})
    assert words() == [("no", "sms", "preference page")]
    client.post(where, {})
    assert words()[1:] == [("no", "email", "preference page"), ("no", "", "preference page")]
    assert Consent.objects.filter(purpose="profiling", word="no").exists()
    client.post(where, {"email": "on", "sms": "on", "profiling": "on"})
    assert [word for word, _, _ in words()] == ["no", "no", "no", "yes", "yes", "yes"]


def test_a_link_of_somebody_who_was_erased_still_answers(key):
    Outbox.objects.update(customer_id=None, address_hash="")
    assert one_click(address(UNSUBSCRIBE, key)).status_code == 200
    assert Client().post(address(PREFERENCES, key), {}).status_code == 200
    assert words() == []


# --- machines ---


def tell(
    home: Home,
    events: object,
    secret: str = "kelp",
    at: int | None = None,
    where: str = "/messages/events/",
    key: str = "events",
) -> Any:
    (home.path / "secrets").mkdir(exist_ok=True)
    (home.path / "secrets" / key).write_text("kelp")
    (home.path / "secrets" / key).chmod(0o600)
    body = json.dumps(events).encode()
    header = signature(secret, int(time.time()) if at is None else at, body)
    return Client(enforce_csrf_checks=True).post(
        where, body, content_type="application/json", headers={"holdfast-signature": header}
    )


def event(key: str, **facts: object) -> dict[str, object]:
    return {"type": "bounce", "message_id": f"<{key}@kelp.example>", "at": "2026-06-10T12:00:00Z"} | facts


def test_a_signed_bounce_kills_the_address_and_an_unsigned_one_does_not(shop, key):
    for wrong in ({"secret": "guess"}, {"at": int(time.time()) - 3600}):
        assert tell(shop, {"events": [event(key, hard=True)]}, **wrong).status_code == 401
    assert not Suppression.objects.exists()
    answer = tell(shop, {"events": [event(key, hard=True, status="5.1.1"), event("b" * 32)]})
    assert answer.json() == {"taken": {"bounce": 1, "not ours": 1}}
    assert [(s.address_hash, s.why) for s in Suppression.objects.all()] == [("hash", "hard bounce")]


def test_without_a_key_in_the_home_nobody_is_heard(shop, key):
    body = json.dumps({"events": []}).encode()
    header = signature("", int(time.time()), body)
    answer = Client().post(
        "/messages/events/", body, content_type="application/json", headers={"holdfast-signature": header}
    )
    assert answer.status_code == 401
    assert Client().get("/slots/1/welcome/?customer=17", headers={"authorization": "Bearer "}).status_code == 401


@pytest.mark.parametrize("wrong", [[], {"events": [1]}, {"events": [event("a" * 32, type="read")]}, {"events": [event("x")]},
                                   {"events": [event("a" * 32, at="noon")]}, {"events": [event("a" * 32, at="2026-06-10")]}])  # fmt: skip
def test_a_call_that_cannot_be_read_says_what_is_wrong_and_changes_nothing(shop, key, wrong):
    answer = tell(shop, wrong)
    assert answer.status_code == 400 and answer.json()["problem"]
    assert not MessageEvent.objects.exists()


def test_soft_bounces_kill_an_address_after_as_many_as_the_rules_say(shop, key):
    for hour in (10, 11):
        tell(shop, {"events": [event(key, at=f"2026-06-10T{hour}:00:00Z")]})
    tell(shop, {"events": [event(key, type="delivered", at="2026-06-10T11:30:00Z")]})
    for hour in (12, 13):
        tell(shop, {"events": [event(key, at=f"2026-06-10T{hour}:00:00Z")]})
    assert not Suppression.objects.exists()
    tell(shop, {"events": [event(key, at="2026-06-10T14:00:00Z")] * 2})
    assert Suppression.objects.get().why == "soft bounces"


def test_a_complaint_is_a_no_to_all_marketing(shop, key):
    tell(shop, {"events": [event(key, type="complaint")] * 2})
    assert Suppression.objects.get().why == "complaint" and words() == [("no", "", "complaint")]


def test_a_delivery_settles_what_nobody_knew(shop, key):
    Outbox.objects.update(state="unknown", address="ann@kelp.example")
    tell(shop, {"events": [event(key, type="delivered")]})
    assert (Outbox.objects.get().state, Outbox.objects.get().address) == ("sent", "")


def test_a_sign_up_of_the_shops_form_is_asked_to_confirm_and_nothing_else_is_sent(shop):
    where, form = "/consent/signup/", {"shop": 1, "email": " New@kelp.example", "source": "footer form", "wording": "3"}
    shop.add_shop("Kelp", account="Kelp", zone="Europe/London", currency="GBP")

    def sign_up(told: object, **more: Any) -> Any:
        return tell(shop, told, where=where, key="signup", **more)

    assert "public_url" in sign_up(form).json()["problem"] and not Consent.objects.exists()
    path = shop.path / "holdfast.toml"
    path.write_text(path.read_text() + '[messages]\npublic_url = "https://success.kelp.example"\n')
    assert sign_up(form, secret="guess").status_code == 401
    for wrong in (form | {"shop": 9}, form | {"email": "nobody"}, {"shop": 1, "email": "a@kelp.example"}, [], 3):
        assert sign_up(wrong).status_code == 400, wrong
    assert not Consent.objects.exists()
    assert sign_up(form).json() == {"asked": True}
    mail = Outbox.objects.get()
    assert (mail.template, mail.service, mail.address) == ("confirm", True, "New@kelp.example")
    link = mail.variables["confirm_link"]
    assert link.startswith("https://success.kelp.example/confirm/")
    assert sign_up(form).json() == {"asked": True} and Outbox.objects.count() == 1  # a form pressed twice writes once
    assert "Confirmed" in Client().post(link.removeprefix("https://success.kelp.example")).content.decode()
