"""What comes back and what is asked for: reports in a folder, signed calls, erasure, facts, commands."""

from __future__ import annotations

import http.server
import json
import mailbox
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import written_to
from acting import SCHEDULE
from written_to import NOON, keys

from holdfast.accounts.access import MayNot
from holdfast.accounts.act import By, CannotUndo, keep_marks, undo
from holdfast.accounts.models import Audit
from holdfast.playbooks.channels import audience, bounces, events, listing, post, sending
from holdfast.playbooks.channels.outcome import Later, Refused, Taken, Unsure
from holdfast.playbooks.channels.settings import Endpoint
from holdfast.playbooks.channels.told import tell
from holdfast.playbooks.models import Consent, Erasure, MessageEvent, Outbox, SlotContent, Suppression
from holdfast.playbooks.restraint.erasing import erase
from holdfast.playbooks.restraint.people import person
from holdfast.playbooks.restraint.words import Word, address_hash, say
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

KEY = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return written_to.made(tmp_path_factory.mktemp("shop"))


def sent(home: Home, **facts: Any) -> Outbox:
    usual = {"playbook": "welcome", "version": 2, "run": 1, "step": "write", "turn": 1, "channel": "email", "shop_id": 1,
             "customer_id": keys(home)["1"], "message_key": KEY, "template": "welcome", "put_at": NOON, "not_before": NOON,
             "address_hash": address_hash(home, "ann@kelp.example"), "state": "sent", "sent_at": NOON}  # fmt: skip
    keep_marks([Outbox(**usual | facts)])
    return Outbox.objects.get(message_key=(usual | facts)["message_key"])


# --- reports by mail ---


