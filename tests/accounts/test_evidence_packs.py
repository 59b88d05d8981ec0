"""Proof of security holds until the first of its documents ends: said before, and never handed over afterwards."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by
from django.core.exceptions import ValidationError

from holdfast.accounts.act import undo
from holdfast.accounts.actions import expiry, guests, lines, notices, remarks, timeline, works
from holdfast.accounts.models import Audit, Notice, Remark
from holdfast.accounts.reading.given import given_of
from holdfast.accounts.reading.item import Given
from holdfast.accounts.reading.notices import digest_of
from holdfast.accounts.reading.today import today as queue_of
from holdfast.accounts.reading.work import work_page

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
REPORT, POLICY = date(2026, 6, 1), date(2026, 12, 31)  # until when each is good


@pytest.fixture
def ann(cast):
    return timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")


@pytest.fixture
def pack(cast):
    """Of an audit's report and of a policy, available."""
    made = works.create_work("A23", "Proof", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk)
    for what, until in (("Report", REPORT), ("Policy", POLICY)):
        item = lines.add_line(
            made.pk, "item", what, by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=AT.date(), fields=good(until)
        )
        lines.move_line(item.pk, "available", by=by(cast.cas), at=AT)
    return works.move_work(made.pk, "available", by=by(cast.cas), at=AT)


def good(until: date) -> dict[str, object]:
    return {"control": "CC6.1", "document": "vault/7", "dated": date(2026, 1, 1), "expires_on": until,
            "may_see": "their security lead"}  # fmt: skip


def held_until(pack) -> date | None:
    pack.refresh_from_db()
    return pack.expires_on


def test_it_holds_until_the_first_of_its_documents_ends_and_on_when_that_is_renewed(cast, pack):
    report = pack.lines.get(what="Report")
    assert held_until(pack) == REPORT
    lines.change_line(report.pk, by=by(cast.cas), at=AT, fields={"expires_on": date(2027, 6, 1)})
    assert held_until(pack) == POLICY
    undo(Audit.objects.first(), by=by(cast.cas))
    assert held_until(pack) == REPORT
    asked = lines.add_line(pack.pk, "item", "Old plan", by=by(cast.cas), at=AT, fields={"expires_on": date(2026, 3, 9)})
    assert held_until(pack) == REPORT  # what was only asked for proves nothing yet
    lines.move_line(asked.pk, "dropped", by=by(cast.cas), at=AT)
    assert held_until(pack) == REPORT


def test_nobody_says_that_it_holds_longer_than_its_documents(cast, pack):
    with pytest.raises(ValidationError, match="until the first of its documents ends"):
        works.edit_work(pack.pk, by=by(cast.cas), at=AT, expires_on=REPORT + timedelta(days=1))
    assert works.edit_work(pack.pk, by=by(cast.cas), at=AT, title="Proof 2026", expires_on=REPORT).title == "Proof 2026"


def test_its_owner_is_told_thirty_days_before_and_each_morning_until_it_is_renewed(cast, pack):
    before, near, late = REPORT - timedelta(days=31), REPORT - timedelta(days=30), REPORT + timedelta(days=9)
    notices.make_notices(now=datetime.combine(before, AT.timetz()), by=SCHEDULE)
    assert not Notice.objects.exists() and not given_of(cast.cas, before).alarms
    for _ in range(2):
        notices.make_notices(now=datetime.combine(near, AT.timetz()), by=SCHEDULE)
    assert Notice.objects.get().text == "Kelp: Proof holds until 2026-06-01." and Notice.objects.get().user == cast.cas
    (item,) = queue_of(cast.cas, near, given_of(cast.cas, near, everybodys=False))
    assert (item.what, item.due) == ("Proof holds until 2026-06-01", REPORT)
    assert item.evidence[0] == "“Report” is good until 2026-06-01: renew it."
    (item,) = queue_of(cast.cas, late, given_of(cast.cas, late, everybodys=False))
    assert item.what == "Proof held until 2026-06-01" and item.evidence[0].startswith("“Report” was good until")
    assert given_of(cast.dot, late).alarms == ()
    told = [one.says for one in work_page(cast.cas, pack.pk, datetime.combine(near, AT.timetz())).timing]
    assert told == ["“Report” is good until 2026-06-01."]


def test_a_document_that_has_ended_is_not_shared_and_neither_is_what_rests_on_it(cast, pack, ann):
    late = datetime.combine(REPORT, AT.timetz())
    report, policy = pack.lines.get(what="Report"), pack.lines.get(what="Policy")
    over = "“Report” was good until 2026-06-01: put the renewed document in first"
    for line_id in (None, report.pk):
        with pytest.raises(ValidationError, match=over):
            remarks.share_with(pack.pk, ann.pk, by=by(cast.cas), at=late, line_id=line_id)
    remarks.share_with(pack.pk, ann.pk, by=by(cast.cas), at=late, line_id=policy.pk)
    with pytest.raises(ValidationError, match="it was good until 2026-06-01"):
        lines.move_line(report.pk, "shared", by=by(cast.cas), at=late)
    with pytest.raises(ValidationError, match="it held until 2026-06-01"):
        works.move_work(pack.pk, "shared", by=by(cast.cas), at=late)
    with pytest.raises(ValidationError, match=over):
        works.share_work(pack.pk, by=by(cast.cas), at=late, visibility="customer")
    works.share_work(pack.pk, by=by(cast.cas), at=AT, visibility="customer")
    with pytest.raises(ValidationError, match=over):
        guests.make_guest_link(pack.pk, ann.pk, by=by(cast.cas), at=late)
    assert Remark.objects.filter(kind="shared").count() == 1


def test_the_schedule_calls_what_has_ended_expired_and_a_renewed_document_brings_it_back(cast, pack, ann):
    report, late = pack.lines.get(what="Report"), datetime.combine(REPORT, AT.timetz())
    assert expiry.expire(by=SCHEDULE, at=late - timedelta(days=1)) == 0
    assert expiry.expire(by=SCHEDULE, at=late) == 2 and expiry.expire(by=SCHEDULE, at=late) == 0
    pack.refresh_from_db()
    assert [pack.state, *pack.lines.order_by("id").values_list("state", flat=True)] == [
        "expired",
        "expired",
        "available",
    ]
    with pytest.raises(ValidationError, match="put the renewed document in first"):
        lines.move_line(report.pk, "available", by=by(cast.cas), at=late)
    lines.move_line(report.pk, "available", by=by(cast.cas), at=late, fields={"expires_on": date(2027, 6, 1)})
    assert works.move_work(pack.pk, "available", by=by(cast.cas), at=late).expires_on == POLICY


def test_a_pack_that_was_kept_before_the_rule_is_brought_to_it(cast, pack):
    type(pack).objects.update(expires_on=date(2027, 3, 2))
    assert expiry.expire(by=SCHEDULE, at=AT) == 1
    assert held_until(pack) == REPORT


def test_the_mail_of_the_day_says_once_that_it_ends(cast, pack):
    near = REPORT - timedelta(days=9)
    notices.make_notices(now=datetime.combine(near, AT.timetz()), by=SCHEDULE)
    page = digest_of(cast.cas, near, Given(), "")
    assert [line.what for line in page.lines] == ["Proof holds until 2026-06-01"] and page.notices == ()
