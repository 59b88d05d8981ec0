"""The outbox and a customer's consent in the browser, of the shops that somebody may see."""

from __future__ import annotations

from typing import Any

import pytest
import written_to
from acting import SCHEDULE
from django.test import Client
from django.utils import timezone

from holdfast.accounts.act import keep_marks
from holdfast.accounts.models import Account, Book, Person, Role, Seat
from holdfast.playbooks.models import Outbox
from holdfast.playbooks.restraint.words import Word, address_hash, say, suppress
from holdfast.warehouse.home import Home


@pytest.fixture
def kelp(tmp_path_factory: pytest.TempPathFactory, settings: Any, quick_passwords: None) -> Home:
    made = written_to.made(tmp_path_factory.mktemp("kelp"))
    settings.HOME = made
    return made


@pytest.fixture
def three(kelp: Home, db: None) -> dict[str, int]:
    """A mail that went, one that waits, one of which nobody knows; by what became of them."""
    now, ann = timezone.now(), written_to.keys(kelp)["1"]
    rows = [
        Outbox(playbook="welcome", version=1, run=n, step="write", turn=1, channel="email", shop_id=1, customer_id=ann,
               message_key=str(n) * 32, address="ann@kelp.example", state=state, put_at=now, not_before=now)
        for n, state in enumerate(("sent", "waiting", "unknown"))
    ]  # fmt: skip
    keep_marks(rows)
    return dict(Outbox.objects.values_list("state", "pk"))


def test_the_outbox_says_where_messages_stand_and_shows_no_address(three, ada: Client) -> None:
    told = ada.get("/outbox/").content.decode()
    assert "Nobody knows" in told and "Send again" in told and "Nothing leaves by itself" in told
    assert "ann@kelp.example" not in told
    rows = ada.get("/outbox/?as=csv&state=waiting").content.decode().splitlines()
    assert len(rows) == 2 and "ann@" not in rows[1]
    assert ada.get("/outbox/?state=zzz").status_code == 404 and ada.get("/outbox/?page=9").status_code == 404


def test_an_empty_outbox_says_what_will_come(kelp: Home, ada: Client) -> None:
    assert "Nothing here yet" in ada.get("/outbox/").content.decode()


@pytest.mark.parametrize(("word", "state"), [("went", "sent"), ("again", "waiting"), ("never", "dropped")])
def test_a_person_says_what_became_of_an_unknown_message(three, ada: Client, word: str, state: str) -> None:
    ada.post(f"/outbox/{three['unknown']}/", {"word": word})
    assert Outbox.objects.get(pk=three["unknown"]).state == state
    told = ada.post(f"/outbox/{three['sent']}/", {"word": "again"}, follow=True).content.decode()
    assert "nobody knows whether it went" in told and Outbox.objects.get(pk=three["sent"]).state == "sent"


def test_only_who_sees_the_shop_sees_its_messages_and_only_who_assigns_decides(three, person: Any) -> None:
    north = Book.objects.create(name="North")
    Account.objects.create(name="Kelp", source="shops:Kelp", book=north)
    clients = {}
    for name in ("cas", "eve"):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        clients[name] = Client()
        clients[name].force_login(user)
        if name == "cas":
            Seat.objects.create(user=user, book=north)
    assert "welcome" not in clients["eve"].get("/outbox/").content.decode()
    assert clients["eve"].post(f"/outbox/{three['unknown']}/", {"word": "went"}).status_code == 404
    told = clients["cas"].get("/outbox/").content.decode()
    assert "welcome" in told and "Send again" not in told
    assert clients["cas"].post(f"/outbox/{three['unknown']}/", {"word": "went"}).status_code == 403
    assert Outbox.objects.get(pk=three["unknown"]).state == "unknown"


def test_a_customers_page_tells_what_they_said_and_what_went(three, kelp: Home, ada: Client) -> None:
    ann = written_to.keys(kelp)["1"]
    say([Word("no", "email", customer_id=ann, source="call of 3 March")], by=SCHEDULE, at=timezone.now())
    suppress([address_hash(kelp, "ann@kelp.example")], "complaint", by=SCHEDULE, at=timezone.now())
    told = ada.get(f"/customers/{ann}/").content.decode()
    assert "call of 3 March" in told and "suppressed" in told and "Being written to" in told
    assert "Being written to" in ada.get(f"/customers/{written_to.keys(kelp)['2']}/").content.decode()


def test_a_slot_is_read_with_its_key_by_the_shops_own_number(kelp: Home, db: None, monkeypatch: Any) -> None:
    from holdfast.playbooks.channels import sending

    now = timezone.now()
    keep_marks([Outbox(
        playbook="welcome", version=1, run=1, step="show", turn=1, channel="slot", shop_id=1, template="welcome",
        customer_id=written_to.keys(kelp)["1"], message_key="a" * 32, put_at=now, not_before=now,
    )])  # fmt: skip
    sending.send(kelp, clock=timezone.now, by=SCHEDULE)
    monkeypatch.setenv("HOLDFAST_SECRET_SLOTS", "kelp")

    def ask(customer: str, key: str = "kelp") -> Any:
        return Client().get(f"/slots/1/welcome/?customer={customer}", headers={"authorization": f"Bearer {key}"})

    assert ask("1").json()["content"]["title"] == "Welcome to Kelp"
    assert ask("2").json() == ask("nobody").json() == {"content": None}
    assert ask("1", "guess").status_code == 401
