"""What the shop spends, and figures only the outside knows."""

from __future__ import annotations

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.clock import first_days, months_of
from holdfast.simulate.shop import Shop

PLATFORMS = ("search", "social", "affiliate")
COSTS = (
    ("tools", "acquisition", 0.2), ("salaries", "acquisition", 0.8), ("salaries", "support", 1.0),
    ("tools", "automation", 0.15), ("salaries", "success", 0.5),
)  # fmt: skip


def write_costs(shop: Shop) -> None:
    rng = shop.chance.stream("costs")
    days = np.repeat(np.arange(shop.first, shop.last + 1), len(PLATFORMS))
    which = np.tile(np.arange(len(PLATFORMS)), shop.days)
    a_day = shop.customers / shop.days * 900  # minor units: about 9.00 for each account opened
    spent = (rng.gamma(4, a_day / 4 / len(PLATFORMS), len(days)) * np.repeat(shop.season, len(PLATFORMS))).astype(
        np.int64
    )
    clicks = 1 + spent // 45
    shop.sink.add("advertising_spend", {
        "spent_on": c.day(days), "platform": c.word(which, PLATFORMS), "campaign": c.called("campaign-", which),
        "amount": c.money(spent), "currency": c.same(shop.currency, len(days)),
        "purpose": c.word((which == 2) * 1, ("acquisition", "retention")),
        "channel": c.word(which % 2, ("web", "app")), "impressions": c.number(clicks * 60), "clicks": c.number(clicks),
    })  # fmt: skip
    months = np.arange(months_of(np.array([shop.first]))[0], months_of(np.array([shop.last + 1]))[0])
    months = months[first_days(months) >= shop.first]
    of, kind = np.repeat(months, len(COSTS)), np.tile(np.arange(len(COSTS)), len(months))
    monthly = shop.customers / max(len(months), 1) * 500
    shop.sink.add("costs", {
        "cost_id": c.number(shop.numbers.take("cost", len(of))), "spent_on": c.day(first_days(of)),
        "until": c.day(first_days(of + 1) - 1), "type": c.word(kind, [k[0] for k in COSTS]),
        "purpose": c.word(kind, [k[1] for k in COSTS]),
        "amount": c.money((monthly * np.array([k[2] for k in COSTS])[kind]).astype(np.int64)),
        "currency": c.same(shop.currency, len(of)), "note": c.same("invented", len(of)),
    })  # fmt: skip
    quarters = first_days(months[months % 3 == 2] + 1) - 1
    both = np.r_[quarters, quarters]
    figure = np.repeat([0, 1], len(quarters))
    value = np.where(figure == 0, 0.03 + 0.001 * np.arange(len(both)) % 0.05, 100 + np.arange(len(both)) * 2)
    shop.sink.add("figures_from_outside", {
        "figure": c.word(figure, ("market_share", "branded_search")), "stands_on": c.day(both),
        "value": c.real(value.round(4)), "source": c.same("an invented association", len(both)),
    })  # fmt: skip
