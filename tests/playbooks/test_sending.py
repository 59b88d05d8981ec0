"""Messages leave once: by a real mail server in another process, with senders killed at every point."""

from __future__ import annotations

import email
import signal
from collections import Counter
from datetime import datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from acting import SCHEDULE
from django.core.exceptions import ValidationError
from django.db import connections
from written_to import NOON, due, keys

from holdfast.accounts.act import By, keep_marks
from holdfast.accounts.models import Audit
from holdfast.playbooks.channels import codes, outbox, sending
from holdfast.playbooks.channels.links import UNSUBSCRIBE, key_in
from holdfast.playbooks.channels.settings import messages
from holdfast.playbooks.channels.template import NoTemplate, template
from holdfast.playbooks.models import Code, Outbox, SlotContent, Suppression
from holdfast.playbooks.restraint.standing import judge
from holdfast.playbooks.restraint.words import Word, address_hash, say
from holdfast.warehouse.home import Home, HomeProblem

CONTENT = {("welcome", 1, "write"): outbox.Content("welcome")}


@pytest.fixture(scope="module")
def built(people: Home) -> Home:
    return people


@pytest.fixture
def home(tmp_path: Path, server: tuple[int, Path]) -> Home:
    """A home that may send, and has no shop of its own: what is put is put by hand."""
    made = Home(tmp_path / "home")
    made.create()
    settings(made, f'smtp = "smtp://127.0.0.1:{server[0]}"')
    return made


def settings(home: Home, more: str = "") -> None:
    (home.path / "holdfast.toml").write_text(
        '[[shop]]\nid = 1\nname = "Kelp"\nzone = "Europe/London"\ncurrency = "GBP"\n[messages]\n'
        'from = "Kelp <hello@kelp.example>"\npostal_address = "1 Quay, Bristol"\n'
        f'public_url = "https://success.kelp.example"\n{more}\n'
    )


def message(number: int = 1, **facts: Any) -> Outbox:
    usual = {"playbook": "welcome", "version": 1, "run": number, "step": "write", "turn": 1, "channel": "email",
             "shop_id": 1, "customer_id": number, "message_key": f"{number:032x}", "template": "welcome",
             "address": f"p{number}@kelp.example", "address_hash": f"hash-{number}", "put_at": NOON, "not_before": NOON,
             "variables": {"first_name": "Ann <b>"}}  # fmt: skip
    return Outbox(**usual | facts)


def send(home: Home, now: datetime = NOON) -> sending.Sent:
    return sending.send(home, clock=lambda: now, by=SCHEDULE)


def taken(folder: Path) -> list[Any]:
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*.eml"))]


def states() -> dict[int, str]:
    return dict(Outbox.objects.values_list("run", "state"))


# --- from what is judged to what is put ---


@pytest.mark.django_db
def test_what_is_judged_to_be_sent_is_put_once_however_often(built):
    known = keys(built)
    for _ in range(2):
        connection = due(
            {"customer_id": known["1"]}, {"customer_id": known["3"]}, {"customer_id": known["2"], "class": "service"}
        )
        judge(connection, built, NOON)
        assert outbox.put(connection, built, CONTENT, NOON) == 2
    rows = {row.run: row for row in Outbox.objects.all()}
    assert {run: (row.address, row.variables, row.service) for run, row in rows.items()} == {
        1: ("ann@kelp.example", {"first_name": "Ann"}, False), 3: ("bo@kelp.example", {"first_name": "Bo"}, True),
    }  # fmt: skip
    assert rows[1].address_hash == address_hash(built, "ann@kelp.example")
    assert len({row.message_key for row in rows.values()}) == 2


@pytest.mark.django_db
def test_a_text_goes_to_the_number_in_the_form_that_is_dialled_from_anywhere(built):
    connection = due({"customer_id": keys(built)["1"], "channel": "sms"})
    judge(connection, built, NOON)
    outbox.put(connection, built, CONTENT, NOON)
    assert Outbox.objects.get().address == "+442079460018"
    assert Outbox.objects.get().address_hash == address_hash(built, "+442079460018")


@pytest.mark.django_db
def test_a_step_of_which_nobody_said_what_it_writes_is_not_put(built):
    connection = due({"customer_id": keys(built)["1"], "step": "remind"})
    judge(connection, built, NOON)
    with pytest.raises(ValidationError, match="what to write in step 'remind'"):
        outbox.put(connection, built, CONTENT, NOON)
    assert not Outbox.objects.exists()


# --- a mail as it leaves ---


