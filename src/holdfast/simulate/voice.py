"""Surveys, who was asked, what they answered, and reviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.buyers import NEVER, Buyers
from holdfast.simulate.clock import DAY, HOUR
from holdfast.simulate.desk import Tickets
from holdfast.simulate.draws import Ints, among
from holdfast.simulate.laws import Laws
from holdfast.simulate.recurring import FAR
from holdfast.simulate.sales import Sales
from holdfast.simulate.shop import Shop

# name, what is asked, lowest and highest answer, what it is about
SURVEYS = (
    ("nps", "nps", 0, 10, "relationship"),
    ("csat-purchase", "csat", 1, 5, "purchase"),
    ("csat-support", "csat", 1, 5, "support"),
    ("ces-support", "ces", 1, 7, "support"),
    ("csat-onboarding", "csat", 1, 5, "onboarding"),
    ("csat-retained", "csat", 1, 5, "retained"),
    ("csat-business", "csat", 1, 5, "business"),
)
NAMES = tuple(name for name, *_ in SURVEYS)
NPS, PURCHASE, SUPPORT, EFFORT, ONBOARDING, RETAINED, BUSINESS = range(7)
NPS_EVERY, NPS_ROUNDS = 180, 4  # days; answers of one person are then always more than 90 days apart


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered in one chunk: place of the survey, score, moment."""

    survey: Ints
    score: Ints
    at: Ints


@dataclass(frozen=True, slots=True)
class _Asked:
    survey: int
    who: Ints
    at: Ints
    order: Ints | None = None
    ticket: Ints | None = None


def write_surveys(shop: Shop) -> None:
    n = len(SURVEYS)
    shop.sink.add("surveys", {
        "survey_id": c.word(np.arange(n), NAMES), "survey_number": c.word(np.arange(n), NAMES),
        "type": c.word(np.arange(n), [s[1] for s in SURVEYS]), "scale_min": c.number([s[2] for s in SURVEYS]),
        "scale_max": c.number([s[3] for s in SURVEYS]), "about": c.word(np.arange(n), [s[4] for s in SURVEYS]),
        "wording_version": c.same("1", n), "trigger": c.same("time", n), "channel": c.same("email", n),
    })  # fmt: skip
    acts = (
        ("Manual Viewed", "how-to view"), ("Warranty Registered", "registration"),
        ("Reorder Clicked", "reorder click"), ("Reference Agreed", "reference"), ("Review Written", "review"),
    )  # fmt: skip
    shop.sink.add("declared_acts", {
        "event": c.word(np.arange(len(acts)), [a for a, _ in acts]),
        "means": c.word(np.arange(len(acts)), [m for _, m in acts]),
    })  # fmt: skip


def draw_answers(shop: Shop, chunk: int, buyers: Buyers, sales: Sales, tickets: Tickets) -> Answers:
    rng, laws = shop.chance.stream("surveys", chunk), shop.laws
    asked = _asked(rng, shop, buyers, sales, tickets)
    survey = np.concatenate([np.full(len(a.who), a.survey) for a in asked])
    who, at = (np.concatenate([getattr(a, f) for a in asked]) for f in ("who", "at"))
    order, ticket = (
        np.concatenate([np.full(len(a.who), NEVER) if getattr(a, f) is None else getattr(a, f) for a in asked])
        for f in ("order", "ticket")
    )
    there = at < shop.ends
    survey, who, at, order, ticket = (column[there] for column in (survey, who, at, order, ticket))
    n = len(who)
    bounced = rng.random(n) < 0.02
    number, company = shop.numbers.take("invitation", n), buyers.company[who]
    shared = {
        "customer_id": c.number(buyers.number[who]), "account_id": c.number(company, company > 0),
        "order_id": c.number(order, order >= 0), "ticket_id": c.number(ticket, ticket >= 0),
    }  # fmt: skip
    shop.sink.add("survey_invitations", {
        "survey_invitation_id": c.number(number), "survey_id": c.word(survey, NAMES), **shared,
        "sent_at": c.moment(at), "channel": c.same("email", n), "bounced": c.flag(bounced),
    })  # fmt: skip
    back = at + np.minimum(rng.exponential(1.5 * DAY, n), 13 * DAY).astype(np.int64) + 60
    place = np.flatnonzero((rng.random(n) < laws.answers) & ~bounced & (back < shop.ends))
    score = _scores(rng, laws, survey[place])
    shop.sink.add("survey_answers", {
        "survey_response_id": c.number(shop.numbers.take("answer", len(place))),
        "survey_id": c.word(survey[place], NAMES), "survey_invitation_id": c.number(number[place]),
        **{name: column.take(c.number(place)) for name, column in shared.items()},
        "responded_at": c.moment(back[place]), "score": c.number(score),
        "role": c.word(place % 2, ("buyer", "user"), company[place] > 0),
    })  # fmt: skip
    _write_reviews(shop, rng, buyers, sales)
    return Answers(survey[place], score, back[place])


