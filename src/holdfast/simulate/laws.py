"""The laws an invented shop follows, and what each kind of shop has of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

KINDS = ("marketplace", "b2b", "subscription")
TREATABLE = ("rate", "spend", "churn")


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a play does to those who get it, from the day after they are assigned: 1.0 is no effect.

    share: of the customers assigned, how many are treated; by how much their rate of buying, the value of their orders
    and their chance to end a subscription are multiplied. Assignment begins `days` before the data end.
    """

    share: float = 0.5
    days: int = 180
    rate: float = 1.0
    spend: float = 1.0
    churn: float = 1.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong for everybody in the last `days` of the data: 0 days is no trouble, and 1.0 no effect.

    By how much the hours until a reply and until a solution are multiplied, the chances that goods come back, and that
    a ticket is opened, and opened again.
    """

    days: int = 0
    replies: float = 12.0
    refunds: float = 7.0
    tickets: float = 3.0


@dataclass(frozen=True, slots=True)
class Laws:
    """Every parameter of one shop. Times are in days unless they say hours or minutes, money in minor units.

    Buying is BG/NBD (Fader, Hardie and Lee 2005): rates are gamma (r, alpha), chances to stop after a purchase beta
    (a, b); a day is worth as many days as its season says. The merchandise of an order is Gamma-Gamma (p, q, gamma).
    """

    kind: str
    r: float = 0.9
    alpha: float = 70.0
    a: float = 0.8
    b: float = 4.0
    p: float = 6.0
    q: float = 4.0
    gamma: float = 2500.0  # the mean order is p × gamma / (q − 1)
    growth: float = 0.15  # how many more people open an account a year later
    peak: float = 2.2  # how much busier the week before Black Friday's end is than a usual one
    buys: float = 0.85  # of those who open an account
    first_hours: float = 6.0  # until a quick first purchase
    quick: float = 0.7  # of the buyers, how many buy quickly
    first_days: float = 20.0  # until the first purchase of the others
    guests: float = 0.06  # buyers without an account
    strangers: float = 0.01  # of orders: nobody knows who bought
    cancelled: float = 0.015
    refunded: float = 0.01
    part_refunded: float = 0.03
    disputed: float = 0.003
    # companies
    business: float = 0.02  # of customers
    people: int = 4  # of one company
    renews: float = 0.92
    # subscriptions
    subscribes: float = 0.05  # of buyers
    yearly: float = 0.15
    trials: float = 0.3
    converts: float = 0.75
    leaves: float = 0.035  # a month, by choice
    fails: float = 0.01  # a month, for want of payment
    expands: float = 0.012
    shrinks: float = 0.006
    pauses: float = 0.08
    returns: float = 0.15
    month_price: int = 2400
    # the help desk
    tickets: float = 0.08  # of orders
    reply_hours: float = 5.0  # median
    reply_spread: float = 1.0  # of its logarithm
    solve_hours: float = 14.0
    solve_spread: float = 1.1
    reopened: float = 0.06
    automated: float = 0.15
    forgotten: float = 0.02  # never solved; every other one never answered
    # what people say
    answers: float = 0.28
    promoters: float = 0.48
    detractors: float = 0.17
    satisfied: tuple[float, ...] = (0.03, 0.05, 0.12, 0.35, 0.45)  # of 1 … 5
    effort: tuple[float, ...] = (0.03, 0.04, 0.06, 0.12, 0.2, 0.3, 0.25)  # of 1 … 7
    # messages and visits
    clicks: float = 0.24  # of a welcome series
    visits: float = 1.2  # without an order, for each order
    loyal: float = 0.3
    treatment: Treatment = field(default_factory=Treatment)
    trouble: Trouble = field(default_factory=Trouble)


LAWS = {
    "marketplace": Laws("marketplace"),
    "b2b": Laws(
        "b2b", r=2.2, alpha=60.0, a=0.5, b=9.0, p=5.0, q=4.5, gamma=32000.0, growth=0.1, peak=1.2, guests=0.0,
        strangers=0.0, business=0.95, people=5, subscribes=0.1, month_price=18000, tickets=0.12, loyal=0.1, yearly=0.5,
        leaves=0.012, fails=0.002, expands=0.03,
    ),
    "subscription": Laws(
        "subscription", r=0.6, alpha=120.0, a=1.0, b=3.0, gamma=1400.0, growth=0.4, peak=1.4, subscribes=0.75,
        business=0.03, tickets=0.1, loyal=0.15, buys=0.92, month_price=1900,
    ),
}  # fmt: skip


def laws_of(kind: str, treatment: Treatment | None = None, trouble: Trouble | None = None) -> Laws:
    """The laws of a kind of shop, treated and troubled as asked. Raises KeyError."""
    laws = LAWS[kind]
    return replace(laws, treatment=treatment or laws.treatment, trouble=trouble or laws.trouble)
