"""Coverage in the browser: its numbers open accounts, accounts are given away and taken back, and who sees what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from holdfast.accounts.models import Account, Audit, Book, Person, Role, Seat, Task
from holdfast.warehouse.home import Home
from holdfast.web import deciding


@pytest.fixture
def cast(shop: Home, ada: Client, person: Any) -> dict[str, Any]:
    """Ada administers; Cas and Dot look after North, where Cas owns ten accounts; Eve has no seat."""
    north, clients = Book.objects.create(name="North"), {}
    for name in ("cas", "dot", "eve"):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        if name != "eve":
            Seat.objects.create(user=user, book=north)
        clients[name] = Client()
        clients[name].force_login(user)
    cas = get_user_model().objects.get(username="cas")
    made = [Account.objects.create(name=f"Kelp {n}", book=north, owner=cas, segment="subscription") for n in range(10)]
    Task.objects.create(account=made[0], what="Call", due=deciding.today() - timedelta(days=1))
    return {"ada": ada, "cas_id": cas.pk, "made": made, "north": north, **clients}


def text_of(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_each_person_stands_with_load_and_the_default_is_called_one(cast: dict[str, Any]) -> None:
    told = text_of(cast["ada"], "/coverage/")
    assert "5.4 of 15" in told and "15 is a default: nobody said" in told
    cast["cas"].post("/coverage/", {"do": "capacity", "person": cast["cas_id"], "touchpoints": "5"})
    told = text_of(cast["ada"], "/coverage/?sort=load")
    assert "5.4 of 5" in told and "Over" in told
    assert "5.4 of 5" not in text_of(cast["ada"], "/coverage/?by=book") and "North" in text_of(
        cast["dot"], "/coverage/?by=book"
    )
    assert cast["dot"].post("/coverage/", {"do": "capacity", "person": cast["cas_id"]}).status_code == 403


def test_a_number_opens_its_accounts_which_are_given_away_and_taken_back(cast: dict[str, Any]) -> None:
    late = f"/coverage/accounts/?who={cast['cas_id']}&what=late"
    assert f'href="{late.replace("&", "&amp;")}"' in text_of(cast["ada"], "/coverage/")
    assert "Kelp 0" in text_of(cast["ada"], "/coverage/accounts/?who=all&what=late")
    told = text_of(cast["ada"], late)
    assert "Kelp 0" in told and "Kelp 1" not in told and "dot, 0.0 of 15 a week" in told
    dot = get_user_model().objects.get(username="dot")
    given = {"do": "give", "account": [cast["made"][0].pk], "owner": dot.pk}
    assert cast["cas"].post(late, given).status_code == 403
    assert Account.objects.get(name="Kelp 0").owner_id == cast["cas_id"]
    told = cast["ada"].post(late, given, follow=True).content.decode()
    assert "1 account given away" in told.replace("\u00a0", " ")
    assert Account.objects.get(name="Kelp 0").owner == dot
    entry = Audit.objects.filter(verb="change account").latest("pk")
    cast["ada"].post(f"/activity/{entry.pk}/undo/")
    assert Account.objects.get(name="Kelp 0").owner_id == cast["cas_id"]
    eve = get_user_model().objects.get(username="eve")
    refused = cast["ada"].post(late, given | {"owner": eve.pk}, follow=True).content.decode()
    assert "this person has no seat in its book" in refused


def test_tables_are_taken_away_as_files_with_every_row(cast: dict[str, Any]) -> None:
    for page in ("/coverage/?as=csv", "/coverage/?by=book&as=csv", f"/coverage/accounts/?who={cast['cas_id']}&as=csv"):
        lines = cast["ada"].get(page).content.decode("utf-8-sig").splitlines()
        assert len(lines) > 1, page
    assert cast["ada"].get("/coverage/?as=xlsx").status_code == 200
    assert "cas,10,10,0,0,subscription 10" in cast["ada"].get("/coverage/?as=csv").content.decode()


def test_who_has_no_seat_sees_nothing_and_odd_filters_are_not_there(cast: dict[str, Any]) -> None:
    assert "Kelp" not in text_of(cast["eve"], "/coverage/") and "cas" not in text_of(cast["eve"], "/coverage/")
    assert "cas" not in text_of(cast["eve"], f"/coverage/accounts/?who={cast['cas_id']}")
    south = Book.objects.create(name="South")
    for odd in (f"?book={south.pk}", "?tier=x", "?by=team", "?sort=odd", "?book=x"):
        assert cast["cas"].get(f"/coverage/{odd}").status_code == 404, odd
    assert cast["cas"].get("/coverage/accounts/?what=odd").status_code == 404