@pytest.mark.django_db
def test_a_mail_says_where_it_is_from_and_lets_people_leave_with_one_click(home, server):
    keep_marks([message()])
    assert send(home).became == {"sent": 1}
    (got,) = taken(server[1])
    assert (got["From"], got["To"], got["Subject"]) == (
        "Kelp <hello@kelp.example>",
        "p1@kelp.example",
        "Welcome to Kelp",
    )
    assert got["Message-ID"] == f"<{1:032x}@kelp.example>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leave = got["List-Unsubscribe"].strip("<>")
    assert key_in(UNSUBSCRIBE, leave.split("/")[-2]) == f"{1:032x}"
    text, html = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Hello Ann <b>," in text and "Hello Ann &lt;b&gt;," in html
    assert all("1 Quay, Bristol" in part and leave in part for part in (text, html))
    row = Outbox.objects.get()
    assert (row.state, row.address, row.variables, row.sent_at) == ("sent", "", {}, NOON)


@pytest.mark.django_db
def test_a_service_mail_has_no_link_to_leave(home, server):
    keep_marks([message(service=True)])
    send(home)
    (got,) = taken(server[1])
    assert got["List-Unsubscribe"] is None and "Unsubscribe" not in got.get_body(("plain",)).get_content()


@pytest.mark.django_db
def test_one_bad_recipient_holds_up_nobody_else(home, server):
    bad = {2: "gone@kelp.example", 3: "busy@kelp.example", 4: "long@kelp.example", 5: "a\nb@kelp.example",
           6: "zoë@kelp.example"}  # fmt: skip
    keep_marks([message(n, address=bad.get(n, f"p{n}@kelp.example")) for n in range(1, 9)])
    assert send(home).became == {"sent": 3, "refused": 4, "waiting": 1}
    assert [states()[n] for n in range(1, 9)] == [
        "sent", "refused", "waiting", "refused", "refused", "refused", "sent", "sent",
    ]  # fmt: skip
    problems = dict(Outbox.objects.exclude(problem="").values_list("run", "problem"))
    assert problems[2] == "the mail server said 550 5.1.1" and problems[4] == "the mail server said 552 5.3.4"
    assert [s.address_hash for s in Suppression.objects.all()] == ["hash-2"]  # only who does not exist is dead
    assert sorted(got["To"] for got in taken(server[1])) == ["p1@kelp.example", "p7@kelp.example", "p8@kelp.example"]


@pytest.mark.django_db
def test_what_may_come_back_is_tried_again_after_a_while_that_doubles_and_is_given_up(home, server):
    keep_marks([message(address="busy@kelp.example")])
    now, waits = NOON, []
    for _ in range(outbox.TRIES):
        send(home, now)
        row = Outbox.objects.get()
        assert send(home, now).became == {}  # nothing before its time
        waits.append(row.not_before - now)
        now = row.not_before
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert (row.state, row.address) == ("refused", "") and row.problem.startswith("given up after 8 tries")


@pytest.mark.django_db
def test_a_mail_server_that_does_not_answer_loses_nothing(home):
    settings(home, 'smtp = "smtp://127.0.0.1:1"')
    keep_marks([message(n) for n in (1, 2)])
    assert send(home).became == {"waiting": 2}
    assert "does not answer" in Outbox.objects.first().problem


@pytest.mark.django_db
def test_whoever_says_no_after_a_message_was_put_does_not_get_it(home, server):
    keep_marks([message(n) for n in (1, 2, 3)] + [message(4, service=True)])
    say([Word("no", customer_id=1), Word("no", channel="email", address_hash="hash-2"), Word("no", channel="sms", customer_id=3),
         Word("no", customer_id=4)], by=SCHEDULE, at=NOON)  # fmt: skip
    send(home)
    assert states() == {1: "dropped", 2: "dropped", 3: "sent", 4: "sent"}


# --- killed at every point ---


def book_of_work() -> str:
    return str(connections["default"].settings_dict["NAME"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "nth", "unknown", "with_server"), [
    ("outbox.claim", 1, 0, False), ("outbox.begin", 3, 1, False), ("mail.Mail._handed", 3, 1, True),
    ("outbox.sent", 3, 0, True),
])  # fmt: skip
def test_a_sender_killed_at_any_point_doubles_nothing_and_drops_nothing(
    home, server, senders_apart, point, nth, unknown, with_server
):
    """Five messages, the sender killed at the third (or with all five claimed); two hours later another one goes on."""
    keep_marks([message(n) for n in range(1, 6)])
    book, stop = book_of_work(), (f"after:holdfast.playbooks.channels.{point}", nth)
    assert senders_apart.senders(home.path, NOON, book=book, stop=stop) == [-signal.SIGKILL]
    assert senders_apart.senders(home.path, NOON, book=book) == [0]  # at once: what the dead one holds is not touched
    assert senders_apart.senders(home.path, NOON + timedelta(hours=2), book=book) == [0]
    got = Counter(message["Message-ID"] for message in taken(server[1]))
    assert set(got.values()) == {1}  # nobody gets anything twice
    lost = {run for run, state in states().items() if f"<{run:032x}@kelp.example>" not in got}
    assert Counter(states().values()) == {"sent": 5 - unknown} | ({"unknown": unknown} if unknown else {})
    assert lost <= {run for run, state in states().items() if state == "unknown"}  # whoever got nothing is listed
    assert bool(lost) == (unknown == 1 and not with_server)


