"""The palette and the page of search: what is found, for whom, and what can be begun from there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import resolve

from holdfast.accounts.actions.index import mend_index
from holdfast.accounts.models import Account, Book, Contact, Person, Role, Seat
from holdfast.warehouse.home import Home


@pytest.fixture
def cast(shop: Home, ada: Client, person: Callable[..., Any]) -> dict[str, Any]:
    """Kelp & Co in North with Ann Lee; Cas has a seat there, Dot in South."""
    north, south = Book.objects.create(name="North"), Book.objects.create(name="South")
    kelp = Account.objects.create(name="Kelp & Co", book=north)
    Contact.objects.create(account=kelp, name="Ann Lee", email="ann@forest.example")
    mend_index()
    clients: dict[str, Any] = {"ada": ada, "kelp": kelp}
    for name, book in (("cas", north), ("dot", south)):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        Seat.objects.create(user=user, book=book)
        clients[name] = Client()
        clients[name].force_login(user)
    return clients


def options(who: Client, said: str = "") -> list[tuple[str, str]]:
    """Words and address of each line of the palette."""
    told = who.get(f"/palette/?q={said}" if said else "/palette/").content.decode()
    found = re.findall(r'data-(?:href|post)="([^"]*)"[^>]*>.*?<span>(.*?)</span>', told)
    return [(words.replace("&amp;", "&"), address) for address, words in found]


def test_an_account_and_a_person_open_with_the_account(cast: dict[str, Any]) -> None:
    at = f"/accounts/{cast['kelp'].pk}/"
    assert options(cast["cas"], "kel")[0] == ("Kelp & Co", at)
    assert options(cast["cas"], "ann+l") == [("Ann Lee", f"{at}#people")]
    cas = get_user_model().objects.get(username="cas").pk
    assert options(cast["cas"], "cas") == [("cas", f"/accounts/?owner={cas}")]


@pytest.mark.parametrize("said", ["kelp", "ann", "forest", "cas", "review+kelp", "plan+kelp"])
def test_who_has_no_seat_in_the_book_finds_nothing_of_it(cast: dict[str, Any], said: str) -> None:
    assert options(cast["dot"], said) == []
    assert options(cast["cas"], said)
    assert "Nothing matches" in cast["dot"].get(f"/search/?q={said}").content.decode()


def test_a_word_before_a_name_says_what_to_begin(cast: dict[str, Any]) -> None:
    key = cast["kelp"].pk
    assert options(cast["cas"], "rev+kel")[0] == ("Draft a review with Kelp & Co", f"/reviews/new/{key}/")
    assert options(cast["cas"], "plan+kel")[0] == ("Begin a plan with Kelp & Co", f"/work/new/?account={key}")
    assert ("Explain Second order within 60 days", "/metrics/repeat_purchase/explain/") in options(
        cast["cas"], "explain+second"
    ) or any(address.endswith("/explain/") for _, address in options(cast["cas"], "explain+repeat"))


def test_only_what_somebody_may_begin_is_offered(cast: dict[str, Any], rob: Client) -> None:
    assert "Begin a plan" in dict(options(cast["cas"])) and "Begin a plan" not in dict(options(rob))
    assert "Add a person, a team or a book" in dict(options(cast["ada"]))
    assert "Add a person, a team or a book" not in dict(options(cast["cas"]))


def test_every_line_of_the_palette_leads_somewhere(cast: dict[str, Any]) -> None:
    for _, address in options(cast["ada"]):
        resolve(address)


def test_the_page_answers_without_javascript(cast: dict[str, Any]) -> None:
    told = cast["cas"].get("/search/?q=kelp").content.decode()
    assert "In the book of work" in told and "Kelp &amp; Co" in told
    assert "Pages and actions" in cast["cas"].get("/search/?q=renewals").content.decode()
    assert "Nothing asked yet" in cast["cas"].get("/search/").content.decode()
