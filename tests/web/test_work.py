"""Plans in the browser: begun, filled in, moved, shared with a guest; and who must not reach them."""

from __future__ import annotations

import io
import logging
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from holdfast.accounts.act import By, act
from holdfast.accounts.actions import timeline
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.models import Account, Audit, Book, GuestLink, Line, Person, Question, Role, Seat, WorkObject
from holdfast.warehouse.home import Home
from holdfast.web import trying
from holdfast.web.logs import NothingPrivate

MAKEABLE = [kind for kind in KINDS.values() if kind.scope != "house"]
SOON = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()


@pytest.fixture
def cast(shop: Home, person: Any, client: Client) -> dict[str, Any]:
    """Cas looks after Kelp in book North, where Ann and Bo work; Dot has a seat elsewhere, Eve none."""
    north, south = Book.objects.create(name="North"), Book.objects.create(name="South")
    kelp = Account.objects.create(name="Kelp & Co", source="shops:acme", book=north)
    found: dict[str, Any] = {"north": north, "kelp": kelp}
    for name, book in (("cas", north), ("dot", south), ("eve", None)):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        if book:
            Seat.objects.create(user=user, book=book)
        found[name] = Client()
        found[name].force_login(user)
        found[f"{name}_key"] = user.pk
    by = By(get_user_model().objects.get(username="cas"), "web")
    found["ann"] = timeline.add_contact(kelp.pk, by=by, name="Ann Vik", part="champion", influence=4, interest=5)
    found["bo"] = timeline.add_contact(kelp.pk, by=by, name="Bo Lund")
    return found


def begin(cast: dict[str, Any], kind: str, title: str = "Live before the peak") -> WorkObject:
    place = "book" if KINDS[kind].scope == "book" else "account"
    key = cast["north"].pk if place == "book" else cast["kelp"].pk
    cast["cas"].post("/work/new/", {"kind": kind, "title": title, place: key})
    return WorkObject.objects.latest("id")


def post(client: Client, work: WorkObject, do: str, **sent: Any) -> str:
    return client.post(f"/work/{work.pk}/", {"do": do, **sent}, follow=True).content.decode()


@pytest.mark.parametrize("kind", MAKEABLE, ids=lambda kind: kind.id)
def test_every_kind_is_begun_from_the_page_and_shows_all_it_asks_for(cast: dict[str, Any], kind: Any) -> None:
    work = begin(cast, kind.id)
    assert (work.kind, work.owner_id) == (kind.id, cast["cas_key"])
    told = cast["cas"].get(f"/work/{work.pk}/").content.decode()
    for field in kind.fields:
        name = f"f.{field.name}"
        assert f'name="{name}"' in told or f'name="{name}.' in told, field.name
    for part in kind.parts:
        assert f'id="part_{part.name}"' in told


def test_what_is_sent_for_each_type_of_field_is_kept_and_shown_again(cast: dict[str, Any]) -> None:
    work = begin(cast, "A09")
    sent = {"f.goals": "More second orders\n\nFewer returns", "f.metrics.0.metric": "repeat_purchase",
            "f.metrics.1.metric": "", "f.not_doing": "No discounts"}  # fmt: skip
    assert "Saved." in post(cast["cas"], work, "fields", **sent)
    work.refresh_from_db()
    assert work.fields["goals"] == ["More second orders", "Fewer returns"]
    assert work.fields["metrics"] == [{"metric": "repeat_purchase"}]
    post(cast["cas"], work, "fields", **{"f.not_doing": ""})
    work.refresh_from_db()
    assert "not_doing" not in work.fields and "goals" in work.fields