def bounced(status: str, action: str = "failed", key: str = KEY, copy: str = "message/rfc822") -> bytes:
    """A delivery report as mail servers write it (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@kelp.example\nDate: Wed, 10 Jun 2026 13:00:00 +0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        "It did not arrive.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; kelp.example\n\n"
        f"Final-Recipient: rfc822; ann@kelp.example\nAction: {action}\nStatus: {status}\n\n--b\nContent-Type: {copy}\n\n"
        f"Message-ID: <{key}@kelp.example>\nSubject: Welcome\n\nHello\n--b--\n"
    ).encode()


def complained(kind: str = "abuse") -> bytes:
    return (
        "From: fbl@mail.example\nDate: Wed, 10 Jun 2026 13:00:00 +0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"A complaint.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n\n--b\n"
        f"Content-Type: message/rfc822\n\nMessage-ID: <{KEY}@kelp.example>\nSubject: Welcome\n\nHello\n--b--\n"
    ).encode()


@pytest.mark.django_db
@pytest.mark.parametrize(("report", "event", "suppressed"), [
    (bounced("5.1.1"), ("bounce", "hard 5.1.1"), ["hard bounce"]),
    (bounced("5.1.1", copy="text/rfc822-headers"), ("bounce", "hard 5.1.1"), ["hard bounce"]),
    (bounced("5.2.2"), ("bounce", "soft 5.2.2"), []), (bounced("5.7.1"), ("bounce", "soft 5.7.1"), []),
    (bounced("4.4.7"), ("bounce", "soft 4.4.7"), []), (bounced("4.4.7", "delayed"), None, []),
    (bounced("2.0.0", "delivered"), ("delivered", "2.0.0"), []), (complained(), ("complaint", ""), ["complaint"]),
    (complained("not-spam"), None, []), (bounced("5.1.1", key="f" * 32), None, []),
    (b"From: ann@kelp.example\nSubject: hello\n\nhow are you?\n", None, []),
    (b"Content-Type: multipart/report\n\nnot a report at all", None, []),
])  # fmt: skip
def test_a_report_in_a_mailbox_is_read_as_it_is_meant_and_twice_is_once(home, tmp_path, report, event, suppressed):
    sent(home)
    box = mailbox.mbox(tmp_path / "box")
    box.add(report)
    box.close()
    folder = mailbox.Maildir(tmp_path / "dir")
    folder.add(report)
    folder.close()
    for path in (tmp_path / "box", tmp_path / "dir"):
        bounces.take(home, bounces.read_folder(path), by=SCHEDULE)
    found = list(MessageEvent.objects.values_list("type", "detail"))
    assert found == ([event] if event else [])
    assert [one.why for one in Suppression.objects.all()] == suppressed
    assert MessageEvent.objects.filter(at=datetime(2026, 6, 10, 13, tzinfo=UTC)).count() == len(found)


# --- signed calls ---


class Listening(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        if self.path.startswith("/silent"):
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(int(self.path.strip("/") or 200))
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def listening() -> Iterator[Any]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    server.heard = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "outcome"), [
    ("200", Taken), ("204", Taken), ("302", Refused), ("400", Refused), ("410", Refused), ("429", Later), ("503", Later),
])  # fmt: skip
def test_a_call_is_signed_and_what_is_answered_is_read(listening, path, outcome):
    endpoint = Endpoint("texts", f"http://127.0.0.1:{listening.server_port}/{path}", "kelp")
    assert isinstance(post.call(endpoint, b'{"a": 1}', KEY, NOON, again=False), outcome)
    ((_, headers, body),) = listening.heard  # once: no redirect is followed, nothing is tried twice
    at = int(NOON.timestamp())
    assert headers["Idempotency-Key"] == KEY
    assert post.signed_by("kelp", headers["Holdfast-Signature"], body, at)
    for wrong in (("guess", body, at), ("kelp", b"{}", at), ("kelp", body, at + 301)):
        key, said, now = wrong
        assert not post.signed_by(key, headers["Holdfast-Signature"], said, now)


def test_a_line_that_breaks_after_the_call_leaves_a_text_unsure_and_a_webhook_may_be_called_again(listening):
    endpoint = Endpoint("texts", f"http://127.0.0.1:{listening.server_port}/silent", "kelp")
    assert isinstance(post.call(endpoint, b"{}", KEY, NOON, again=False), Unsure)
    assert isinstance(post.call(endpoint, b"{}", KEY, NOON, again=True), Later)
    nobody = Endpoint("texts", "http://127.0.0.1:1/", "kelp")
    assert isinstance(post.call(nobody, b"{}", KEY, NOON, again=False), Later)


@pytest.mark.django_db
def test_a_text_goes_to_the_endpoint_that_is_declared_and_to_no_other(home, listening, monkeypatch):
    monkeypatch.setenv("HOLDFAST_SECRET_SMS", "kelp")
    path = home.path / "holdfast.toml"
    before = path.read_text()
    sent(home, channel="sms", state="waiting", address="+442079460018", sent_at=None)
    assert sending.send(home, clock=lambda: NOON, by=SCHEDULE).became == {"waiting": 1}  # nobody declared one
    path.write_text(before + f'\n[messages.endpoints.sms]\nurl = "http://127.0.0.1:{listening.server_port}/200"\n')
    assert sending.send(home, clock=lambda: NOON + timedelta(hours=1), by=SCHEDULE).became == {"sent": 1}
    told = json.loads(listening.heard[0][2])
    assert told["to"] == "+442079460018" and told["id"] == KEY and "thank you" in told["text"]
    assert Outbox.objects.get().address == ""
    path.write_text(before)


# --- by an API of a vendor ---


@pytest.mark.django_db
@pytest.mark.parametrize(("channel", "who"), [
    ("sms", {"phone_number": "+442079460018"}), ("email", {"email": "ann@kelp.example"}),
])  # fmt: skip
def test_a_message_by_klaviyo_is_an_event_that_is_recorded_once(home, listening, monkeypatch, channel, who):
    """Shapes of create_event in the vendor's description, revision 2026-07-15: 202 says that it was taken."""
    monkeypatch.setenv(f"HOLDFAST_SECRET_{channel.upper()}", "pk_kelp")
    path = home.path / "holdfast.toml"
    before = path.read_text()
    where = f"http://127.0.0.1:{listening.server_port}/202"
    path.write_text(before + f'\n[messages.endpoints.{channel}]\nurl = "{where}"\nby = "klaviyo"\n')
    (address,) = who.values()
    sent(home, channel=channel, state="waiting", address=address, sent_at=None)
    assert sending.send(home, clock=lambda: NOON, by=SCHEDULE).became == {"sent": 1}
    ((_, headers, body),) = listening.heard
    assert headers["Authorization"] == "Klaviyo-API-Key pk_kelp"
    assert (headers["revision"], headers["Content-Type"]) == ("2026-07-15", "application/vnd.api+json")
    assert "Holdfast-Signature" not in headers
    told = json.loads(body)["data"]
    assert told["type"] == "event" and told["attributes"]["unique_id"] == KEY
    assert told["attributes"]["metric"]["data"] == {
        "type": "metric",
        "attributes": {"name": "Holdfast: welcome, write"},
    }
    assert told["attributes"]["profile"]["data"] == {"type": "profile", "attributes": who}
    assert "thank you" in told["attributes"]["properties"]["text"]
    # whoever died while handing over is followed by somebody who does it again, since twice is once there
    Outbox.objects.update(state="sending", lease_until=NOON, address=address)
    assert sending.send(home, clock=lambda: NOON + timedelta(hours=1), by=SCHEDULE).unknown == 0
    path.write_text(before)


