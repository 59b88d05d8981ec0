"""The register of words that several tools use for different numbers, with what leads from each of them to ours.

A definition's amount is a pair: what is counted, and what it is out of. Each step changes the pair; after the last one
stands the number of the metric it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from holdfast.metrics.paritysums import PAYMENT, PEOPLE, Sums
from holdfast.metrics.platforms import FOR_SHOPIFY, FOR_WOO, LOOSE
from holdfast.warehouse.marts.order_value import COUNTED, OWN, TEST

Pair = tuple[float, float]
Known = dict[str, Pair]  # metric id → what it counted and what out of, money in minor units


@dataclass(frozen=True, slots=True)
class Told:
    """What a term's arithmetic may read: sums of the snapshot, and amounts of published metrics."""

    sums: Sums
    metrics: Known

    def sum(self, part: str, kinds: Iterable[str]) -> int:
        return sum(self.sums.get((kind, part), 0) for kind in kinds)

    def of(self, metric: str) -> Pair:
        return self.metrics.get(metric, (0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Because:
    """A reason for the difference, and how it changes the pair."""

    reason: str
    change: Callable[[Told], Pair]


@dataclass(frozen=True, slots=True)
class Definition:
    """One meaning of the word. tool: who shows it; metric: the declared metric that computes it, where there is one.

    amount: its pair, where it is no metric. leads_to: the metric that its steps end at (empty: no steps lead anywhere).
    apart: reasons that cannot be counted.
    """

    id: str
    tool: str
    says: str
    metric: str = ""
    amount: Callable[[Told], Pair] | None = None
    because: tuple[Because, ...] = ()
    leads_to: str = ""
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A word; default: the metric we mean by it."""

    id: str
    name: str
    question: str
    default: str
    why: str  # why that one
    counted: str  # heads of the two columns of a pair
    out_of: str
    definitions: tuple[Definition, ...]
    tools: tuple[str, ...] = field(default=())


# What an order is to us, in the words of a reason.
_NOT_OURS = {
    "cancelled": "Orders that were cancelled: no purchases here",
    "voided": "Orders that failed, expired or were voided",
    "exchange": "Orders sent in exchange for something given back",
    "no merchandise": "Orders without merchandise value: gift cards only, replacements, samples",
    OWN: "Orders of staff, of test customers and of people whom the shop excludes, whom no tool tells from others",
    TEST: "Test orders, which WooCommerce cannot tell from others",
}


def _part(part: str, kinds: Iterable[str], sign: int) -> Callable[[Told], Pair]:
    listed = tuple(kinds)
    return lambda t: (sign * t.sum(part, listed), 0)


def _gone(kinds: Iterable[str], *parts: str) -> tuple[Because, ...]:
    """Orders that are none to us, with what they hold."""

    def without(kind: str) -> Callable[[Told], Pair]:
        return lambda t: (-sum(t.sum(part, (kind,)) for part in parts), -t.sum("orders", (kind,)))

    return tuple(Because(_NOT_OURS[kind], without(kind)) for kind in kinds if kind in _NOT_OURS)


_TAX = Because("Tax", _part("tax", FOR_SHOPIFY, -1))
_SHIPPING = Because("Shipping charged", _part("shipping", FOR_SHOPIFY, -1))
_TIPS = Because("Tips", _part("tip", FOR_SHOPIFY, -1))
_GIFTS = Because("Gift cards, fees and whatever else the total holds", _part("other", FOR_SHOPIFY, -1))
_REFUNDS = Because(
    "Everything given back in these twelve months, whenever it was ordered", _part("back", FOR_SHOPIFY, 1)
)
_MERCH_REFUNDS = "Merchandise that came back in these twelve months, whenever it was ordered"
_PLACED = "placed"


def _pair(t: Told, parts: dict[str, int], kinds: tuple[str, ...]) -> Pair:
    return sum(sign * t.sum(part, kinds) for part, sign in parts.items()), t.sum("orders", kinds)


AOV = Term(
    "aov",
    "Average order value",
    "What is an order worth?",
    "average_order_value",
    "It is Shopify's definition, over purchases alone, and it does not change after the fact.",
    "Money",
    "Orders",
    (
        Definition(
            "shopify", "Shopify (since 2023)", "(gross sales − discounts) ÷ orders, later changes left out",
            "average_order_value_shopify", because=_gone(FOR_SHOPIFY, _PLACED), leads_to="average_order_value",
        ),
        Definition(
            "total_sales", "Shopify (before 2023), Peel", "total sales ÷ orders, with tax and shipping, after refunds",
            "average_order_value_total_sales",
            because=(_REFUNDS, _TAX, _SHIPPING, *_gone(FOR_SHOPIFY, _PLACED)), leads_to="average_order_value",
        ),
        Definition(
            "dbt_daily", "dbt_shopify, daily model", "mean of totals + adjustments − refunds, with tax and shipping",
            "average_order_value_dbt_daily",
            because=(
                Because("Refunds of these orders", _part("order_back", FOR_SHOPIFY, 1)),
                Because("Adjustments of these orders", _part("adjusted", FOR_SHOPIFY, -1)),
                _TAX, _SHIPPING, _TIPS, _GIFTS, *_gone(FOR_SHOPIFY, _PLACED),
            ),
            leads_to="average_order_value",
        ),
        Definition(
            "dbt_customers", "dbt_shopify, customer model", "mean of successful payments without gift cards",
            "average_order_value_dbt_customers",
            because=(
                Because(
                    "Payments are not orders: some orders have none here, some have several",
                    lambda t: (
                        t.sum("total", FOR_SHOPIFY) - t.sum("total", (PAYMENT,)),
                        t.sum("orders", FOR_SHOPIFY) - t.sum("orders", (PAYMENT,)),
                    ),
                ),
                _TAX, _SHIPPING, _TIPS, _GIFTS, *_gone(FOR_SHOPIFY, _PLACED),
            ),
            leads_to="average_order_value",
        ),
        Definition(
            "woocommerce", "WooCommerce", "net total ÷ orders: no tax, no shipping, refunds on their own day",
            "average_order_value_woocommerce",
            because=(
                Because(_MERCH_REFUNDS, _part("merch_back", FOR_WOO, 1)),
                Because("Tips", _part("tip", FOR_WOO, -1)),
                Because("Gift cards, fees and whatever else the total holds", _part("other", FOR_WOO, -1)),
                *_gone(FOR_WOO, _PLACED),
            ),
            leads_to="average_order_value",
        ),
        Definition(
            "net", "Holdfast, for questions of money", "merchandise after discounts and returns ÷ orders",
            "average_order_value_net",
            because=(Because("What came back of these orders", _part("returned", (COUNTED,), 1)),),
            leads_to="average_order_value",
        ),
    ),
)  # fmt: skip

_TO_OUR_REFUNDS = (
    Because("What came back of these twelve months' orders, whenever it came", _part("returned", (COUNTED,), -1)),
    Because("Refunds that fit no order, on their own day", _part("merch_back", (LOOSE,), -1)),
)
_SHOPIFY_ORDERS = _gone(FOR_SHOPIFY, _PLACED)
SALES = Term(
    "sales",
    "Sales, revenue",
    "How much was sold?",
    "net_revenue",
    "Returns belong to their order, so that cohorts can be compared; the sum by refund day stands beside.",
    "Money",
    "Orders",
    (
        Definition(
            "shopify_gross", "Shopify, gross sales", "price × quantity, before discounts, returns, tax and shipping",
            amount=lambda t: _pair(t, {_PLACED: 1, "discount": 1}, FOR_SHOPIFY),
            because=(
                Because("Discounts", _part("discount", FOR_SHOPIFY, -1)), *_SHOPIFY_ORDERS, *_TO_OUR_REFUNDS,
            ),
            leads_to="net_revenue",
        ),
        Definition(
            "shopify_net", "Shopify, net sales", "gross − discounts − returns, returns on their own day",
            amount=lambda t: _pair(t, {_PLACED: 1, "merch_back": -1}, FOR_SHOPIFY),
            because=(
                Because(_MERCH_REFUNDS, _part("merch_back", FOR_SHOPIFY, 1)), *_SHOPIFY_ORDERS, *_TO_OUR_REFUNDS,
            ),
            leads_to="net_revenue",
        ),
        Definition(
            "shopify_total", "Shopify, total sales", "net sales + tax + shipping",
            amount=lambda t: _pair(t, {_PLACED: 1, "tax": 1, "shipping": 1, "back": -1}, FOR_SHOPIFY),
            because=(_REFUNDS, _TAX, _SHIPPING, *_SHOPIFY_ORDERS, *_TO_OUR_REFUNDS),
            leads_to="net_revenue",
        ),
        Definition(
            "woocommerce_net", "WooCommerce, net sales", "total − tax − shipping, refunds as rows of their own day",
            amount=lambda t: _pair(t, {_PLACED: 1, "tip": 1, "other": 1, "merch_back": -1}, FOR_WOO),
            because=(
                Because(_MERCH_REFUNDS, _part("merch_back", FOR_WOO, 1)),
                Because("Tips", _part("tip", FOR_WOO, -1)),
                Because("Gift cards, fees and whatever else the total holds", _part("other", FOR_WOO, -1)),
                *_gone(FOR_WOO, _PLACED), *_TO_OUR_REFUNDS,
            ),
            leads_to="net_revenue",
        ),
        Definition(
            "by_refund_day", "Profit and loss reports; dbt_shopify, daily model",
            "merchandise ordered − merchandise that came back in the same time", "net_revenue_by_refund_day",
            because=(
                Because(_MERCH_REFUNDS, _part("merch_back", (COUNTED, LOOSE), 1)), *_TO_OUR_REFUNDS,
            ),
            leads_to="net_revenue",
        ),
    ),
)  # fmt: skip

_OTHER_CUSTOMERS = (
    "It asks about everybody who bought this year, also last week; the repeat purchase rate (M18) asks about everybody"
    " who first bought at least a year ago. They are different people, so no step leads from one to the other.",
    "It moves with acquisition: when nobody new comes it is 100 %, whoever comes back.",
)


def _people(to: str, of: str) -> Callable[[Told], Pair]:
    return lambda t: (t.sum(to, (PEOPLE,)), t.sum(of, (PEOPLE,)))


def _from_to(before: Callable[[Told], Pair], after: Callable[[Told], Pair]) -> Callable[[Told], Pair]:
    return lambda t: (after(t)[0] - before(t)[0], after(t)[1] - before(t)[1])


_ANY, _VALID, _BY_DAY = (
    _people("returning", "buyers"), _people("valid_returning", "valid_buyers"), _people("valid_by_day", "valid_buyers"),
)  # fmt: skip
RETURNING = Term(
    "returning",
    "Returning customers, repeat rate",
    "Do customers come back?",
    "repeat_purchase_rate",
    "Only a cohort that had a year to come back answers the question.",
    "Came back",
    "Customers",
    (
        Definition(
            "shopify", "Shopify, returning customer rate", "this year's customers with more than one order ever",
            amount=_ANY,
            because=(
                Because("Orders that are no purchases: cancelled, failed, without merchandise, given back whole",
                        _from_to(_ANY, _VALID)),
                Because("Several orders of one customer on one day are one purchase", _from_to(_VALID, _BY_DAY)),
            ),
            leads_to="returning_customer_rate", apart=_OTHER_CUSTOMERS,
        ),
        Definition(
            "in_period", "Many reports, repeat rate", "this year's customers with two orders or more this year",
            "bought_twice_in_the_year",
            because=(
                Because("Who bought once this year and before it came back too; two orders of one day are one purchase",
                        _from_to(lambda t: t.of("bought_twice_in_the_year"),
                                 lambda t: t.of("returning_customer_rate"))),
            ),
            leads_to="returning_customer_rate", apart=_OTHER_CUSTOMERS,
        ),
    ),
)  # fmt: skip


def _minus(metric: str) -> Callable[[Told], Pair]:
    return lambda t: (-t.of(metric)[0], -t.of(metric)[1])


_EARLY = Because("Customers who came within the month, some of whom left in it", _minus("early_churn"))
CHURN = Term(
    "churn",
    "Churn rate of subscribers",
    "How many subscribers leave in a month?",
    "subscriber_churn",
    "A closed cohort can be checked by hand: who paid at the start of the month, and who of them does not at its end.",
    "Left",
    "Subscribers",
    (
        Definition(
            "stripe", "Stripe", "left ÷ subscribers at the start and those who came since", "subscriber_churn_stripe",
            because=(
                Because("Thirty days instead of the calendar month, and customers who came within them",
                        _from_to(lambda t: t.of("subscriber_churn_stripe"), lambda t: t.of("subscriber_churn"))),
            ),
            leads_to="subscriber_churn",
        ),
        Definition(
            "joiners", "ReCharge", "as at the start of the month, with who came and left in it",
            "subscriber_churn_with_joiners", because=(_EARLY,), leads_to="subscriber_churn",
        ),
        Definition(
            "profitwell", "ProfitWell", "who came and left in one month is left out", "subscriber_churn_profitwell",
            leads_to="subscriber_churn",
        ),
        Definition(
            "by_day", "ChartMogul, high-volume formula", "the sum of each day's rate", "subscriber_churn_by_day",
            because=(
                Because("Subscribers at the start instead of the mean of days; who came within the month is left out",
                        _from_to(lambda t: t.of("subscriber_churn_by_day"), lambda t: t.of("subscriber_churn"))),
            ),
            leads_to="subscriber_churn",
        ),
    ),
)  # fmt: skip


def _words(id: str, tool: str, says: str, metric: str, *apart: str) -> Definition:
    return Definition(id, tool, says, metric, apart=apart)


_WORDS = (
    Term(
        "lifetime_value", "Customer lifetime value", "What is a customer worth?", "lifetime_value_365",
        "Every customer is seen to the same age, and nothing is forecast.", "Money", "Customers",
        (
            _words("to_date", "Shopify, amount spent", "everything so far, with tax and shipping", "value_to_date",
                   "Rises with the age of the data alone; M23 stops at an age."),
            _words("predicted", "Klaviyo", "spent so far and a forecast of a year", "predicted_lifetime_value",
                   "A forecast without an interval, from a model nobody scored on this shop."),
            _words("at_90", "Holdfast", "the first 90 days", "lifetime_value_90", "The same, earlier in life."),
        ),
    ),
    Term(
        "disputes", "Chargeback ratio", "How many payments are disputed?", "dispute_activity",
        "It is what networks act on; the rate by payment stands beside, since activity rises when sales fall.",
        "Disputes", "Payments",
        (
            _words("rate", "Stripe, dispute rate", "payments that were disputed within 120 days", "dispute_rate",
                   "Payments of the last 120 days are left out: they may still be disputed."),
            _words("mastercard", "Mastercard", "disputes ÷ payments of the month before", "dispute_activity_mastercard",
                   "One network only, over another month's payments."),
            _words("visa", "Visa", "disputes and reports of fraud ÷ payments", "dispute_activity_visa",
                   "One network only; a payment reported and disputed counts twice."),
        ),
    ),
    Term(
        "first_reply", "First reply time", "How long do people wait for an answer?", "first_reply_time",
        "Business hours where the shop has a schedule: nobody promised an answer at night.", "Hours", "Tickets",
        (
            _words("calendar", "Zendesk, calendar hours", "all hours from the ticket's opening",
                   "first_reply_time_calendar", "Nights and weekends count."),
            _words("median", "Gorgias, median", "the middle ticket, who still waits counted in", "first_reply_median",
                   "A few long waits pull a mean up and leave a median where it is."),
        ),
    ),
    Term(
        "satisfaction", "Satisfaction (CSAT)", "How satisfied are customers?", "customer_satisfaction",
        "Top two boxes, as most help desks show it; targets of the framework are means and read the mean.",
        "Satisfied", "Answers",
        (
            _words("mean", "Surveys on a scale", "the mean from 1 to 5", "customer_satisfaction_mean",
                   "Another scale: 4.3 of 5 is no 86 %."),
        ),
    ),
    Term(
        "effort", "Customer effort (CES)", "How easy was it?", "customer_effort",
        "The share of 5 and more on a scale from 1 to 7.", "Easy", "Answers",
        (
            _words("mean", "Surveys on a scale", "the mean from 1 to 7", "customer_effort_mean", "Another scale."),
        ),
    ),
    Term(
        "engagement", "E-mail engagement", "Do people react to the welcome series?", "welcome_engagement",
        "People click; machines open.", "Clicked", "Messages",
        (
            _words("opens", "Klaviyo, opens by mail services", "opened by a machine before anybody saw it",
                   "welcome_machine_opens", "Openings by mail services and clicks by scanners are no people's."),
        ),
    ),
    Term(
        "growth_share", "Customer-driven growth", "How much of the growth is customers who come back?",
        "growth_share_returning", "A share of growth, not of revenue.", "Money", "Money",
        (
            _words("revenue", "Many reports", "revenue after a customer's first day ÷ revenue",
                   "returning_revenue_share",
                   "High also where those who come back buy less than the year before."),
        ),
    ),
)  # fmt: skip

TERMS: dict[str, Term] = {t.id: t for t in (AOV, SALES, RETURNING, CHURN, *_WORDS)}


def terms_of(metric_id: str) -> tuple[Term, ...]:
    """The terms in which a metric is one of the meanings."""
    return tuple(
        t for t in TERMS.values()
        if metric_id == t.default or any(metric_id in (d.metric, d.leads_to) for d in t.definitions)
    )  # fmt: skip