def test_a_criterion_that_is_only_begun_says_what_it_lacks_until_the_rest_is_there(cast: dict[str, Any]) -> None:
    work = begin(cast, "A02")
    post(cast["cas"], work, "add line", part="objective", what="More second orders")
    above = Line.objects.get()
    told = post(cast["cas"], work, "add line", part="outcome", what="Rate up", under=above.pk,
                **{"f.criterion.target": "27", "f.criterion.metric": ""})  # fmt: skip
    assert "no metric yet: to 27" in told and "lacks the metric, the baseline, the day of its criterion" in told
    line = Line.objects.get(part="outcome")
    post(cast["cas"], work, "change line", line=line.pk, part="outcome",
         **{"f.criterion.metric": "repeat_purchase", "f.criterion.baseline": "22", "f.criterion.target": "27",
            "f.criterion.by": SOON})  # fmt: skip
    line.refresh_from_db()
    assert line.fields["criterion"] == {"metric": "repeat_purchase", "baseline": 0.22, "target": 0.27, "by": SOON}


def outcome(cast: dict[str, Any], metric: str, baseline: str, target: str) -> WorkObject:
    """A success plan with one outcome."""
    plan = begin(cast, "A02")
    post(cast["cas"], plan, "add line", part="objective", what="More second orders")
    above = Line.objects.get(work=plan)
    post(cast["cas"], plan, "add line", part="outcome", what="Up", under=above.pk,
         **{"f.criterion.metric": metric, "f.criterion.baseline": baseline, "f.criterion.target": target,
            "f.criterion.by": SOON})  # fmt: skip
    return plan


def read(told: bytes) -> str:
    return told.decode().replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("metric", "baseline", "target", "kept", "said"),
    [
        ("repeat_purchase", "79.9 %", "87,5%", (0.799, 0.875), "from 79.9 % to 87.5 % by"),
        ("days_to_second", "40", "1", (40, 1), "from 40 days to 1 day by"),
        ("order_value", "52.5", "60", (52.5, 60), "from £52.50 to £60.00 by"),
        ("active_customers", "1200", "1500", (1200, 1500), "from 1 200 to 1 500 by"),
    ],
)
def test_a_criterion_is_written_in_the_unit_of_its_metric_to_us_to_a_guest_and_in_files(
    cast: dict[str, Any], home: Home, metric: str, baseline: str, target: str, kept: tuple[float, float], said: str
) -> None:
    home.add_shop("kelp", account="acme", zone="Europe/London", currency="GBP")
    plan = outcome(cast, metric, baseline, target)
    held = Line.objects.get(part="outcome").fields["criterion"]
    assert (held["baseline"], held["target"]) == kept
    post(cast["cas"], plan, "share", visibility="customer")
    page = read(cast["cas"].get(f"/work/{plan.pk}/").content)
    assert page.count(said) == 2  # its line, its history
    assert said in read(Client().get(link_for(cast, plan)).content)
    assert said in read(cast["cas"].get(f"/work/{plan.pk}/?format=csv").content)


@pytest.mark.parametrize(
    ("metric", "baseline", "why"),
    [
        ("repeat_purchase", "0.8", "“0.8” may be 0.8 % or 80 %: write it with its sign"),
        ("order_value", "36,000", "comma it may be 36000 or 36.000: write one of these"),
        ("order_value", "52 %", "this metric is no share"),
        ("order_value", "a lot", "write a number here"),
    ],
)
def test_an_end_that_says_two_things_is_asked_after(cast: dict[str, Any], metric: str, baseline: str, why: str) -> None:
    plan = begin(cast, "A05")
    told = post(cast["cas"], plan, "fields", **{"f.criterion.metric": metric, "f.criterion.baseline": baseline})
    assert why in told
    plan.refresh_from_db()
    assert "criterion" not in plan.fields


def test_a_copy_without_money_shows_no_amount_of_a_criterion_but_shares(cast: dict[str, Any]) -> None:
    for metric, ends, said in (("order_value", ("52", "60"), "from (amount withheld) to (amount withheld) by"),
                               ("refund_rate", ("8", "5"), "from 8.0 % to 5.0 % by")):  # fmt: skip
        plan = outcome(cast, metric, *ends)
        post(cast["cas"], plan, "frame", redaction="money")
        post(cast["cas"], plan, "share", visibility="customer")
        assert said in read(Client().get(link_for(cast, plan)).content)