# --- what was seen ---


@pytest.mark.django_db
def test_opens_and_clicks_are_kept_as_they_were_told_and_suppress_nobody(home):
    sent(home)
    at = "2026-06-10T12:00:00Z"
    ours = [{"type": "open", "message_id": f"<{KEY}@kelp.example>", "at": at, "machine": True},
            {"type": "click", "message_id": KEY, "at": at}]  # fmt: skip
    segment = {"type": "track", "event": "Email Opened", "timestamp": "2026-06-10T13:00:00Z",
               "properties": {"email_id": f"<{KEY}@kelp.example>"}}  # fmt: skip
    for told in ({"events": ours}, segment, {"batch": [segment]}):
        bounces.take(home, events.read_call(told), by=SCHEDULE)
    found = MessageEvent.objects.order_by("at", "type").values_list("type", "detail")
    assert list(found) == [("click", ""), ("open", "machine"), ("open", "")]
    assert not Suppression.objects.exists() and not Consent.objects.exists()
    (row,) = listing.came_back([1], "welcome")
    assert (row.step, row.sent, row.by_type) == ("write", 1, {"click": 1, "open": 1, "machine": 1})


@pytest.mark.parametrize(("told", "why"), [
    ({"events": [{"type": "read"}]}, "one of delivered"), ({"event": "Email Read"}, "one of Email Delivered"),
    ({"event": "Email Opened", "properties": {"email_id": "18vzF7u3z"}}, "message_id"), ([], "send"),
    ({"events": [{"type": "open", "message_id": KEY, "at": "2026-06-10T12:00:00"}]}, "zone"),
])  # fmt: skip
def test_a_call_that_is_none_says_what_it_lacks(told, why):
    with pytest.raises(events.NotAnEvent, match=why):
        events.read_call(told)


# --- erasure ---


@pytest.fixture
def ada(django_user_model: Any) -> By:
    return By(django_user_model.objects.create(username="ada", is_superuser=True), "web")


