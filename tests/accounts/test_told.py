"""Notices and the day's mail: who is told what, once; sent through Django's own backend and through a real SMTP server."""

import email
import socket
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from smtplib import SMTPRecipientsRefused

import pytest
from acting import SCHEDULE, by
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.mail.backends import locmem, smtp

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import act, mark
from holdfast.accounts.actions import accounts, commercial, guests, lines, renewals, timeline, works
from holdfast.accounts.actions.digests import AGAIN_AFTER, Sender, send_digests
from holdfast.accounts.actions.notices import choose_mail, make_notices, see_notices
from holdfast.accounts.models import Audit, Digest, Notice, Remark, Seat, Task
from holdfast.accounts.reading.item import Given, Health
from holdfast.accounts.reading.notices import digest_of, notices_of, unseen
from holdfast.accounts.telling.digest import Line, Page, digest_html, digest_text

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAY = NOW.date()
SENDER = Sender("Holdfast <holdfast@kelp.example>", "https://holdfast.example/")


# --- words ---


def test_a_mail_says_what_is_due_and_why_in_both_forms_and_typed_text_is_no_markup():
    page = Page(
        "Cas",
        DAY,
        (
            Line("Call <b>&", "K\nelp", DAY, ("Late since 2026-03-01.", "EUR 4.00 a year."), "task:7", "EUR 2.00"),
            Line("Meet", "Dune", DAY - timedelta(days=1), ("It is due.",)),
        ),
        3,
        ("Approved <i>.",),
        "https://h.example/",
    )
    assert page.subject == "5 things are due on 2 Mar 2026"
    assert digest_text(page).partition("first.\n\n")[2].partition("\nhttps")[0] == (
        "1. K elp: Call <b>& (today; €2.00 would be lost on average)\n   Late since 1 Mar 2026.\n   €4.00 a year.\n\n"
        "2. Dune: Meet (1 day late)\n   It is due.\n\nAnd 3 more in Holdfast.\n\nNew since you looked:\n- Approved <i>.\n"
    )
    told = digest_html(page)
    assert "Call &lt;b&gt;&amp;" in told and "<b>K elp</b>" in told and "Approved &lt;i&gt;." in told
    assert 'href="https://h.example/today/?item=task%3A7"' in told and 'href="https://h.example/settings/"' in told
    assert "<a" not in digest_html(Page("C", DAY, page.lines, 0, (), ""))  # nobody said where Holdfast answers
    since = Page("C", DAY, (Line("Alone", "Kelp", DAY - timedelta(days=9), (), rings=True),), 0, (), "")
    assert "(since 21 Feb 2026)" in digest_text(since) and "late" not in digest_html(since).partition("<body")[2]
    assert "turn this mail off" in told and "turn this mail off" in digest_text(page)
    assert Page("C", DAY, page.lines[:1], 0, (), "").subject == "1 thing is due on 2 Mar 2026"
    assert Page("C", DAY, (), 0, ("Approved.",), "").subject == "1 thing is new on 2 Mar 2026"


# --- notices ---