def test_money_shares_moments_and_answers_are_kept_as_the_rules_want_them(cast: dict[str, Any]) -> None:
    renewal, news = begin(cast, "A07"), begin(cast, "A22")
    post(cast["cas"], renewal, "fields", **{"f.value.amount": "120 000.50", "f.value.currency": "eur",
                                            "f.probability": "62.5"})  # fmt: skip
    post(cast["cas"], news, "fields", **{"f.next_update": "2030-01-02T10:30"})
    renewal.refresh_from_db()
    news.refresh_from_db()
    assert renewal.fields == {"value": {"minor": 12_000_050, "currency": "EUR"}, "probability": 0.625}
    assert news.fields == {"next_update": "2030-01-02T10:30:00+00:00"}
    assert "is not an amount" in post(cast["cas"], renewal, "fields", **{"f.value.amount": "lots"})


def test_a_field_that_does_not_fit_is_refused_in_a_sentence(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    assert "write a day here" in post(cast["cas"], work, "fields", **{"f.value_by": "soon"})
    work.refresh_from_db()
    assert work.fields == {}


def test_a_line_without_owner_and_date_cannot_be_done(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    post(cast["cas"], work, "add line", part="step", what="Connect the feed")
    line = Line.objects.get()
    told = post(cast["cas"], work, "move line", line=line.pk, to="done")
    assert "has no owner" in told and "Not work yet" in told
    line.refresh_from_db()
    assert line.state == "open"
    post(cast["cas"], work, "change line", line=line.pk, part="step", owner=f"user:{cast['cas_key']}", due=SOON)
    post(cast["cas"], work, "move line", line=line.pk, to="done")
    line.refresh_from_db()
    assert line.state == "done"


def test_a_move_that_lacks_something_lists_what_to_mend(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    told = cast["cas"].get(f"/work/{work.pk}/").content.decode()
    assert (
        "Fill in “Goal”, “Value by”, “How it is decided”." in told
        and "Write at least 1 step line; there are 0." in told
    )
    assert "fill in “Goal”" in post(cast["cas"], work, "move", to="shared")
    work.refresh_from_db()
    assert work.state == "draft"


def test_the_list_filters_counts_and_is_taken_away(cast: dict[str, Any]) -> None:
    first, second = begin(cast, "A01", "Go live"), begin(cast, "A05", "Which carrier")
    old = begin(cast, "A12", "Old review")
    WorkObject.objects.filter(pk=old.pk).update(created_on=date(2020, 1, 1))
    for query, found in (("", {"Go live", "Which carrier"}), ("kind=A05", {"Which carrier"}),
                         ("show=stale", {"Old review"}), ("show=ended", set()), ("owner=mine&kind=A01", {"Go live"}),
                         (f"account={cast['kelp'].pk}&due=late", set()),
                         ("kind=A01&state=shared", set()), ("show=all", {"Go live", "Which carrier", "Old review"})):  # fmt: skip
        rows = cast["cas"].get(f"/work/?{query}&as=csv").content.decode().splitlines()[1:]
        assert {title for title in ("Go live", "Which carrier", "Old review") if any(title in row for row in rows)} == (
            found
        ), query
    told = cast["cas"].get("/work/").content.decode()
    assert re.search(r'Stale <span class="cnt">1<', told) and first.title in told and second.title in told
    for wrong in ("kind=zzz", "owner=zzz", "account=zzz", "due=zzz", "show=zzz", "page=0"):
        assert cast["cas"].get(f"/work/?{wrong}").status_code == 404, wrong


def test_the_list_asks_the_database_as_often_for_fifty_plans_as_for_one(
    cast: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    with act("many", by=By(get_user_model().objects.get(username="cas"), "web")) as doing:
        for number in range(50):
            doing.create(WorkObject, kind="A01", account=cast["kelp"], title=f"Plan {number}", state="draft",
                         created_on=datetime.now(UTC).date(), changed_at=datetime.now(UTC))  # fmt: skip
    with django_assert_max_num_queries(22):
        cast["cas"].get("/work/")


def test_somebody_of_another_book_reaches_no_plan_by_any_deed(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    before = Audit.objects.count()
    for name in ("dot", "eve"):
        assert b"Live before" not in cast[name].get("/work/").content
        assert cast[name].get(f"/work/{work.pk}/").status_code == 404
        for do in ("frame", "fields", "move", "share", "make link", "comment", "add line", "value"):
            assert cast[name].post(f"/work/{work.pk}/", {"do": do, "to": "shared", "text": "x"}).status_code == 404
        assert cast[name].post("/work/new/", {"kind": "A01", "title": "x", "account": cast["kelp"].pk}).status_code in (
            404,
        )
    assert Audit.objects.count() == before


def test_who_may_only_read_sees_a_plan_without_a_single_form_and_changes_nothing(
    cast: dict[str, Any], rob: Client
) -> None:
    work = begin(cast, "A02")
    post(cast["cas"], work, "add line", part="objective", what="More second orders")
    told = rob.get(f"/work/{work.pk}/").content.decode()
    assert "More second orders" in told and 'name="do"' not in told
    assert rob.get("/work/new/").status_code == 403
    before = Audit.objects.count()
    for do, sent in (("comment", {"text": "x"}), ("move", {"to": "running"}), ("share", {"visibility": "customer"})):
        assert rob.post(f"/work/{work.pk}/", {"do": do, **sent}).status_code == 403
    assert Audit.objects.count() == before


def test_a_plan_asks_the_database_as_often_for_forty_lines_as_for_two(
    cast: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    work = begin(cast, "A01")
    with act("many", by=By(get_user_model().objects.get(username="cas"), "web"), about=work) as doing:
        for number in range(40):
            doing.create(Line, work=work, part="step", what=f"Step {number}", state="open", customer_owner=cast["ann"])
    with django_assert_max_num_queries(45):
        cast["cas"].get(f"/work/{work.pk}/")


def test_evidence_opens_the_number_it_names(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    told = post(cast["cas"], work, "value", metric="repeat_purchase")
    assert 'href="/metrics/repeat_purchase/explain/' in told
    told = post(cast["cas"], work, "quote", text="It works", said_by="Ann Vik", said_on="2020-01-02")
    assert "“It works”" in told and "2 Jan 2020" in told
    assert "web address" in post(cast["cas"], work, "document", text="Plan", address="javascript:alert(1)")


def test_what_a_comparison_has_shown_is_linked_in_its_own_sentence(
    cast: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept as it stood: the sentence of tomorrow is another. Nothing is read before one is chosen."""
    claim = SimpleNamespace(
        id="guide", name="A guide", sentence="A guide changed orders by +5.0 %.", metric="net_revenue", version=1,
        scope="shop:acme", as_of=date(2026, 6, 30), grade="E4", verdict=SimpleNamespace(word="worked"),
    )  # fmt: skip
    read: list[str] = []

    def told_of(id: str) -> SimpleNamespace | None:
        read.append(id)
        return claim if id == "guide" else None

    monkeypatch.setattr(trying, "offered", lambda: (("guide", "A guide"),))
    monkeypatch.setattr(trying, "claim", told_of)
    work = begin(cast, "A01")
    assert "Link a claim of value" in cast["cas"].get(f"/work/{work.pk}/").content.decode()
    assert read == []
    assert cast["cas"].get("/value/one/?claim=guide").content == b"E4, worked. A guide changed orders by +5.0 %."
    assert b"Nothing can be told of it yet" in cast["cas"].get("/value/one/?claim=other").content
    post(cast["cas"], work, "claim", claim="guide")
    monkeypatch.setattr(trying, "offered", lambda: ())
    told = plain(cast["cas"].get(f"/work/{work.pk}/"))
    assert "A guide changed orders by +5.0 %." in told
    assert "E4 guide" in told
    assert "choose a claim" in post(cast["cas"], work, "claim", claim="other").lower()
    monkeypatch.setattr(trying, "withheld", frozenset)  # since then its lot broke
    told = plain(cast["cas"].get(f"/work/{work.pk}/"))
    linked = told.partition('id="evidence"')[2].partition("</section>")[0]
    assert "+5.0 %" not in linked and "withheld" in linked


def test_a_promised_update_shows_as_kept_or_missed_and_a_change_is_undone_but_not_a_word(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    assert "Owed" in post(cast["cas"], work, "update", text="Working on it", promised_at="2090-01-02T10:00")
    assert "Kept" in post(cast["cas"], work, "update", text="Done")
    entry = Audit.objects.first()
    assert f'action="/activity/{entry.pk}/undo/"' in cast["cas"].get(f"/work/{work.pk}/").content.decode()
    said = cast["cas"].post(f"/activity/{entry.pk}/undo/", {"next": f"/work/{work.pk}/"}, follow=True)
    assert "cannot be taken back" in plain(said)  # what was said was said
    post(cast["cas"], work, "fields", **{"f.goal": "Live by March"})
    cast["cas"].post(f"/activity/{Audit.objects.first().pk}/undo/")
    work.refresh_from_db()
    assert "goal" not in work.fields


# --- the guest ---


@pytest.fixture
def shared(cast: dict[str, Any]) -> WorkObject:
    """A mutual action plan, filled in, with a step of Ann's and one of ours, and shared, all from the page."""
    work, cas = begin(cast, "A01"), cast["cas"]
    post(cas, work, "fields", **{"f.goal": "Live by March", "f.value_by": SOON, "f.deciding": "Ann tests it"})
    post(cas, work, "add line", part="step", what="Name the test shop", owner=f"contact:{cast['ann'].pk}", due=SOON)
    post(cas, work, "add line", part="step", what="Connect it", owner=f"user:{cast['cas_key']}", due=SOON)
    post(cas, work, "share", visibility="customer")
    post(cas, work, "move", to="shared")
    return work


def link_for(cast: dict[str, Any], work: WorkObject, who: str = "ann") -> str:
    told = post(cast["cas"], work, "make link", contact=cast[who].pk, days="7")
    found = re.search(r"http://testserver(/guest/[^<\s]+/)", told)
    assert found
    return found[1]


def test_a_mutual_action_plan_goes_from_draft_to_accepted_by_the_guest(
    cast: dict[str, Any], shared: WorkObject
) -> None:
    link, guest = link_for(cast, shared), Client()
    told = guest.get(link).content.decode()
    assert "Live by March" in told and "Shown to Ann Vik" in told
    hers = Line.objects.get(what="Name the test shop")
    assert "Who of you" not in told  # there is nobody else to hand it to
    guest.post(link, {"do": "change line", "line": hers.pk, "what": "Name the pilot shop", "due": SOON})
    hers.refresh_from_db()
    assert hers.what == "Name the pilot shop"
    assert "Said, under your name" in guest.post(link, {"do": "move", "to": "accepted"}, follow=True).content.decode()
    shared.refresh_from_db()
    assert shared.state == "accepted"
    guest.post(link, {"do": "comment", "text": "When do we begin?"})
    page = cast["cas"].get(f"/work/{shared.pk}/").content.decode()
    assert "Accepted by the customer" in page and "When do we begin?" in page and "1 visits" not in page
    entry = Audit.objects.filter(verb="guest: accepted").get()
    assert (entry.by_name, entry.via, entry.by_id) == ("Ann Vik", "guest", None)


def test_a_link_is_shown_once_and_its_visits_are_counted(cast: dict[str, Any], shared: WorkObject) -> None:
    link = link_for(cast, shared)
    assert link not in cast["cas"].get(f"/work/{shared.pk}/").content.decode()
    guest = Client()
    guest.get(link)
    guest.post(link, {"do": "comment", "text": "Hello"}, follow=True)
    assert GuestLink.objects.get().visits.count() == 1


def test_what_is_only_ours_and_what_is_not_theirs_stays_from_the_guest(
    cast: dict[str, Any], shared: WorkObject
) -> None:
    plan = begin(cast, "A09", "Where to grow")
    post(cast["cas"], plan, "fields", **{"f.room": "They could use subscriptions", "f.goals": "Grow"})
    post(cast["cas"], plan, "comment", text="They are about to leave")
    post(cast["cas"], plan, "share", visibility="customer")
    link, guest = link_for(cast, plan), Client()
    told = guest.get(link).content.decode()
    assert "Grow" in told and "subscriptions" not in told and "about to leave" not in told
    link = link_for(cast, shared)
    ours = Line.objects.get(what="Connect it")
    told = guest.post(link, {"do": "change line", "line": ours.pk, "what": "No", "due": SOON}, follow=True)
    assert "not yours to change" in told.content.decode()
    for sent in ({"do": "move", "to": "closed"}, {"do": "move", "to": "draft"}, {"do": "fields", "f.goal": "x"}, {}):
        guest.post(link, sent)
    shared.refresh_from_db()
    ours.refresh_from_db()
    assert (shared.state, shared.fields["goal"], ours.what) == ("shared", "Live by March", "Connect it")


def test_a_guest_of_one_plan_reaches_no_other_and_nothing_else(cast: dict[str, Any], shared: WorkObject) -> None:
    other = begin(cast, "A01", "Another plan")
    post(cast["cas"], other, "add line", part="step", what="Secret step", owner=f"contact:{cast['bo'].pk}", due=SOON)
    post(cast["cas"], other, "share", visibility="customer")
    link, guest = link_for(cast, shared), Client()
    line = Line.objects.get(what="Secret step")
    for do in ("change line", "move line"):
        told = guest.post(link, {"do": do, "line": line.pk, "what": "Mine", "to": "done"}, follow=True)
        assert "This is not there any more." in told.content.decode() and b"Secret" not in told.content
    line.refresh_from_db()
    assert (line.what, line.state) == ("Secret step", "open")
    told = guest.get(link).content.decode()
    assert set(re.findall(r'(?:href|action)="(/[^"#]*)"', told)) <= set(re.findall(r'href="(/static/[^"]*)"', told))
    for address in ("/", "/work/", f"/work/{shared.pk}/", "/metrics/", "/accounts/"):
        assert guest.get(address).headers["Location"].startswith("/login/")


def test_a_line_that_needs_no_owner_tells_a_guest_of_none(cast: dict[str, Any]) -> None:
    pack = begin(cast, "A14", "Checkout down")
    post(cast["cas"], pack, "add line", part="exit", what="Seven quiet days")
    post(cast["cas"], pack, "add line", part="ask", what="Read the log")
    post(cast["cas"], pack, "share", visibility="customer")
    told = Client().get(link_for(cast, pack)).content.decode()
    of = {
        what: told.partition(f'<span class="what">{what}</span>')[2][:120]
        for what in ("Seven quiet days", "Read the log")
    }
    assert "nobody" not in of["Seven quiet days"] and "nobody" in of["Read the log"]


@pytest.mark.parametrize("how", ["expired", "revoked", "hidden again", "left", "cut off"])
def test_a_link_that_opens_nothing_says_so_and_changes_nothing(
    cast: dict[str, Any], shared: WorkObject, how: str
) -> None:
    link, guest = link_for(cast, shared), Client()
    if how == "expired":
        GuestLink.objects.update(expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    elif how == "revoked":
        assert "opens nothing from now on" in post(cast["cas"], shared, "revoke", link=GuestLink.objects.get().pk)
    elif how == "hidden again":
        post(cast["cas"], shared, "share", visibility="internal")
    elif how == "left":
        type(cast["ann"]).objects.filter(pk=cast["ann"].pk).update(left_on=date(2026, 1, 1))
    else:
        link = f"{link[:-2]}/"
    before = Audit.objects.count()
    for answer in (guest.get(link), guest.post(link, {"do": "move", "to": "accepted"})):
        assert answer.status_code == 404
        told = answer.content.decode()
        assert "Ask whoever sent it for a new one." in told and "Live" not in told and "Kelp" not in told
    assert Audit.objects.count() == before


def test_answers_to_guests_are_kept_and_told_onward_by_nobody(
    cast: dict[str, Any], shared: WorkObject, settings: Any
) -> None:
    link = link_for(cast, shared)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(NothingPrivate())
    logging.getLogger("django.request").addHandler(handler)
    try:
        for address in (link, f"{link[:-2]}/"):
            answer = Client().get(address)
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "noindex" in answer.headers["X-Robots-Tag"]
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert "/guest/…" in written.getvalue() and link[:-4] not in written.getvalue()
    assert all("nothing private" in one["filters"] for one in settings.LOGGING["handlers"].values())


def test_a_form_of_a_guest_needs_its_token_even_from_a_page_that_hides_where_it_is(
    cast: dict[str, Any], shared: WorkObject
) -> None:
    link, guest = link_for(cast, shared), Client(enforce_csrf_checks=True)
    told = guest.get(link).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', told)
    assert token
    sent = {"do": "comment", "text": "Hello"}
    assert guest.post(link, sent, headers={"origin": "null"}).status_code == 403
    assert guest.post(link, sent | {"csrfmiddlewaretoken": token[1]}, headers={"origin": "null"}).status_code == 302
    elsewhere = {"origin": "https://elsewhere.example"}
    assert guest.post(link, sent | {"csrfmiddlewaretoken": token[1]}, headers=elsewhere).status_code == 403


def test_trying_links_again_and_again_is_stopped(cast: dict[str, Any], settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "guest": "3/m/ip"}
    guest = Client()
    assert [guest.get("/guest/guess/").status_code for _ in range(5)] == [404, 404, 404, 429, 429]


def test_a_blackened_copy_is_not_written_back_over_the_original(cast: dict[str, Any], shared: WorkObject) -> None:
    hers = Line.objects.get(what="Name the test shop")
    post(cast["cas"], shared, "change line", line=hers.pk, part="step", what="Ask Bo Lund for the shop")
    post(cast["cas"], shared, "frame", redaction="names")
    link, guest = link_for(cast, shared), Client()
    told = guest.get(link).content.decode()
    assert "Bo Lund" not in told
    shown = re.search(r'name="what" required maxlength="300" value="([^"]+)"', told)
    assert shown
    day = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    guest.post(link, {"do": "change line", "line": hers.pk, "what": shown[1], "due": day})
    hers.refresh_from_db()
    assert (hers.what, hers.due.isoformat()) == ("Ask Bo Lund for the shop", day)


# --- around it: the account, the bank of questions, today ---


def test_an_account_shows_its_plans_and_its_map_with_alarms(cast: dict[str, Any]) -> None:
    begin(cast, "A01", "Go live")
    page = f"/accounts/{cast['kelp'].pk}/"
    told = cast["cas"].get(page).content.decode()
    assert "Go live" in told and f'href="/work/new/?account={cast["kelp"].pk}"' in told
    assert '<svg class="ch people"' in told and "Ann Vik: influence 4, interest 5, stale" in told
    assert "Nobody there was heard from in 90 days." in told
    owner = cast["cas_key"]
    cast["cas"].post(page, {"do": "plan", "kind": "check_in", "due": SOON, "owner": owner})
    held = {"do": "hold", "touchpoint": cast["kelp"].touchpoints.get().pk, "recap": "All well", "next_step": "Send it",
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"), "next_due": SOON, "owner": owner,
            f"there_{cast['ann'].pk}": "on"}  # fmt: skip
    cast["cas"].post(page, held)
    told = cast["cas"].get(page).content.decode()
    assert "All we have heard in 90 days came from Ann Vik alone." in told and "changed_at" not in told
    timeline.contact_left(
        cast["ann"].pk, on=datetime.now(UTC).date(), by=By(get_user_model().objects.get(username="cas"), "web"),
        owner_id=owner, due=date(2090, 1, 1),
    )  # fmt: skip
    assert "Ann Vik, champion, left on" in cast["cas"].get(page).content.decode()


def test_a_promised_update_and_a_champion_who_left_stand_in_the_queue_of_the_day(cast: dict[str, Any]) -> None:
    work = begin(cast, "A01")
    when = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    post(cast["cas"], work, "update", text="We look into it", promised_at=when)
    type(cast["ann"]).objects.filter(pk=cast["ann"].pk).update(left_on=date(2026, 1, 1))
    told = cast["cas"].get("/today/?whose=all").content.decode()
    assert "Give the promised update: Live before the peak" in told
    assert "Ann Vik, champion, left on 1 Jan 2026; nobody follows." in told or "left on 2026-01-01" in told
    opened = cast["cas"].get(f"/today/?whose=all&item=update:{work.pk}").content.decode()
    assert f'href="/work/{work.pk}/#log"' in opened
    for name in ("dot", "eve"):
        told = cast[name].get("/today/?whose=all").content
        assert b"Live before" not in told and b"Ann Vik" not in told
    post(cast["cas"], work, "update", text="Mended")
    assert "Give the promised update" not in cast["cas"].get("/today/?whose=all").content.decode()


def test_a_question_is_asked_its_answer_used_in_a_plan_and_its_yield_counted(cast: dict[str, Any]) -> None:
    cas = cast["cas"]
    assert "The bank is empty" in cas.get("/discovery/").content.decode()
    assert "25 questions are in the bank now." in plain(cas.post("/discovery/", {"do": "stock"}, follow=True))
    question = Question.objects.first()
    assert question is not None
    sent = {"do": "hear", "question": question.pk, "account": cast["kelp"].pk, "answer": "Returns eat it all",
            "contact": cast["ann"].pk, "at_account": cast["kelp"].pk}  # fmt: skip
    told = plain(cas.post("/discovery/", sent, follow=True))
    assert "Returns eat it all" in told and "0 of 1 use brought something a plan used" in told
    plan = begin(cast, "A02", "Fewer returns")
    heard = question.heard.get()
    cas.post("/discovery/", {"do": "use", "heard": heard.pk, "place": f"{plan.pk}:strategy"})
    plan.refresh_from_db()
    assert plan.fields["strategy"] == "Returns eat it all"
    assert "1 of 1 use brought something a plan used" in plain(cas.get("/discovery/"))
    rows = cas.get("/discovery/?as=csv").content.decode().splitlines()
    assert len(rows) == 26 and rows[0].lstrip("\ufeff").startswith("id,persona,question")
    assert cast["eve"].get("/discovery/").status_code == 404
    assert cast["dot"].get(f"/discovery/?account={cast['kelp'].pk}").status_code == 404
    assert b"Returns eat" not in cast["dot"].get("/discovery/").content


def test_two_people_score_blind_and_see_each_other_afterwards(cast: dict[str, Any], person: Any) -> None:
    work = begin(cast, "A10", "Do we agree on plans?")
    other = Client()
    user = person("kai")
    Person.objects.create(user=user, role=Role.CSM)
    Seat.objects.create(user=user, book=cast["north"])
    other.force_login(user)
    words = {f"f.{name}": "x" for name in ("good", "example", "counter_example", "rubric")}
    post(cast["cas"], work, "fields", **words)
    post(cast["cas"], work, "add line", part="sample", what="Plan of Kelp")
    post(cast["cas"], work, "move", to="scoring")
    line = Line.objects.get()
    assert "cas 4" in post(cast["cas"], work, "score", line=line.pk, score=4)
    assert "cas 4" not in post(other, work, "score", line=line.pk, score=2)
    told = post(other, work, "move", to="compared")
    assert "cas 4" in told and "kai 2" in told and "differ" in told


def plain(answer: Any) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", answer.content.decode())
