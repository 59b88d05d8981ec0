"""The demo's business review: a success plan and a prepared review, both invented, and a draft from live numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from holdfast.accounts.act import Act, By
from holdfast.accounts.actions.reviews import draft_review
from holdfast.accounts.models import Account, Contact, Line, ReviewDraft, WorkObject
from holdfast.commerce.unknown import Unknown
from holdfast.web import reading
from holdfast.web.views.reviews import drawn_for

AGREED_ON = "repeat_purchase_rate"  # the metric of the invented outcomes
ASKED = (
    ("Start the welcome series for every first buyer before the peak", "Ida Berg"),
    ("Give us access to the returns of the last quarter", "Jonas Wiik"),
)


def prepare_a_review(doing: Act, account: Account, contact: Contact, today: date) -> None:
    """A success plan under way and the review that follows from it, with two decisions to be asked for."""
    common = {"account": account, "created_on": today - timedelta(days=80), "changed_at": timezone.now()}
    shared = common | {"visibility": WorkObject.Visibility.CUSTOMER}
    plan = doing.create(
        WorkObject, kind="A02", title="More second orders", state="running", owner=account.owner, **shared,
        fields={"strategy": "Grow with the customers we have before we pay for new ones",
                "highlights": ["The new returns page went live"]},
    )  # fmt: skip
    goal = doing.create(
        Line, work=plan, part="objective", state="on_track", what="More first buyers come back", customer_owner=contact,
        due=today + timedelta(days=60), fields={"why": "Winning a customer costs twice what it did"},
    )  # fmt: skip
    for what, state, by in (
        ("First buyers who order again within the year", "accepted", today + timedelta(days=60)),
        ("Second orders in the month after the welcome mail", "delivered", today - timedelta(days=5)),
    ):
        doing.create(
            Line, work=plan, part="outcome", under=goal, state=state, what=what, customer_owner=contact, due=by,
            fields={"criterion": _criterion(account, by)},
        )  # fmt: skip
    review = doing.create(
        WorkObject, kind="A12", title="Quarterly review", state="planning", owner=account.owner, **shared,
        fields={"purpose": "Decide what we do together before the peak season",
                "held_for": (today + timedelta(days=6)).isoformat(),
                "their_goals": ["Fewer returns", "A second order from one first buyer in three"],
                "misses": ["The welcome series came four weeks late"]},
    )  # fmt: skip
    for what, decider in ASKED:
        doing.create(
            Line, work=review, part="decision", state="asked", what=what, due=today + timedelta(days=14),
            fields={"decider": decider},
        )  # fmt: skip
    doing.create(Line, work=review, part="objective", state="written", what="One first buyer in three orders again")


def _criterion(account: Account, by: date) -> dict[str, Any]:
    """From where the shop really stands, to a tenth above it; without a number, what both still have to write down."""
    source = reading.published()
    scope = None if source is None else reading.scope_of_account(source, account.facts_name)
    known = source is not None and scope is not None and AGREED_ON in reading.metrics()
    stands = reading.value(source, AGREED_ON, scope).reading if known and source and scope else None
    if stands is None or isinstance(stands, Unknown):
        return {"metric": AGREED_ON, "by": by.isoformat()}
    baseline = round(stands.point, 3)
    return {"metric": AGREED_ON, "baseline": baseline, "target": round(baseline * 1.1, 3), "by": by.isoformat()}


def draft_a_review(account: Account) -> ReviewDraft:
    """As the page of a new review does, by somebody who may see everything."""
    demo = get_user_model()(username="demo", is_superuser=True)
    return draft_review(
        account.pk, drawn_for(demo, account, ""), at=timezone.now(), by=By(demo, "cli", "demo")
    )  # fmt: skip