@pytest.mark.django_db
def test_erasure_leaves_nothing_of_a_person_but_the_suppressed_hash(home, ada, tmp_path):
    home = Home(Path(copytree(home.path, tmp_path / "home", symlinks=True)))  # its facts are emptied
    others = keys(home)["2"]
    who = person(home, 1, "1")
    assert who is not None
    hashed = address_hash(home, "ann@kelp.example")
    sent(home)
    sent(
        home, run=2, message_key="e" * 32, state="waiting", address="ann@kelp.example", variables={"first_name": "Ann"}
    )
    sent(home, run=3, message_key="d" * 32, customer_id=keys(home)["2"], address_hash="another")
    say(
        [
            Word("yes", "email", customer_id=who.key),
            Word("no", "sms", address_hash=hashed),
            Word("yes", "email", customer_id=keys(home)["2"]),
        ],
        by=SCHEDULE,
        at=NOON,
    )
    audience.change(home.path / "audiences" / "a.csv", add=audience.hashed("ann@kelp.example"))
    audience.change(home.path / "audiences" / "a.csv", add=audience.hashed("bo@kelp.example"))
    found = erase(home, who, by=ada, at=NOON)
    assert (found.words, found.messages, found.waiting) == (2, 2, 1)
    theirs = Outbox.objects.filter(run__in=[1, 2]).values_list("customer_id", "address", "address_hash", "state")
    assert set(theirs) == {(None, "", "", "sent"), (None, "", "", "dropped")}
    assert not Outbox.objects.filter(variables__has_key="first_name").exists()
    assert list(Consent.objects.values_list("customer_id", flat=True)) == [others]
    assert set(keys(home)) == set(keys(home)) - {"1"} and person(home, 1, "1") is None
    assert person(home, 1, f"#{who.key}").emails == ()
    assert set(Suppression.objects.values_list("address_hash", "why")) >= {(hashed, "erased")}
    assert (home.path / "audiences" / "a.csv").read_text().splitlines()[1:] == [audience.hashed("bo@kelp.example")]
    entry = Audit.objects.get(verb="erase person")
    told = str(entry.changes) + entry.note
    assert hashed not in told
    assert "customer" not in told  # nor by which number they were known
    assert Erasure.objects.get().messages == 2
    with pytest.raises(CannotUndo):
        undo(entry, by=ada)


@pytest.mark.django_db
def test_only_who_looks_after_people_erases(home, django_user_model):
    who = person(home, 1, "1")
    assert who is not None
    with pytest.raises(MayNot):
        erase(home, who, by=By(django_user_model.objects.create(username="eve"), "web"), at=NOON)


# --- facts ---


@pytest.mark.django_db
def test_what_went_is_told_to_the_facts_once_and_counts_as_the_shops_own_messages(tmp_path):
    home = written_to.made(tmp_path)
    sent(home)
    sent(home, run=2, message_key="e" * 32, state="refused")
    keep_marks([MessageEvent(message=Outbox.objects.get(run=1), type="delivered", at=NOON)])

    def told() -> tuple[int, int]:
        found = tell(home, lambda paths, shop: load(home, paths, shop=shop))
        return found.messages, found.events

    assert told() == (1, 1)
    assert told() == (0, 0)
    keep_marks([MessageEvent(message=Outbox.objects.get(run=1), type="bounce", at=NOON + timedelta(hours=1))])
    assert told() == (0, 1)
    keep_marks(
        [MessageEvent(message=Outbox.objects.get(run=1), type="open", at=NOON + timedelta(hours=2), detail="machine")]
    )
    banner = sent(home, run=3, channel="slot", template="banner", message_key="f" * 32)
    keep_marks([SlotContent(
        shop_id=1, customer_id=keys(home)["1"], slot="top", message_key="f" * 32, since=NOON, content={},
        until=NOON + timedelta(days=9),
    )])  # fmt: skip
    keep_marks([MessageEvent(message=banner, type=type, at=NOON + timedelta(hours=3)) for type in ("shown", "click")])
    assert told() == (0, 3)
    written_to.build_rows(home, today=written_to.date(2026, 7, 1))
    snapshot = current_snapshot(home)
    assert snapshot is not None
    reader = open_snapshot(home, snapshot, "message message_event exposure")
    rows = reader.execute("SELECT customer_id, channel, flow, sent_at FROM message").fetchall()
    happened = reader.execute("SELECT type, is_machine_open FROM message_event ORDER BY happened_at").fetchall()
    shown = reader.execute("SELECT slot, personalized, count(clicked_at) FROM exposure GROUP BY ALL").fetchall()
    reader.close()
    assert rows == [(keys(home)["1"], "email", "welcome 2", datetime(2026, 6, 10, 12))]
    assert happened == [("delivered", False), ("bounce", False), ("open", True)]
    assert shown == [("top", True, 1)]


@pytest.mark.django_db
def test_a_load_that_breaks_is_told_again(tmp_path):
    home = written_to.made(tmp_path)
    sent(home)

    def broken(paths: list[Path], shop: str) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        tell(home, broken)
    assert tell(home, lambda paths, shop: None).messages == 1