@pytest.mark.django_db
def test_an_unknown_message_is_never_sent_again_but_by_a_persons_word(home, server, django_user_model):
    keep_marks([message(n, state="sending", lease_until=NOON, sent_at=NOON, claimed_by="dead") for n in (1, 2, 3)])
    found = send(home, NOON + timedelta(hours=1))
    assert (found.became, found.unknown) == ({}, 3)
    ada = By(django_user_model.objects.create(username="ada", is_superuser=True), "web")
    one, two, three = Outbox.objects.order_by("run")
    outbox.decide(one.pk, went=True, by=ada)
    outbox.decide(two.pk, went=False, by=ada)
    outbox.decide(three.pk, went=False, again=True, by=ada)
    assert states() == {1: "sent", 2: "dropped", 3: "waiting"}
    assert send(home, NOON + timedelta(hours=1)).became == {"sent": 1}
    assert [got["To"] for got in taken(server[1])] == ["p3@kelp.example"]
    with pytest.raises(ValidationError, match="nobody knows"):
        outbox.decide(one.pk, went=True, by=ada)
    told = str(list(Audit.objects.filter(verb="decide message").values_list("changes", flat=True)))
    assert "unknown" in told and "kelp.example" not in told  # no entry keeps an address


@pytest.mark.django_db
def test_a_service_message_goes_again_only_where_the_settings_say_so(home, server):
    keep_marks([message(service=True, state="sending", lease_until=NOON, sent_at=NOON)])
    send(home, NOON + timedelta(hours=1))
    assert states() == {1: "unknown"}
    Outbox.objects.all().delete()
    settings(home, f'smtp = "smtp://127.0.0.1:{server[0]}"\nservice_again = true')
    keep_marks([message(service=True, state="sending", lease_until=NOON, sent_at=NOON)])
    assert send(home, NOON + timedelta(hours=1)).became == {"sent": 1}


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_message_once(home, server, senders_apart):
    keep_marks([message(n) for n in range(1, 41)])
    assert senders_apart.senders(home.path, NOON, book=book_of_work(), many=2) == [0, 0]
    got = Counter(message["Message-ID"] for message in taken(server[1]))
    assert len(got) == 40 and set(got.values()) == {1}


# --- settings, templates, codes, slots, audiences ---


@pytest.mark.django_db
def test_without_a_mail_server_mail_waits_and_says_what_is_missing(home):
    settings(home)
    keep_marks([message()])
    found = send(home)
    assert found.became == {} and "smtp server" in found.problems[0]
    assert states() == {1: "waiting"}


@pytest.mark.parametrize(("said", "problem"), [
    ('smtp = "smtp://me:word@mail.example"', "holds a password"),
    ('smtp = "mail.example"', "is written smtp://"),
    ('[messages.endpoints.texts]\nurl = "http://texts.example/"', "begins with https://"),
    ('[messages.endpoints.texts]\nurl = "https://texts.example/"', "no key to sign with"),
    ('[messages.endpoints."Te xts"]\nurl = "https://texts.example/"', "small letters"),
])  # fmt: skip
def test_settings_that_cannot_be_say_what_to_mend(tmp_path, said, problem):
    home = Home(tmp_path / "home")
    home.create()
    settings(home, said)
    with pytest.raises(HomeProblem, match=problem):
        messages(home)


def test_a_secret_that_others_may_read_is_refused_and_none_is_shown(tmp_path, monkeypatch):
    home = Home(tmp_path / "home")
    home.create()
    settings(home, 'smtp = "smtp://me@mail.example"')
    (home.path / "secrets").mkdir()
    path = home.path / "secrets" / "smtp"
    path.write_text("kelp holds")
    path.chmod(0o644)
    with pytest.raises(HomeProblem, match="chmod 600"):
        messages(home)
    path.chmod(0o600)
    told = messages(home)
    assert told.server is not None and told.server.password == "kelp holds" and told.server.starttls
    assert "kelp holds" not in repr(told)
    monkeypatch.setenv("HOLDFAST_SECRET_SMTP", "another")
    assert messages(home).server.password == "another"