@pytest.fixture
def morning(cast):
    with act("give addresses", by=by(cast.ada)) as doing:
        for user in (cast.cas, cast.dot, cast.eve, cast.mia):
            doing.change(user, email=f"{user.username}@kelp.example")
    cast.task = timeline.add_task(
        cast.kelp.pk, "Send the terms", due=DAY - timedelta(days=1), owner_id=cast.cas.pk, by=by(cast.cas)
    )
    timeline.plan_touchpoint(cast.kelp.pk, kind="check_in", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    term = {"currency": "EUR", "starts": date(2025, 7, 1), "ends": date(2026, 6, 30), "value_minor": 1_000_00}
    cast.contract = renewals.add_contract(
        cast.kelp.pk, by=by(cast.cas), name="Plan A", notice_on=date(2026, 3, 22), **term
    )
    return cast


def tell(now=NOW) -> int:
    return make_notices(now=now, by=SCHEDULE)


@pytest.mark.django_db
def test_everybody_is_told_once_what_is_theirs(morning):
    assert tell() == 3 and tell() == tell(NOW + timedelta(hours=9)) == 0
    assert {n.text for n in notices_of(morning.cas)} == {
        "Kelp: Send the terms was due on 2026-03-01.", "Kelp: a check-in is due by 2026-03-02.",
        "Kelp: the last day for notice of Plan A is 2026-03-22.",
    }  # fmt: skip
    assert notices_of(morning.dot) == notices_of(morning.eve) == ()
    assert tell(datetime(2026, 3, 3, 6, tzinfo=UTC)) == 1  # the internal review is late now
    assert notices_of(morning.cas)[0].text.startswith("Kelp, Plan A: The internal review was due by 2026-03-02")


@pytest.mark.django_db
def test_a_step_is_told_to_whom_somebody_else_gave_it(cast):
    far = date(2090, 1, 2)
    timeline.add_task(cast.kelp.pk, "Call", due=far, owner_id=cast.cas.pk, by=by(cast.mia))
    timeline.add_task(cast.kelp.pk, "Mine", due=far, owner_id=cast.mia.pk, by=by(cast.mia))
    now = Audit.objects.first().at  # entries carry the clock's own time
    assert (tell(now), tell(now)) == (1, 0)
    assert [n.text for n in notices_of(cast.cas)] == ["Kelp: mia gave you a step until 2090-01-02: Call"]


@pytest.mark.django_db
def test_what_a_guest_says_is_told_to_the_owner_and_their_edits_once_a_day(cast):
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    told = {"goal": "Live by June", "value_by": date(2026, 6, 1), "deciding": "Ann signs"}
    plan = works.create_work("A01", "Go live", by=by(cast.mia), at=NOW, account_id=cast.kelp.pk, fields=told)
    works.edit_work(plan.pk, by=by(cast.mia), at=NOW, owner_id=cast.cas.pk)
    hers = lines.add_line(plan.pk, "step", "Hers", by=by(cast.cas), at=NOW, customer_owner_id=ann.pk, due=DAY)
    works.share_work(plan.pk, by=by(cast.cas), at=NOW, visibility="customer")
    works.move_work(plan.pk, "shared", by=by(cast.cas), at=NOW)
    token = guests.make_guest_link(plan.pk, ann.pk, by=by(cast.cas), at=NOW)
    guests.guest_visits(token, at=NOW)
    guests.guest_changes_line(token, hers.pk, at=NOW, due=DAY + timedelta(days=1), note="Ann is away")
    guests.guest_comments(token, "All well", at=NOW)
    guests.guest_moves(token, "accepted", at=NOW)
    now = Audit.objects.first().at
    assert (tell(now), tell(now)) == (2, 0)
    assert {n.text for n in notices_of(cast.cas)} == {
        "Kelp, Go live: Ann says: accepted by the customer.", f"Kelp, Go live: Ann worked on it on {now.date()}.",
    }  # fmt: skip
    assert Remark.objects.filter(text="Ann is away").exists()


@pytest.mark.django_db
def test_a_notice_is_seen_by_whoever_it_is_for_and_nobody_else(morning):
    tell()
    ids = [n.notice_id for n in notices_of(morning.cas)]
    assert see_notices(ids, at=NOW, by=by(morning.eve)) == see_notices(ids, at=NOW, by=by(morning.ada)) == 0
    assert unseen(morning.cas) == 3
    assert see_notices(ids[:1], at=NOW, by=by(morning.cas)) == 1 and unseen(morning.cas) == 2


@pytest.mark.django_db
def test_nobody_is_told_of_an_account_they_do_not_see_any_more(morning):
    tell()
    accounts.change_account(morning.kelp.pk, by=by(morning.mia), book_id=morning.south.pk)
    assert notices_of(morning.cas) == () and unseen(morning.cas) == 0
    timeline_of_another_book = Task.objects.get(pk=morning.task.pk)
    with act("move the day", by=by(morning.ada)) as doing:
        doing.change(timeline_of_another_book, due=DAY - timedelta(days=2))
    assert tell() == 0


@pytest.mark.django_db
def test_an_approval_is_told_to_those_who_may_decide_and_the_answer_to_whoever_asked(morning):
    asked = commercial.ask_approval(
        morning.contract.pk, percent=Decimal(-10), reason="Three years.", today=DAY, by=by(morning.cas)
    )
    tell()
    told = {n.user.username for n in Notice.objects.filter(key=f"approval:{asked.pk}:asked")}
    assert told == {"ada", "mia", "exe"}  # not Cas, who asked; not Dot or Eve, who do not see it
    commercial.decide_approval(asked.pk, approve=False, why="Too much.", today=DAY, by=by(morning.mia))
    tell()
    assert notices_of(morning.cas)[0].text == "Kelp: -10.0 % on Plan A was refused. Too much."


@pytest.mark.django_db
def test_marks_of_the_machine_leave_no_entry_and_nothing_else_may_be_marked(morning):
    before = Audit.objects.count()
    tell()
    see_notices([n.notice_id for n in notices_of(morning.cas)], at=NOW, by=by(morning.cas))
    assert Audit.objects.count() == before
    with pytest.raises(TypeError, match="by an action"):
        mark(Task.objects.all(), what="x")
    for user in (morning.cas, morning.ada):
        with pytest.raises(MayNot):
            make_notices(now=NOW, by=by(user))


# --- the day's mail ---


def send(now=NOW, connection=None, **fields):
    return send_digests(now=now, connection=connection or locmem.EmailBackend(), sender=SENDER, by=SCHEDULE, **fields)


@pytest.mark.django_db
def test_each_person_gets_one_mail_a_day_with_what_is_due_first_things_first(morning):
    health = Given(health={morning.kelp.pk: Health("red", 31, ("Orders fell.",), loss=0.5)})
    assert send(given=health).sent == 1
    assert send(NOW + timedelta(hours=3)).sent == 0 and len(mail.outbox) == 1
    (told,) = mail.outbox
    assert (told.to, told.subject, told.from_email) == (
        ["cas@kelp.example"],
        "3 things are due on 2 Mar 2026",
        SENDER.address,
    )
    assert (
        "Send the terms" in told.body and "€500 would be lost on average" in told.body and "Orders fell." in told.body
    )
    ((html, kind),) = told.alternatives
    assert kind == "text/html" and "Send the terms" in html and "https://holdfast.example/" in html
    assert send(NOW + timedelta(days=1)).sent == 1  # another day


@pytest.mark.django_db
def test_who_said_no_who_has_nothing_due_and_who_sees_nothing_get_no_mail(morning):
    choose_mail(digest=False, by=by(morning.cas))
    assert send().sent == 0 and mail.outbox == []
    choose_mail(digest=True, by=by(morning.cas))
    Seat.objects.filter(user=morning.cas).delete()
    assert send().sent == 0 and digest_of(morning.cas, DAY, Given(), "") is None
    with pytest.raises(MayNot):
        send_digests(now=NOW, connection=locmem.EmailBackend(), sender=SENDER, by=by(morning.ada))
    with pytest.raises(NotThere):
        choose_mail(digest=False, by=SCHEDULE)


@pytest.mark.django_db
def test_a_notice_of_something_in_the_queue_is_not_said_twice(morning):
    tell()
    page = digest_of(morning.cas, DAY, Given(), "")
    assert len(page.lines) == 3 and page.notices == ()


@pytest.mark.django_db
def test_who_was_killed_between_handing_over_and_marking_leaves_a_mail_that_goes_again_under_its_own_name(
    morning, monkeypatch
):
    with monkeypatch.context() as killed:
        killed.setattr("holdfast.accounts.actions.digests._end", lambda *_: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            send()
    assert send(NOW + timedelta(minutes=59)).sent == 0  # somebody may still be at it
    assert send(NOW + AGAIN_AFTER).sent == 1 and send(NOW + 2 * AGAIN_AFTER).sent == 0
    first, second = mail.outbox
    assert (
        first.extra_headers["Message-ID"]
        == second.extra_headers["Message-ID"]
        == f"<digest-{morning.cas.pk}-2026-03-02@kelp.example>"
    )


@pytest.mark.django_db
def test_what_the_server_refuses_is_kept_with_its_reason_without_the_address_and_tried_again(morning):
    class Refusing(locmem.EmailBackend):
        def send_messages(self, messages):
            raise SMTPRecipientsRefused({"cas@kelp.example": (550, b"no such user")})

    assert send(connection=Refusing()).refused == ("the mail server refused one: SMTPRecipientsRefused",)
    row = Digest.objects.get()
    assert row.sent_at is None and "cas@" not in row.problem
    assert send(NOW + AGAIN_AFTER).sent == 1 and Digest.objects.get().problem == ""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Inbox:
    """What a real SMTP server was handed."""

    def __init__(self) -> None:
        self.got = []

    async def handle_DATA(self, server, session, envelope):
        self.got.append(envelope)
        return "250 taken"


@pytest.mark.django_db
def test_a_real_mail_server_on_this_machine_is_handed_a_mail_that_parses(morning):
    inbox = Inbox()
    port = free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert send(connection=smtp.EmailBackend(host="127.0.0.1", port=port, timeout=10)).sent == 1
    finally:
        server.stop()
    (envelope,) = inbox.got
    told = email.message_from_bytes(envelope.content)
    assert envelope.rcpt_tos == ["cas@kelp.example"] and told["Auto-Submitted"] == "auto-generated"
    assert told["Message-ID"] == f"<digest-{morning.cas.pk}-2026-03-02@kelp.example>"
    plain, html = told.get_payload()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Kelp: Send the terms" in plain.get_payload(decode=True).decode()


@pytest.mark.django_db
def test_without_a_server_that_answers_nothing_counts_as_sent(morning):
    port = free_port()
    with pytest.raises(OSError, match="refused"):
        send(connection=smtp.EmailBackend(host="127.0.0.1", port=port, timeout=5))
    assert not Digest.objects.exists()


@pytest.mark.django_db
def test_the_mail_tells_of_promises_and_alarms_that_the_queue_of_the_day_tells_of(morning):
    ann = timeline.add_contact(morning.kelp.pk, by=by(morning.cas), name="Ann", part="champion")
    timeline.contact_left(ann.pk, on=DAY, by=by(morning.cas), owner_id=morning.cas.pk, due=DAY + timedelta(days=9))
    assert send().sent == 1
    assert "Ann, champion, left on 2 Mar 2026; nobody follows." in mail.outbox[0].body


@pytest.mark.django_db
def test_what_is_known_of_an_account_is_said_with_the_first_thing_that_is_due_there(morning):
    health = Given(health={morning.kelp.pk: Health("red", 31, ("Orders fell.",), loss=0.5)})
    page = digest_of(morning.cas, DAY, health, "")
    assert [line.loss for line in page.lines] == ["EUR 500.00", "", ""]
    assert digest_text(page).count("Orders fell.") == 1
