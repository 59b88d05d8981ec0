"""Who gets in: sign-in, the first account, throttles, headers, and every address tried by a stranger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from fakes import PASSWORD

import holdfast.web
from holdfast.accounts.models import Account, Book, Seat
from holdfast.warehouse.home import Home
from holdfast.web import tokens
from holdfast.web.logs import OneLine

OPEN = {
    "livez", "readyz", "login/", "welcome/", "logout/", "guest/no-such-token/", "calendar/no-such-token.ics",
    "unsubscribe/no-such-token/", "confirm/no-such-token/", "preferences/no-such-token/", "slots/1/welcome/",
    "messages/events/", "consent/signup/",
}  # fmt: skip
FILLED = {
    "experiment_id": "guide",
    "playbook_id": "win-back",
    "step_id": "words",
    "slot": "welcome",
    "message_id": "1",
    "customer_id": "17",
    "segment_id": "slipping",
    "shop_id": "1",
    "label": "leaves",
    "card_id": "subscription",
    "work_id": "1",
    "token": "no-such-token",
    "renewal_id": "1",
    "draft_id": "1",
    "review_id": "1",
    "account_id": "1",
    "entry_id": "1",
    "metric_id": "repeat_purchase",
    "unit_id": "17",
    "name": "unmatched_credits",
    "session_id": "1",
    "term_id": "aov",
    "file_id": "6f1c1c7e-4a52-4f0c-9f0e-0d8f3b7f3c11",
    "import_id": "6f1c1c7e-4a52-4f0c-9f0e-0d8f3b7f3c11",
}
WEB = Path(holdfast.web.__file__).parent


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda found: FILLED[found[1]], route)


def test_a_stranger_reaches_nothing_but_the_doors(shop: Home, person: Callable[..., Any], client: Client) -> None:
    person("ada")
    tried = 0
    for address in addresses(get_resolver().url_patterns):
        if address in OPEN:
            continue
        for ask in (client.get, client.post):
            answer = ask(f"/{address}")
            assert answer.status_code in (302, 405), address
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/login/"), address
        tried += 1
    assert tried > 25


def test_liveness_and_readiness_answer_without_signing_in(home: Home, client: Client, db: None) -> None:
    assert client.get("/livez").content == b"ok"
    assert client.get("/readyz").content == b"ok"


def test_the_right_password_signs_in_and_the_wrong_one_does_not(
    shop: Home, person: Callable[..., Any], client: Client
) -> None:
    person("ada")
    wrong = client.post("/login/", {"login": "ada", "password": "guess"})
    assert wrong.status_code == 200
    assert "_auth_user_id" not in client.session
    right = client.post("/login/", {"login": "ada", "password": PASSWORD})
    assert right.headers["Location"] == "/"
    assert "_auth_user_id" in client.session


def test_who_sees_accounts_begins_with_what_needs_them_and_whoever_asked_for_a_page_gets_it(
    shop: Home, person: Callable[..., Any], client: Client
) -> None:
    book = Book.objects.create(name="North")
    Account.objects.create(name="Kelp", book=book)
    Seat.objects.create(user=person("ada"), book=book)
    person("eve")
    for name, asked, place in (
        ("ada", "", "/today/"), ("ada", "/", "/today/"), ("ada", "/metrics/", "/metrics/"), ("eve", "", "/"),
        ("ada", "https://elsewhere.example/", "/today/"),
    ):  # fmt: skip
        door = Client()
        answer = door.post("/login/", {"login": name, "password": PASSWORD, "next": asked})
        assert answer.headers["Location"] == place


def test_after_five_wrong_passwords_even_the_right_one_waits(
    shop: Home, person: Callable[..., Any], client: Client
) -> None:
    person("ada")
    for _ in range(5):
        client.post("/login/", {"login": "ada", "password": "guess"})
    answer = client.post("/login/", {"login": "ada", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 429)


def test_signing_out_ends_the_session(shop: Home, ada: Client) -> None:
    ada.post("/logout/")
    assert ada.get("/").headers["Location"].startswith("/login/")


def test_nobody_can_sign_up_by_themselves(shop: Home, ada: Client) -> None:
    assert ada.post("/settings/signup/", {"username": "eve", "password1": PASSWORD}).headers["Location"] == "/settings/"
    assert not get_user_model().objects.filter(username="eve").exists()


def test_the_first_account_needs_the_token(shop: Home, client: Client, db: None) -> None:
    tokens.welcome_token(shop)
    for address in ("/welcome/", "/welcome/?token=", "/welcome/?token=guess"):
        assert client.get(address).status_code == 403
    form = {"username": "eve", "password1": PASSWORD, "password2": PASSWORD, "token": "guess"}
    assert client.post("/welcome/", form).status_code == 403
    assert tokens.nobody_yet()


def test_guessing_the_token_is_stopped(shop: Home, client: Client, db: None, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "welcome": "3/m/ip"}
    token = tokens.welcome_token(shop)
    assert [client.get("/welcome/?token=guess").status_code for _ in range(4)] == [403, 403, 403, 429]
    assert client.get(f"/welcome/?token={token}").status_code == 429
    assert client.post("/welcome/", {"token": token}).status_code == 429


def test_the_token_makes_one_administrator_once(shop: Home, client: Client, db: None) -> None:
    token = tokens.welcome_token(shop)
    form = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "token": token}
    assert client.get(f"/welcome/?token={token}").status_code == 200
    assert client.post("/welcome/", form).headers["Location"] == "/"
    ada = get_user_model().objects.get()
    assert ada.is_superuser
    again = Client().post("/welcome/", form | {"username": "eve"})
    assert again.headers["Location"] == "/login/"
    assert get_user_model().objects.count() == 1
    assert tokens.welcome_token(shop) is None


def test_an_empty_token_file_opens_nothing(shop: Home, client: Client, db: None) -> None:
    """Without a token in the home an empty token must not match."""
    assert client.get("/welcome/?token=").status_code == 403


def test_the_token_is_readable_by_its_owner_only(shop: Home, db: None) -> None:
    tokens.welcome_token(shop)
    assert (shop.path / tokens.NAME).stat().st_mode & 0o777 == 0o600


def test_a_short_first_password_is_refused_with_a_sentence(shop: Home, client: Client, db: None) -> None:
    token = tokens.welcome_token(shop)
    form = {"username": "ada", "password1": "kelp", "password2": "kelp", "token": token}
    answer = client.post("/welcome/", form)
    assert b"at least 12 characters" in answer.content
    assert tokens.nobody_yet()


def test_rob_may_read_but_not_import(shop: Home, rob: Client) -> None:
    assert rob.get("/").status_code == 200
    for path in ("/start/", f"/start/{FILLED['import_id']}/", f"/start/{FILLED['import_id']}/progress/"):
        answer = rob.get(path)
        assert answer.status_code == 403
        assert b"not yours to open" in answer.content


def test_a_part_of_a_page_asked_for_after_the_session_ended_leads_to_signing_in_and_back(
    shop: Home, ada: Client
) -> None:
    part = {"HX-Request": "true", "HX-Current-URL": "http://testserver/today/?whose=all#detail"}
    assert "HX-Redirect" not in ada.get("/today/", headers=part).headers
    answer = Client().get("/today/", headers=part)
    assert answer.status_code == 200 and answer.content == b""  # nothing that could stand inside the page
    assert answer.headers["HX-Redirect"] == "/login/?next=%2Ftoday%2F%3Fwhose%3Dall"
    bare = Client().get("/today/", headers={"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example"})
    assert bare.headers["HX-Redirect"] == "/login/"
    assert Client().get("/today/").headers["Location"] == "/login/?next=/today/"


def test_rob_cannot_end_adas_session(shop: Home, person: Callable[..., Any], rob: Client) -> None:
    from allauth.usersessions.models import UserSession

    person("ada")
    ada = Client()
    ada.post("/login/", {"login": "ada", "password": PASSWORD})
    session = UserSession.objects.get(user__username="ada")
    assert rob.post(f"/settings/sessions/{session.pk}/end/").status_code == 404
    assert ada.get("/settings/").status_code == 200


def test_ada_can_end_her_session_on_another_device(shop: Home, person: Callable[..., Any]) -> None:
    from allauth.usersessions.models import UserSession

    person("ada")
    desk, phone = Client(), Client()
    for device in (desk, phone):
        device.post("/login/", {"login": "ada", "password": PASSWORD})
    other = UserSession.objects.get(session_key=phone.session.session_key)
    desk.post(f"/settings/sessions/{other.pk}/end/")
    assert phone.get("/settings/").headers["Location"].startswith("/login/")
    assert desk.get("/settings/").status_code == 200


def test_every_answer_carries_the_security_headers(shop: Home, ada: Client) -> None:
    for path in ("/", "/login/", "/metrics/no_such/", "/livez"):
        headers = ada.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_cookies_are_kept_from_scripts_and_other_sites(shop: Home, person: Callable[..., Any], client: Client) -> None:
    person("ada")
    client.get("/login/")
    client.post("/login/", {"login": "ada", "password": PASSWORD})
    for name in ("sessionid", "csrftoken"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_a_form_without_its_token_is_refused(shop: Home, person: Callable[..., Any]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person("ada"))
    assert strict.post("/settings/theme/", {"theme": "dark"}).status_code == 403


def test_a_theme_cannot_send_people_elsewhere(shop: Home, ada: Client) -> None:
    answer = ada.post("/settings/theme/", {"theme": "dark", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"


def test_settings_are_kept(shop: Home, ada: Client) -> None:
    ada.post("/settings/", {"theme": "dark", "density": "compact"})
    page = ada.get("/").content.decode()
    assert 'data-theme="dark" data-density="compact" data-shortcuts="off"' in page


@pytest.mark.parametrize("template", sorted((WEB / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_carries_inline_style_or_script(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|hx-on", text), template
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), template
    assert not re.search(r"""(?:src|href)=["']https?:""", text), template