def _asked(rng: np.random.Generator, shop: Shop, buyers: Buyers, sales: Sales, tickets: Tickets) -> list[_Asked]:
    bought = np.flatnonzero(buyers.first_at != NEVER)
    rounds = np.repeat(np.arange(NPS_ROUNDS), len(bought))
    every = np.tile(bought, NPS_ROUNDS)
    due = buyers.first_at[every] + (60 + rounds * NPS_EVERY) * DAY
    some = rng.random(len(every)) < 0.5
    nps = _Asked(NPS, every[some], due[some])
    order = np.flatnonzero((sales.delivered_at != NEVER) & (sales.who != NEVER) & (rng.random(len(sales.at)) < 0.15))
    purchase = _Asked(PURCHASE, sales.who[order], sales.delivered_at[order] + 2 * DAY, order=sales.number[order])
    helped = np.flatnonzero(tickets.real & (tickets.solved_at < FAR) & (sales.who[tickets.order] != NEVER))
    survey = rng.random(len(helped))
    about_help = [
        _Asked(kind, sales.who[tickets.order[t]], tickets.solved_at[t] + HOUR, ticket=tickets.number[t])
        for kind, t in ((SUPPORT, helped[survey < 0.4]), (EFFORT, helped[survey >= 0.7]))
    ]
    new = bought[(rng.random(len(bought)) < 0.5) & ~buyers.guest[bought]]
    onboarding = _Asked(ONBOARDING, new, buyers.opened_at[new] + 14 * DAY)
    old = bought[rng.random(len(bought)) < 0.3]
    retained = _Asked(RETAINED, old, buyers.first_at[old] + 400 * DAY)
    company = bought[buyers.company[bought] > 0]
    business = [_Asked(BUSINESS, company, buyers.first_at[company] + (90 + 365 * k) * DAY) for k in range(2)]
    return [nps, purchase, *about_help, onboarding, retained, *business]


def _scores(rng: np.random.Generator, laws: Laws, survey: Ints) -> Ints:
    n = len(survey)
    passives = 1 - laws.promoters - laws.detractors
    stands = among(rng, (laws.detractors, passives, laws.promoters), n)
    recommend = np.select(
        [stands == 0, stands == 1], [rng.integers(0, 7, n), rng.integers(7, 9, n)], rng.integers(9, 11, n)
    )
    satisfied, effort = 1 + among(rng, laws.satisfied, n), 1 + among(rng, laws.effort, n)
    return np.select([survey == NPS, survey == EFFORT], [recommend, effort], satisfied)


def _write_reviews(shop: Shop, rng: np.random.Generator, buyers: Buyers, sales: Sales) -> None:
    at = sales.delivered_at + rng.integers(DAY, 20 * DAY, len(sales.at))
    wrote = (sales.delivered_at != NEVER) & (sales.who != NEVER) & (at < shop.ends) & (rng.random(len(sales.at)) < 0.02)
    o = np.flatnonzero(wrote)
    shop.sink.add("reviews", {
        "review_id": c.number(shop.numbers.take("review", len(o))),
        "customer_id": c.number(buyers.number[sales.who[o]]),
        "sku": c.called("SKU-", 1000 + sales.product[o]), "order_id": c.number(sales.number[o]),
        "written_at": c.moment(at[o]), "rating": c.number(1 + among(rng, shop.laws.satisfied, len(o))),
        "verified": c.flag(np.ones(len(o), bool)),
    })  # fmt: skip