def test_a_template_with_a_variable_that_is_not_declared_cannot_be_read(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    (home.path / "messages").mkdir()
    (home.path / "messages" / "own.toml").write_text('subject = "x"\ntext = "Hello {{ name }}"\n')
    with pytest.raises(NoTemplate, match="name is not declared"):
        template(home, "own")
    for name in ("../salt", "nowhere", ""):
        with pytest.raises(NoTemplate, match="there is no template"):
            template(home, name)


def test_a_template_reaches_nothing_of_the_machine(tmp_path):
    from jinja2.exceptions import SecurityError

    from holdfast.playbooks.channels.template import Template, written

    with pytest.raises(SecurityError):
        written(Template("x", "{{ first_name.__class__.__mro__ }}", variables={"first_name": "a"}), {})


@pytest.mark.django_db
def test_a_code_is_given_once_and_a_run_keeps_its_own(home, server):
    assert codes.fill("spring", ["A1", "A2", "A2", ""]) == 2
    (home.path / "messages").mkdir()
    (home.path / "messages" / "gift.toml").write_text(
        'subject = "For you"\ntext = "Your code: {{ code }}"\npool = "spring"\n'
    )
    keep_marks(
        [message(n, template="gift") for n in (1, 2, 3)] + [message(1, step="remind", template="gift", message_key="r")]
    )
    found = send(home)
    assert found.became == {"sent": 3, "waiting": 1}
    said = {got["To"]: got.get_body(("plain",)).get_content().split("\n")[0] for got in taken(server[1])}
    assert said["p1@kelp.example"] != said["p2@kelp.example"] and codes.left("spring") == 0
    assert Code.objects.exclude(given_to=None).count() == 2
    assert "are given" in Outbox.objects.get(run=3).problem
    reminders = [
        got.get_body(("plain",)).get_content().split("\n")[0]
        for got in taken(server[1])
        if got["To"] == "p1@kelp.example"
    ]
    assert len(reminders) == 2 and len(set(reminders)) == 1


@pytest.mark.django_db
def test_a_slot_shows_its_content_until_its_day_and_is_kept_once(home):
    from holdfast.playbooks.channels.slot import shown

    keep_marks([message(channel="slot", address="", state="sending", lease_until=NOON, sent_at=NOON)])
    send(home, NOON + timedelta(hours=1))
    assert states() == {1: "sent"} and SlotContent.objects.count() == 1
    told = shown(1, [1], "welcome", NOON + timedelta(days=1))
    assert told is not None and told["title"] == "Welcome to Kelp" and "&lt;b&gt;" in told["html"]
    assert shown(1, [1], "welcome", NOON + timedelta(days=15)) is None and shown(2, [1], "welcome", NOON) is None


@pytest.mark.django_db
def test_an_audience_is_a_file_of_hashes_in_which_everybody_stands_once(home):
    from holdfast.playbooks.channels.audience import files, hashed

    keep_marks(
        [message(n, channel="audience", address="Ann@kelp.example" if n < 3 else "bo@kelp.example") for n in (1, 2, 3)]
    )
    send(home)
    (path,) = files(home)
    assert path.read_text().splitlines() == [
        "hashed_email",
        *sorted({hashed("ann@kelp.example"), hashed("bo@kelp.example")}),
    ]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_the_schedule_sends_only_where_the_settings_say_that_messages_are_live(home, server, monkeypatch):
    from django.conf import settings as django_settings

    from holdfast.accounts.schedule import nothing_given
    from holdfast.playbooks.channels.job import send_due

    monkeypatch.setattr(django_settings, "HOME", home)
    keep_marks([message()])
    assert send_due(NOON, nothing_given) == "messages are not live" and states() == {1: "waiting"}
    settings(home, f'smtp = "smtp://127.0.0.1:{server[0]}"\nlive = true')
    assert send_due(NOON, nothing_given) == "1 sent" and states() == {1: "sent"}
    assert send_due(NOON, nothing_given) == "nothing had to go"


@pytest.mark.django_db
def test_a_step_names_the_slot_it_fills_and_the_endpoint_it_calls(home):
    keep_marks([message(channel="slot", address="", variables={"slot": "home"}),
                message(2, channel="webhook", address="", variables={"endpoint": "tickets"})])  # fmt: skip
    send(home)
    assert SlotContent.objects.get().slot == "home"
    assert Outbox.objects.get(run=2).problem.startswith("no endpoint is called 'tickets'")


@pytest.mark.django_db
def test_a_channel_that_breaks_holds_up_nobody_and_its_words_are_in_no_log(home, server, monkeypatch, caplog):
    from holdfast.playbooks.channels import mail

    real = mail.letter_of

    def broken(one: Outbox, *more: Any) -> Any:
        if one.run == 1:
            raise RuntimeError(f"cannot write to {one.address}")
        return real(one, *more)

    monkeypatch.setattr(mail, "letter_of", broken)
    keep_marks([message(n) for n in (1, 2)])
    assert send(home).became == {"unknown": 1, "sent": 1}
    assert "RuntimeError" in caplog.text and "p1@kelp.example" not in caplog.text
