"""The stakeholder map: threads, gaps and alarms by hand, and read off contacts and touchpoints."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import NotThere
from holdfast.accounts.actions import lines, remarks, stakeholders, timeline, works
from holdfast.accounts.decide.stakeholders import Stakeholder, standing
from holdfast.accounts.models import Attendance, Line
from holdfast.accounts.reading.records import record_of
from holdfast.accounts.reading.stakeholders import stakeholder_map

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def codes(found):
    return [alarm.code for alarm in found.alarms]


def ago(days):
    return DAY - timedelta(days=days)


def test_two_people_heard_from_within_90_days_are_two_threads():
    people = [Stakeholder(1, "Ann", "champion", seen_on=ago(90)), Stakeholder(2, "Bob", "buyer", "support", ago(3))]
    found = standing(people, DAY, wanted=())
    assert (found.threads, found.alarms, found.stale) == ((1, 2), (), False)


def test_on_the_91st_day_the_other_one_is_a_single_thread():
    people = [Stakeholder(1, "Ann", "champion", seen_on=ago(91)), Stakeholder(2, "Bob", "buyer", seen_on=ago(3))]
    (alarm,) = standing(people, DAY, wanted=()).alarms
    assert (alarm.code, alarm.contact) == ("single_thread", 2)
    assert alarm.says == "All we have heard in 90 days came from Bob alone."


def test_a_map_without_evidence_of_90_days_is_stale():
    found = standing([Stakeholder(1, "Ann", "user", seen_on=ago(200))], DAY, wanted=(), unattended=2)
    assert found.stale and codes(found) == ["no_thread"]
    assert found.not_known == ("of 2 touchpoints in the last 90 days nobody wrote down who took part",)
    assert standing([], DAY, wanted=()).alarms[0].says == "We know nobody there."


def test_a_champion_who_left_is_an_alarm_until_another_stands_there():
    gone = Stakeholder(1, "Ann", "champion", seen_on=ago(5), left_on=ago(1))
    others = [Stakeholder(2, "Bob", "user", seen_on=ago(2)), Stakeholder(3, "Cy", "user", seen_on=ago(2))]
    found = standing([gone, *others], DAY, wanted=())
    assert codes(found) == ["champion_left"]
    assert found.alarms[0].says == "Ann, champion, left on 2026-03-01; nobody follows."
    assert 1 not in found.threads
    assert codes(standing([gone, *others, Stakeholder(4, "Di", "champion")], DAY, wanted=())) == []
    still_here = Stakeholder(1, "Ann", "champion", seen_on=ago(5), left_on=DAY + timedelta(days=1))
    assert codes(standing([still_here, *others], DAY, wanted=())) == []


def test_a_stance_ages_and_a_part_nobody_holds_is_a_gap():
    people = [Stakeholder(1, "Ann", "user", "support", ago(91), ago(1)), Stakeholder(2, "Bob", "user", seen_on=DAY)]
    found = standing(people, DAY, wanted=("user", "buyer"))
    assert codes(found) == ["stale_stance", "gap"]
    assert [alarm.says for alarm in found.alarms] == [
        "What we say of Ann is from 2025-12-01.", "We know no economic buyer there."]  # fmt: skip


@pytest.mark.django_db
def test_a_person_can_have_all_that_is_kept_of_them_and_nothing_of_others(cast):
    boss = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Bob")
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann", part="approver", reports_to_id=boss.pk,
                               stance="against", stance_why="“Too dear”", stance_on=DAY)  # fmt: skip
    pack = works.create_work(
        "A23", "Security", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, fields={"approver": ann.pk}
    )
    lines.add_line(pack.pk, "item", "Retention", by=by(cast.cas), at=AT, customer_owner_id=ann.pk, due=DAY)
    lines.add_line(pack.pk, "item", "Not hers", by=by(cast.cas), at=AT, customer_owner_id=boss.pk, due=DAY)
    works.add_participant(pack.pk, by=by(cast.cas), at=AT, contact_id=ann.pk)
    remarks.share_with(pack.pk, ann.pk, by=by(cast.cas), at=AT, text="policy 7")
    kept = {(one.where, one.what, one.told) for one in record_of(cast.exe, ann.pk)}
    assert kept == {("contact", "name", "Ann"), ("contact", "part", "approver"), ("contact", "reports to", "Bob"),
                    ("contact", "stance", "against"), ("contact", "stance why", "“Too dear”"),
                    ("contact", "stance on", "2026-03-02"), ("Security", "owns a line", "Retention"),
                    ("Security", "was sent", "policy 7"), ("Security", "approver", "Ann"),
                    ("Security", "takes part", "Ann")}  # fmt: skip
    for who in (cast.eve, cast.dot):
        with pytest.raises(NotThere):
            record_of(who, ann.pk)


@pytest.mark.django_db
def test_the_map_reads_who_took_part_and_turns_gaps_into_steps(cast):
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann", part="champion")
    zoe = timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Zoe")
    held = []
    for _ in range(2):
        point = timeline.plan_touchpoint(cast.kelp.pk, kind="check_in", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
        timeline.hold_touchpoint(point.pk, at=AT, recap="r", next_step="n", next_due=DAY, next_owner_id=cast.cas.pk,
                                 by=by(cast.cas))  # fmt: skip
        held.append(point)
    with pytest.raises(ValidationError, match="nobody of this account"):
        stakeholders.attended(held[0].pk, [zoe.pk], by=by(cast.cas))
    stakeholders.attended(held[0].pk, [ann.pk], by=by(cast.cas))
    stakeholders.attended(held[0].pk, [ann.pk], by=by(cast.cas))
    assert Attendance.objects.count() == 1
    found = stakeholder_map(cast.exe, cast.kelp.pk, DAY)
    (row,) = found.people
    assert (row.name, row.seen_on, row.stale) == ("Ann", DAY, False)
    assert codes(found.standing) == ["single_thread", "gap", "gap", "gap"]
    assert found.standing.not_known == ("of 1 touchpoint in the last 90 days nobody wrote down who took part",)
    work = works.create_work("A06", "People of Kelp", by=by(cast.cas), at=AT, account_id=cast.kelp.pk,
                             fields={"wanted": [{"part": "champion"}, {"part": "finance"}]})  # fmt: skip
    for _ in range(2):
        stakeholders.steps_for_gaps(work.pk, owner_id=cast.cas.pk, due=DAY, by=by(cast.cas), at=AT)
    told = Line.objects.filter(work=work).values_list("what", "our_owner", "due")
    assert list(told) == [("All we have heard in 90 days came from Ann alone.", cast.cas.pk, DAY),
                          ("We know no finance there.", cast.cas.pk, DAY)]  # fmt: skip
    for who in (cast.eve, cast.dot):
        for deed in (lambda who=who: stakeholder_map(who, cast.kelp.pk, DAY),
                     lambda who=who: stakeholders.attended(held[0].pk, [], by=by(who)),
                     lambda who=who: stakeholders.steps_for_gaps(work.pk, owner_id=1, due=DAY, by=by(who), at=AT)):  # fmt: skip
            with pytest.raises(NotThere):
                deed()


@pytest.mark.django_db
def test_what_is_known_of_a_person_changes_with_a_reason_and_stays_within_the_account(cast):
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    zoe = timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Zoe")
    with pytest.raises(ValidationError, match="what they said or did"):
        timeline.change_contact(ann.pk, by=by(cast.cas), stance="against")
    with pytest.raises(ValidationError, match="nobody of this account"):
        timeline.change_contact(ann.pk, by=by(cast.cas), reports_to_id=zoe.pk)
    with pytest.raises(ValueError, match="a contact has no account_id"):
        timeline.change_contact(ann.pk, by=by(cast.cas), account_id=cast.dune.pk)
    timeline.change_contact(ann.pk, by=by(cast.cas), stance="against", stance_why="said no to the price", stance_on=DAY)
    timeline.change_contact(ann.pk, by=by(cast.cas), part="buyer")  # the reason stands
    ann.refresh_from_db()
    assert (ann.account, ann.stance, ann.stance_why, ann.part) == (
        cast.kelp,
        "against",
        "said no to the price",
        "buyer",
    )
    with pytest.raises(NotThere):
        timeline.change_contact(ann.pk, by=by(cast.dot), part="user")
