"""How satisfied companies are: M40, each account one voice however many of its people answer."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points
from holdfast.warehouse.marts.month_bucket import bucket

YEAR = 12
AT = ("shop_id", "stands_on", "account_id")
LEFT_OUT = (
    "answers about one purchase, ticket or product",
    "answers on another scale than 1–5, unless their survey declares that they may be moved to it",
    "answers of people who speak for several accounts and do not say for which",
)
PERIOD = "answers given in the twelve months ending on the day"
TOOLS = "A mean over all answers lets one large account, with many people who answer, decide."


def _answers(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """What contacts answered for accounts, once for each month point whose twelve months hold it.

    Who answers without being known is a contact of their own; a role nobody said is a role of its own.
    """
    a = facts.mart("csat_answer")
    told = a.filter(a.for_account, a.account_id.notnull(), a.answered_on <= as_of).mutate(
        contact=ibis.coalesce(a.customer_id, -a.survey_response_id),
        role=a.role.fill_null("not said"),
        back=bucket(a.answered_on, as_of),
    )
    rows = told.cross_join(points(facts.month_point(), as_of, n))
    return rows.filter(rows.back >= rows.k, rows.back < rows.k + YEAR)


def _units(rows: ibis.Table, unit_id: ibis.Value, *own: str) -> ibis.Table:
    return rows.select(
        "shop_id",
        *own,
        customer_id=ibis.null("int64"),
        unit_id=unit_id,
        anchor=rows.stands_on,
        matures_on=rows.stands_on,
        counted=rows.of_5,
        out_of=ibis.literal(1.0),
    )


def _by_account(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _answers(facts, as_of, n)
    contacts = rows.group_by(*AT, "contact").agg(of_5=rows.of_5.mean())
    accounts = contacts.group_by(*AT).agg(of_5=contacts.of_5.mean())
    return _units(accounts, accounts.account_id)


_BUSINESS: dict[str, object] = {
    "window": PERIOD,
    "kind": "mean",
    "scale": "mean_1_5",
    "span": "state",
    "decision": "0026",
    "needs": ("survey_response", "account", "business_answer"),
    "left_out": LEFT_OUT,
    "reach_months": YEAR,
}


@metric(
    number="M40",
    name="Business satisfaction",
    question="How satisfied are the companies that buy, on a scale from 1 to 5?",
    unit="accounts",
    counted="points from 1 to 5, the mean of its contacts' means, added up",
    out_of="accounts with an answer",
    differs=TOOLS,
    opens="account",
    series=lambda facts, as_of: _by_account(facts, as_of, POINTS),
    version=1,
    **_BUSINESS,
)
def business_satisfaction(facts: Facts, as_of: date) -> ibis.Table:
    return _by_account(facts, as_of, 1)


def _roles(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """One row per account and role: the mean of its contacts' means in that role."""
    rows = _answers(facts, as_of, n)
    contacts = rows.group_by(*AT, "role", "contact").agg(
        of_5=rows.of_5.mean(), survey_response_id=rows.survey_response_id.min()
    )
    return contacts.group_by(*AT, "role").agg(
        of_5=contacts.of_5.mean(), survey_response_id=contacts.survey_response_id.min()
    )


def _by_account_and_role(facts: Facts, as_of: date, n: int) -> ibis.Table:
    roles = _roles(facts, as_of, n)
    accounts = roles.group_by(*AT).agg(of_5=roles.of_5.mean())
    return _units(accounts, accounts.account_id)


@metric(
    number="M40b",
    name="Business satisfaction, roles weighing alike",
    question="How satisfied are the companies that buy, when buyers and users weigh alike?",
    unit="accounts",
    counted="points from 1 to 5, the mean of its roles' means, added up",
    out_of="accounts with an answer",
    differs="In M40 a company with one buyer and nine users is heard as its users are.",
    opens="account",
    series=lambda facts, as_of: _by_account_and_role(facts, as_of, POINTS),
    version=1,
    **_BUSINESS,
)
def business_satisfaction_by_role(facts: Facts, as_of: date) -> ibis.Table:
    return _by_account_and_role(facts, as_of, 1)


def _each_role(facts: Facts, as_of: date, n: int) -> ibis.Table:
    roles = _roles(facts, as_of, n)
    return _units(roles, roles.survey_response_id, "role")


@metric(
    number="M40c",
    name="Satisfaction of each role",
    question="Are those who buy for a company as satisfied as those who use what was bought?",
    unit="roles of accounts",
    counted="points from 1 to 5, the mean of its contacts' means, added up",
    out_of="roles of accounts with an answer",
    differs="Read it by role: the headline counts an account once for each role, so its interval is too narrow.",
    own=("role",),
    opens="survey_response",
    series=lambda facts, as_of: _each_role(facts, as_of, POINTS),
    version=1,
    **_BUSINESS,
)
def satisfaction_of_roles(facts: Facts, as_of: date) -> ibis.Table:
    return _each_role(facts, as_of, 1)
