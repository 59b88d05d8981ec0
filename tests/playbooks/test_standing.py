"""How a person stands before anything is sent: the merchant's record, the ledger, merges, dead addresses, what went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import written_to
from acting import SCHEDULE
from django.core.exceptions import ValidationError
from written_to import NOON, due, keys, verdicts

from holdfast.accounts.access import MayNot
from holdfast.accounts.act import By, keep_marks
from holdfast.accounts.models import NeverRewritten
from holdfast.metrics.drill import opened
from holdfast.playbooks.models import Consent, Outbox, Suppression
from holdfast.playbooks.restraint.erasing import erase
from holdfast.playbooks.restraint.people import person
from holdfast.playbooks.restraint.profiling import PROFILING, tell_models
from holdfast.playbooks.restraint.standing import judge
from holdfast.playbooks.restraint.words import Word, address_hash, lift, say, suppress
from holdfast.playbooks.restraint.zones import zone_of_country
from holdfast.predictions.objections import objected
from holdfast.warehouse.home import Home

pytestmark = pytest.mark.django_db
LATER = datetime(2100, 1, 1, tzinfo=UTC)  # the import of a test is of today: what is said after it


@pytest.fixture(scope="module")
def home(people: Home) -> Home:
    return people


def judged(home: Home, *customers: str, now: datetime = NOON, **more: object) -> list[tuple[str, str]]:
    known = keys(home)
    connection = due(*({"customer_id": known[c]} | more for c in customers))
    judge(connection, home, now)
    return verdicts(connection)


def told(home: Home, customer: str, word: str, at: datetime = NOON, **more: object) -> None:
    say([Word(word, customer_id=keys(home)[customer], source="a test", **more)], by=SCHEDULE, at=at)


def test_the_merchants_own_record_is_where_consent_begins(home):
    found = judged(home, "1", "3", "4", "5", "6")
    assert found == [
        ("send", ""), ("hold", "said no"), ("hold", "no address"), ("hold", "the address cannot be one"),
        ("hold", "never said yes"),
    ]  # fmt: skip


def test_a_country_of_one_zone_tells_where_somebody_is_and_one_of_several_does_not(home):
    assert zone_of_country()["GB"] == zone_of_country()["UK"] == "Europe/London"
    assert "US" not in zone_of_country() and zone_of_country()["FRANCE"] == "Europe/Paris"
    evening = datetime(2026, 6, 10, 18, 30, tzinfo=UTC)  # 19:30 in London: Ann's evening; Bo may be anywhere
    assert judged(home, "1", "2", now=evening) == [("send", ""), ("wait", "quiet hours")]


def test_the_latest_word_holds(home):
    told(home, "6", "yes", NOON - timedelta(days=2), channel="email")
    assert judged(home, "6") == [("send", "")]
    told(home, "6", "no", NOON - timedelta(days=1))  # to all channels
    assert judged(home, "6") == [("hold", "said no")]
    told(home, "6", "pending", NOON, channel="email")
    assert judged(home, "6") == [("hold", "has not confirmed yet")]
    told(home, "6", "yes", NOON + timedelta(seconds=1), channel="email")
    assert judged(home, "6") == [("send", "")]
    told(home, "6", "yes", NOON + timedelta(seconds=2), channel="sms")
    told(home, "6", "no", NOON + timedelta(seconds=2), channel="email")
    assert judged(home, "6") == [("hold", "said no")]


def test_at_the_same_moment_the_no_holds(home):
    for word in ("no", "yes"):
        told(home, "6", word)
    assert judged(home, "6") == [("hold", "said no")]


def test_a_merchants_yes_takes_no_opt_out_back_and_their_no_holds_until_a_later_yes(home):
    told(home, "1", "no", datetime(2020, 1, 1, tzinfo=UTC))  # long before the file that says yes
    assert judged(home, "1") == [("hold", "said no")]
    told(home, "3", "yes", datetime(2020, 1, 1, tzinfo=UTC))
    assert judged(home, "3") == [("hold", "said no")]
    told(home, "3", "yes", LATER)
    assert judged(home, "3") == [("send", "")]


def test_a_word_about_an_address_is_the_word_of_whoever_has_it(home):
    say([Word("no", address_hash=address_hash(home, " ANN@kelp.example "))], by=SCHEDULE, at=NOON)
    assert judged(home, "1") == [("hold", "said no")]


def test_an_objection_to_being_profiled_holds_marketing_and_no_service_message(home):
    told(home, "1", "no", purpose=PROFILING)
    assert judged(home, "1") == [("hold", "objects to being profiled")]
    assert judged(home, "1", **{"class": "service"}) == [("send", "")]


def test_the_models_hear_who_objected_or_was_erased_and_who_agreed_again(
    tmp_path, settings, django_capture_on_commit_callbacks, django_user_model
):
    settings.HOME = home = written_to.made(tmp_path)
    ada = django_user_model.objects.create(username="ada", is_superuser=True)
    known = keys(home)

    def left_out():
        with opened(home) as (connection, _):
            return objected(home, connection)

    with django_capture_on_commit_callbacks(execute=True):
        told(home, "1", "no", purpose=PROFILING)
        told(home, "2", "no")  # to mail, not to being profiled
    assert left_out() == (known["1"],)
    with django_capture_on_commit_callbacks(execute=True):
        told(home, "1", "yes", NOON + timedelta(days=1), purpose=PROFILING)
        erase(home, person(home, 1, "2"), by=By(ada, "web"), at=NOON)
    assert left_out() == (known["2"],)
    assert not tell_models(home)


def test_a_suppressed_address_gets_no_marketing_and_a_dead_one_nothing(home):
    ann = address_hash(home, "ann@kelp.example")
    suppress([ann], Suppression.Why.COMPLAINT, by=SCHEDULE, at=NOON)
    assert judged(home, "1") == [("hold", "suppressed: complaint")]
    assert judged(home, "1", **{"class": "service"}) == [("send", "")]
    suppress([ann], Suppression.Why.HARD, by=SCHEDULE, at=NOON)
    assert judged(home, "1", **{"class": "service"}) == [("hold", "the address is dead: hard bounce")]


def test_a_mistake_is_lifted_by_whoever_may_and_a_complaint_by_nobody(home, django_user_model):
    ann = address_hash(home, "ann@kelp.example")
    for why in (Suppression.Why.HARD, Suppression.Why.COMPLAINT):
        suppress([ann], why, by=SCHEDULE, at=NOON)
    with pytest.raises(MayNot):
        lift(ann, by=By(django_user_model.objects.create(username="eve"), "web"), at=NOON)
    ada = By(django_user_model.objects.create(username="ada", is_superuser=True), "web")
    assert lift(ann, by=ada, at=NOON) == 1
    assert judged(home, "1", **{"class": "service"}) == [("send", "")]
    assert judged(home, "1") == [("hold", "suppressed: complaint")]
    suppress([ann], Suppression.Why.HARD, by=SCHEDULE, at=NOON)
    assert judged(home, "1", **{"class": "service"}) == [("hold", "the address is dead: hard bounce")]


def row(home: Home, customer: str, **facts: object) -> Outbox:
    usual = {"playbook": "other", "version": 1, "run": 1, "step": "x", "turn": 1, "channel": "email", "shop_id": 1,
             "customer_id": keys(home)[customer], "message_key": f"key-{customer}-{len(facts)}", "put_at": NOON,
             "not_before": NOON}  # fmt: skip
    return Outbox(**usual | facts)


def test_what_went_may_have_gone_or_is_on_its_way_counts_against_the_caps(home):
    for number, state in enumerate(("sent", "unknown", "sending", "waiting", "claimed")):
        Outbox.objects.all().delete()
        keep_marks([row(home, "1", state=state, sent_at=NOON if number < 3 else None)])
        assert judged(home, "1") == [("wait", "at most 1 messages a day")], state
    for state in ("refused", "dropped"):
        Outbox.objects.all().delete()
        keep_marks([row(home, "1", state=state)])
        assert judged(home, "1") == [("send", "")], state
    Outbox.objects.all().delete()
    keep_marks([row(home, "1", state="sent", sent_at=NOON, service=True)])
    assert judged(home, "1") == [("send", "")]


def test_words_stay_as_they_were_said(home):
    told(home, "1", "no")
    word = Consent.objects.get()
    word.word = "yes"
    for rewrite in (word.save, lambda: Consent.objects.update(word="yes")):
        with pytest.raises(NeverRewritten):
            rewrite()


@pytest.mark.parametrize(("word", "said"), [
    (Word("maybe", customer_id=1), "a word is one of"), (Word("yes"), "whose word"),
    (Word("yes", channel="fax", customer_id=1), "email or sms"), (Word("yes", purpose="x", customer_id=1), "marketing"),
    (Word("yes", basis="because", customer_id=1), "lawful basis"),
])  # fmt: skip
def test_a_word_that_is_none_is_refused(word, said):
    with pytest.raises(ValidationError, match=said):
        say([word], by=SCHEDULE, at=NOON)
    assert not Consent.objects.exists()


def test_after_two_profiles_turn_out_to_be_one_an_opt_out_of_one_holds_for_both(tmp_path):
    """Ann and her guest profile get a common e-mail by a later order: her newer no wins over the other's older yes."""
    people = (("1", "ann@kelp.example", "", "Ann", "GB", "", ""), ("2", "ann2@kelp.example", "", "Ann", "GB", "", ""))
    home = written_to.made(tmp_path, people)
    before = keys(home)
    say([Word("yes", customer_id=before["1"], channel="email")], by=SCHEDULE, at=NOON - timedelta(days=9))
    say([Word("no", customer_id=before["2"], channel="email")], by=SCHEDULE, at=NOON - timedelta(days=1))
    assert judged(home, "1", "2") == [("send", ""), ("hold", "said no")]
    keep_marks([row(home, "2", state="sent", sent_at=NOON - timedelta(days=3), message_key="k")])
    written_to.add_orders(home, tmp_path, [("o9", "2", "2026-03-02 12:00", "MUG", "1", "10.00", "ann@kelp.example")])
    connection = due({"customer_id": before["1"]}, {"customer_id": before["2"]})
    judge(connection, home, NOON)
    assert len(connection.execute("SELECT DISTINCT customer_id FROM due").fetchall()) == 1
    assert verdicts(connection) == [("hold", "said no")] * 2
    say([Word("yes", customer_id=before["1"], channel="email")], by=SCHEDULE, at=NOON)
    connection = due({"customer_id": before["1"]}, {"customer_id": before["2"]})
    judge(connection, home, NOON)
    assert verdicts(connection) == [("send", ""), ("wait", "at most 1 messages a day")]  # they are one person now
