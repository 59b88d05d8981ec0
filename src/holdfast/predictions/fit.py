"""Fitting the models of a shop: learn, test, judge, and fit once more on all that is known for what is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.boosting import boosted
from holdfast.estimates.resampling import DRAWS
from holdfast.estimates.trees import Trees
from holdfast.predictions.features.frame import Frame, frame
from holdfast.predictions.features.then import frame_as_known_then
from holdfast.predictions.gate import LEAST_LIFT
from holdfast.predictions.judging import Judged, put_to_the_test, too_few
from holdfast.predictions.label import LEAVES, Label, labels_for
from holdfast.predictions.model import Model, Refused, Spread, plain, version_of
from holdfast.predictions.shop import ShopRows
from holdfast.predictions.split import HISTORY, LEARNED, days_for
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.snapshot import Snapshot

MOST_PEOPLE = 40_000  # more are a sample: on half a million rows the trees do not get better
PURPOSE = {
    LEAVES: "to see which customers are likely to leave, so that somebody looks at them first; not to decide what a"
    " customer is offered or refused",
}  # fmt: skip
SOON = "to see who will probably order soon"
EXCLUSIONS = (
    "buyers nobody knows (guests without an e-mail)", "test orders, staff, and whom the shop's settings exclude",
    "who bought nothing in the year before the day", "the worth of orders in another money than the shop's",
)  # fmt: skip
EXCLUSIONS_OF_COMPANIES = (
    "buyers of whom no company is known", "test orders, staff, and whom the shop's settings exclude",
    "companies without a contract in force that ordered nothing in 180 days",
    "the worth of orders in another money than the shop's", "messages, and recommending, which name people only",
)  # fmt: skip
FAILURES = (
    "Where imports stop, everybody looks as if they had stopped buying.",
    "Whom a campaign has reached is not told apart: what it did to them is learned as if they had done it anyway.",
    "The first weeks of the data hold old customers whose first purchase nobody saw.",
    "High risk is not the same as worth acting on: only customers kept aside by a draw show what acting does.",
)
ONLY_NOW = (
    "As they stand now in any case: cancelled orders, which profiles are one person, whom the shop excludes, what an"
    " order was worth where it was edited later."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What models are fitted from: a snapshot that is open, and one of its shops. segment: of its account."""

    home: Home
    rows: ShopRows
    snapshot: Snapshot
    shop: Shop
    segment: str

    def span(self, label: Label | None = None) -> tuple[date, date] | None:
        """The days of the first and last thing that happened of what a label is about."""
        of_ends = self.segment == "subscription" if label is None else label.who == "subscribers"
        return self.rows.span("mrr_ledger" if of_ends else "purchase", self.snapshot.as_of)


def fit(asked: Asked, *, now: datetime, draws: int = DRAWS, known_then: bool = False) -> Iterator[Model | Refused]:
    """Every label of a shop, each a model or the reason why there is none. known_then: a build for each day."""

    def refused(label: str, why: Unknown) -> Refused:
        return Refused(asked.shop.shop_id, label, now, asked.snapshot.as_of, why)

    span = asked.span()
    if span is None:
        yield refused(
            LEAVES, Unknown("nobody known has bought anything", "import a file of orders that name customers")
        )
        return
    labels = labels_for(asked.segment, asked.rows, *span)
    if isinstance(labels, Unknown):
        yield refused(LEAVES, labels)
        return
    rows = sampled(replace(asked.rows, companies=labels[0].who == "companies"))
    for label in labels:
        told = fit_one(replace(asked, rows=rows), label, span, now=now, draws=draws, known_then=known_then)
        yield refused(label.id, told) if isinstance(told, Unknown) else told


def sampled(rows: ShopRows) -> ShopRows:
    share = MOST_PEOPLE / max(rows.customers(), 1)
    return rows if share >= 1 else rows.sampled(share)


def fit_one(
    asked: Asked, label: Label, span: tuple[date, date], *, now: datetime, draws: int = DRAWS, known_then: bool = False
) -> Model | Unknown:  # fmt: skip
    days = days_for(*span, label.days)
    if isinstance(days, Unknown):
        return days
    if known_then:
        told = frame_as_known_then(asked.home, asked.rows, label, days.all)
    else:
        told = frame(asked.rows, label.who, days.all, label)
    if isinstance(told, Unknown):
        return told
    judged = put_to_the_test(told, label, days, draws)
    if isinstance(judged, Unknown):
        return judged
    trees = fitted_whole(told, label, judged[1].features)
    if isinstance(trees, Unknown):
        return trees
    features = judged[1].features
    model = Model(
        asked.shop.shop_id, label, features, trees, {id: Spread.of(told.columns[id]) for id in features}, now,
        asked.snapshot.as_of, card_of(asked, label, judged[0], told, known_then),
    )  # fmt: skip
    return replace(model, version=version_of(model))


def fitted_whole(told: Frame, label: Label, features: tuple[str, ...]) -> Trees | Unknown:
    """On all customers and all days whose outcome is known: what is published should know the newest."""
    few = too_few(told, label, "to learn from")
    if few is not None:
        return few[0]
    return boosted(told.matrix(features), label.event(told.came_in))


def _cannot(judged: Judged) -> tuple[str, ...]:
    """What the gate asks for and no model could do here."""
    if judged.base_rate * LEAST_LIFT <= 1:
        return ()
    return (f"It happens to {judged.base_rate:.0%} anyway, so that no tenth can hold {LEAST_LIFT} times as many.",)


def card_of(asked: Asked, label: Label, judged: Judged, told: Frame, known_then: bool) -> Mapping[str, Any]:
    """The model card: what a person should know before believing it."""
    share = asked.rows.recorded(told.days)
    if known_then:
        known = "Only what had been recorded by each day was read; outcomes are as known now."
    else:
        had = f"{share:.0%} of the orders and subscriptions up to these days had been recorded by then"
        known = f"{had}, others came later. {ONLY_NOW}"
    told_of: dict[str, Any] = plain({
        "purpose": PURPOSE.get(label.id, SOON),
        "shop": asked.shop.name, "segment": asked.segment, "simulated": asked.shop.simulated,
        "snapshot": asked.snapshot.id, "label": label.said, "who": label.noun,
        "window": {"first": told.days[0], "last": told.days[-1], "days": len(told.days), "rows": len(told)},
        "share_of_customers": asked.rows.share,
        "exclusions": EXCLUSIONS_OF_COMPANIES if label.who == "companies" else EXCLUSIONS,
        "method": f"gradient boosted trees of at most eight leaves, tested on {judged.test} on the {1 - LEARNED:.0%} of"
        f" the customers that nothing was learned from, learned on days at least {HISTORY} days after the first and"
        " over by then; fitted once more on everybody and every day",
        "known": known, "recorded_share": share, "known_then": known_then,
        "results": {**plain(judged), "word": judged.word},
        "failures": (*FAILURES, *_cannot(judged)),
    })  # fmt: skip
    return told_of