def test_the_two_factor_code_is_asked_for_after_the_password(
    shop: Home, person: Callable[..., Any], client: Client
) -> None:
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        generate_totp_secret,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    ada = person("ada")
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    answer = client.post("/login/", {"login": "ada", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.headers["Location"] == "/settings/two-factor/authenticate/"
    assert b"authenticator app" in client.get(answer.headers["Location"]).content
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    client.post("/settings/two-factor/authenticate/", {"code": code})
    assert "_auth_user_id" in client.session


def test_a_host_name_that_is_not_ours_is_one_line_in_the_log(home: Home, client: Client, db: None) -> None:
    import io
    import logging

    named = logging.getLogger("django.security.DisallowedHost")
    (handler,) = [h for h in named.handlers if isinstance(h.formatter, OneLine)]
    assert isinstance(handler, logging.StreamHandler) and not named.propagate
    written = io.StringIO()
    kept = handler.setStream(written)
    try:
        assert client.get("/login/", headers={"host": "elsewhere.example"}).status_code == 400
    finally:
        handler.setStream(kept)
    assert "elsewhere.example" in written.getvalue()
    assert len(written.getvalue().splitlines()) == 1


def test_a_forgotten_password_is_set_anew_as_the_how_to_says(
    shop: Home, person: Callable[..., Any], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import call_command

    person("ada")
    monkeypatch.setattr("getpass.getpass", lambda prompt: "another-long-secret")
    call_command("changepassword", "ada", verbosity=0)
    answer = client.post("/login/", {"login": "ada", "password": "another-long-secret"})
    assert answer.status_code == 302 and "login" not in answer.headers["Location"]
    told = (WEB.parents[2] / "docs" / "how-to" / "sign-in-again.md").read_text()
    assert "django changepassword ada" in told


def test_a_damaged_snapshot_is_a_page_that_says_what_mends_it(
    shop: Home, person: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from holdfast.warehouse.snapshot import DamagedSnapshot

    def damaged(home: Home) -> None:
        raise DamagedSnapshot(home.path / "values.parquet", "cannot be read")

    monkeypatch.setattr("holdfast.metrics.published.open_published", damaged)
    ada = Client(raise_request_exception=False)
    ada.force_login(person("ada", is_staff=True))
    answer = ada.get("/")
    assert answer.status_code == 500
    assert "holdfast build" in answer.content.decode()


def test_a_targets_file_with_a_slip_is_a_page_that_names_the_file_and_the_slip(
    shop: Home, person: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from holdfast.metrics.section import FrameworkProblem

    def slipped(*_: object) -> None:
        raise FrameworkProblem("merchant.toml: cannot be read: Expected '=' (at line 3). Mend it or move it away.")

    monkeypatch.setattr("holdfast.web.reading._standing", slipped)
    ada = Client(raise_request_exception=False)
    ada.force_login(person("ada", is_staff=True))
    answer = ada.get("/targets/")
    assert answer.status_code == 500
    assert "merchant.toml" in answer.content.decode() and "line 3" in answer.content.decode()
