"""What is left of a customer's year after what it cost: M32, how much of the cost is known, and M33, cost to serve."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts, Metric, metric
from holdfast.metrics.platforms import KINDS, told_buyers
from holdfast.metrics.support import BY, GONE, tickets
from holdfast.warehouse.marts.order_value import COUNTED

YEAR = 12
PARTS = 1000  # thousandths of minor units
OF_ORDERS = ("fulfilment", "payment_fee", "incentive", "dispute_loss")  # types of cost that contribution bears
TO_SERVE = ("support", "success", "automation")  # purposes of cost to serve
BASIS = (
    "contribution: net merchandise − cost of goods − fulfilment − payment fees − lost disputes − incentives − support"
)
COST = "costs with the purpose support, success or automation, by the days they are for"
WINDOW = "twelve months ending on the day"
Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]


def _orders(facts: Facts, as_of: date) -> ibis.Table:
    """Real orders of the year in shop money: those that count as purchases, and replacements that brought nothing."""
    o = facts.order_value()
    o = o.filter(o.valid, o.shop_money, o.placed_on > months_before(as_of, YEAR), o.placed_on <= as_of)
    return o.select(
        "order_id", "shop_id", "customer_id", "placed_on", "counts", "lines", "placed_minor", "returned_minor",
        "gross_minor", unit_id=ibis.coalesce(o.customer_id, -o.order_id),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _goods(facts: Facts, as_of: date) -> ibis.Table:
    """Lines of merchandise of the year's orders: what they brought (placed_minor), and what they cost where known.

    The line's own cost, else the product's on the day of the order. Of an order that came back in part the goods cost
    that part less: what came back can be sold again.
    """
    o, lines = _orders(facts, as_of), facts.table("order_line")
    lines = lines.filter(lines.kind == "merchandise", lines.quantity > 0)
    rows = lines.select("order_id", "product_id", "quantity", "gross_minor", "unit_cost_minor")
    rows = rows.rename(line_gross="gross_minor").join(o, "order_id")
    c = _product_costs(facts)
    known = [rows.product_id == c.sold, rows.placed_on >= c.begins, c.ends.isnull() | (rows.placed_on < c.ends)]
    told = rows.left_join(c, known)
    each = ibis.coalesce(told.unit_cost_minor, told.cost)
    placed = told.placed_minor.cast("float64")
    kept = ibis.cases((told.placed_minor > 0, (placed - told.returned_minor) / placed), else_=1.0)
    share = ibis.cases((told.gross_minor > 0, told.line_gross.cast("float64") / told.gross_minor), else_=0.0)
    return told.select(
        "shop_id", "customer_id", "unit_id", "counts",
        brought=placed * share, known=each.notnull(), cost=each.cast("float64") * told.quantity.cast("float64") * kept,
    )  # fmt: skip


def _product_costs(facts: Facts) -> ibis.Table:
    """What a product costs from a day on, up to another (null: it still does), in the shop's money."""
    c, s = facts.table("product_cost"), facts.table("shop")
    c = c.join(s.select("shop_id", home="currency"), "shop_id").filter(lambda t: t.currency == t.home)
    later = c.since.lead().over(ibis.window(group_by="product_id", order_by="since"))
    return c.select(sold="product_id", begins="since", ends=later, cost="unit_cost_minor")


def _costs(facts: Facts, as_of: date) -> ibis.Table:
    """Costs beside the orders, each with the part of it (minor units) that falls into the year."""
    c = facts.mart("cost_told")
    begins = months_before(as_of, YEAR) + timedelta(days=1)
    c = c.filter(c.since <= as_of, c.until >= begins)
    first, last = ibis.greatest(c.since, begins), ibis.least(c.until, as_of)
    inside = last.delta(first, unit="day") + 1
    whole = c.until.delta(c.since, unit="day") + 1
    return c.mutate(minor=c.amount_minor.cast("float64") * inside / whole)


def _lost_disputes(facts: Facts, as_of: date) -> ibis.Table:
    """Disputes of the year that were lost, by customer."""
    d = facts.mart("dispute_case")
    d = d.filter(d.status == "lost", d.shop_money, d.opened_on > months_before(as_of, YEAR), d.opened_on <= as_of)
    return d.select("shop_id", "customer_id", "order_id", minor=d.amount_minor.fill_null(0).cast("float64"))


def _borne(facts: Facts, as_of: date) -> ibis.Table:
    """What contribution bears beside goods: shop, customer (null: nobody alone), minor units.

    A loss booked as a cost for an order whose dispute is known to be lost is told already.
    """
    c, lost = _costs(facts, as_of), _lost_disputes(facts, as_of)
    c = c.filter(c.type.isin(OF_ORDERS).fill_null(False) | (c.purpose == "support").fill_null(False))
    orders = lost.filter(lost.order_id.notnull()).select(told="order_id").distinct()
    c = c.left_join(orders, c.order_id == orders.told)
    c = c.filter((c.type != "dispute_loss").fill_null(True) | c.told.isnull())
    return c.select("shop_id", "customer_id", "minor").union(lost.select("shop_id", "customer_id", "minor"))


def _by_customer(rows: ibis.Table, **sums: ibis.Value) -> ibis.Table:
    """Sums of the rows that name a customer; the customer is called `whose`."""
    own = rows.filter(rows.customer_id.notnull())
    return own.group_by(whose=own.customer_id).agg(**{name: own[column].sum() for name, column in sums.items()})


def _shared(rows: ibis.Table) -> ibis.Table:
    """What was spent on nobody alone, one row a shop."""
    return rows.filter(rows.customer_id.isnull()).group_by("shop_id").agg(shared=lambda t: t.minor.sum())


def _everybody(facts: Facts, as_of: date) -> ibis.Table:
    """Who bought or gave back something in the year: net merchandise, the number of their orders."""
    m = facts.customer_year(as_of)
    m = m.filter(m.year_back == 0)
    return m.select("shop_id", "customer_id", "unit_id", "net_minor", "orders")


def _told(minor: ibis.Value) -> ibis.Value:
    """Minor units, not rounded, so that what is shared out adds up again."""
    return minor.fill_null(0).cast("float64")


def _units(rows: ibis.Table, as_of: date, counted: ibis.Value, out_of: ibis.Value | None = None) -> ibis.Table:
    return rows.select(
        "shop_id",
        "customer_id",
        unit_id=rows.unit_id,
        anchor=ibis.date(as_of),
        matures_on=ibis.date(as_of),
        counted=counted,
        out_of=ibis.literal(1.0) if out_of is None else out_of.cast("float64"),
    )


@metric(
    number="M32",
    name="Contribution per customer",
    question="What is left of what a customer bought in a year, after what it cost?",
    aliases=("profitability", "contribution"),
    unit="customers",
    counted="net merchandise less goods, fulfilment, payment fees, lost disputes, incentives and support",
    out_of="customers who bought or returned something in the window",
    window=WINDOW,
    kind="mean",
    scale="money",
    span="state",
    on_the_day=True,
    version=1,
    decision="0049",
    needs=("order", "order.customer_id", "unit_cost"),
    basis=BASIS,
    left_out=(
        "unknown buyers: they cannot be told apart; their share of costs that name nobody goes with their orders",
        "goods whose cost nobody told cost nothing here: see how much of the cost is known (M32b)",
        "acquisition, and costs of people and tools that do not support customers",
    ),
    differs=(
        "Shop reports of profit take off the cost of goods only, and goods without a cost count as free. Below 80 % of"
        " merchandise with a known cost no verdict is given here."
    ),
    beside=("M32b",),
    covered_by="cost_coverage",
)
def contribution_per_customer(facts: Facts, as_of: date) -> ibis.Table:
    everybody, goods, borne = _everybody(facts, as_of), _goods(facts, as_of), _borne(facts, as_of)
    orders = everybody.group_by("shop_id").agg(all_orders=everybody.orders.sum())
    shared = orders.left_join(_shared(borne), "shop_id")
    each = shared.select("shop_id", an_order=shared.shared / shared.all_orders.nullif(0))
    known = everybody.filter(everybody.customer_id.notnull()).left_join(each, "shop_id").drop("shop_id_right")
    of_goods, own = _by_customer(goods, goods="cost"), _by_customer(borne, borne="minor")
    told = known.left_join(of_goods, known.customer_id == of_goods.whose).drop("whose")
    told = told.left_join(own, told.customer_id == own.whose).drop("whose")
    cost = told.goods.fill_null(0.0) + told.borne.fill_null(0.0) + told.an_order.fill_null(0.0) * told.orders
    return _units(told, as_of, told.net_minor.cast("float64") - _told(cost))


@metric(
    number="M32b",
    name="Cost coverage",
    question="Of how much of the merchandise that customers bought is the cost known?",
    unit="customers",
    counted="merchandise ordered whose cost is known, after discounts",
    out_of="merchandise ordered, after discounts",
    window=WINDOW,
    kind="ratio",
    scale="share",
    span="state",
    on_the_day=True,
    version=1,
    decision="0049",
    needs=("order", "order.customer_id", "order_line"),
    basis="merchandise as ordered: gross − discounts, before returns",
    left_out=("unknown buyers",),
    differs="A cost of nothing is a known cost; an empty one is not.",
)
def cost_coverage(facts: Facts, as_of: date) -> ibis.Table:
    o = _orders(facts, as_of)
    o = o.filter(o.customer_id.notnull(), o.counts, o.lines > 0, o.gross_minor > 0)
    known = _known_goods(facts, o).group_by(whose="customer_id").agg(known=lambda goods: goods.brought.sum())
    told = told_buyers(facts, as_of)
    c = told.filter(told.kind == KINDS.index(COUNTED), told.unit_id > 0, told.of_lines > 0)
    c = c.select("shop_id", "unit_id", "of_lines", customer_id="unit_id")
    c = c.left_join(known, c.customer_id == known.whose)
    c = c.mutate(known=(c.known / PARTS).round())
    return _units(c, as_of, _told(c.known), _told(c.of_lines))


def _known_goods(facts: Facts, orders: ibis.Table) -> ibis.Table:
    """What lines of merchandise brought whose cost is known: the line's own, or the product's on the day of the order.

    In whole thousandths of minor units, so that no order of lines makes another sum.

    Costs are looked for before the orders are, so that a shop that told none has nothing to look for.
    """
    lines = facts.table("order_line")
    lines = lines.filter(lines.kind == "merchandise", lines.quantity > 0)
    lines = lines.select("order_id", "product_id", "unit_cost_minor", line_gross="gross_minor")
    own = lines.filter(lines.unit_cost_minor.notnull()).select("order_id", "line_gross").join(orders, "order_id")
    c = _product_costs(facts).filter(lambda cost: cost.cost.notnull())
    told = lines.filter(lines.unit_cost_minor.isnull()).join(c, lines.product_id == c.sold).join(orders, "order_id")
    told = told.filter(told.placed_on >= told.begins, told.ends.isnull() | (told.placed_on < told.ends))
    both = own.select("customer_id", "placed_minor", "line_gross", "gross_minor").union(
        told.select("customer_id", "placed_minor", "line_gross", "gross_minor")
    )
    brought = both.placed_minor.cast("float64") * (both.line_gross.cast("float64") / both.gross_minor)
    return both.select("customer_id", brought=(brought * PARTS).round().cast("int64"))


def _serving(facts: Facts, as_of: date) -> ibis.Table:
    c = _costs(facts, as_of)
    return c.filter(c.purpose.isin(TO_SERVE).fill_null(False))


def _cost_to_serve(number: str, name: str, question: str, out_of: str, left_out: str, **more: object) -> Declare:
    """What cost to serve says, whatever it is shared out over."""
    return metric(
        **{
            "number": number, "name": name, "question": question, "unit": "customers", "counted": COST,
            "out_of": out_of, "window": WINDOW, "kind": "ratio", "scale": "money", "span": "state",
            "on_the_day": True, "version": 1, "decision": "0049", "needs": ("cost_event", "order", "serving_cost"),
            "better": "down", "basis": COST,
            "left_out": (left_out,),
            "differs": (
                "Cost alone is no success: it is read beside how many tickets were solved (M15) and how satisfied"
                " customers are (M36). Costs that name no customer are shared out evenly, so the interval speaks only"
                " of the costs that do."
            ),
            "beside": ("M15", "M36"),
        }
        | more
    )  # fmt: skip


def _shared_out(facts: Facts, as_of: date, rows: ibis.Table) -> ibis.Table:
    """Rows with `over` (what the cost is shared out over) and the cost of each: their own, and their part of the rest.

    A customer with a cost of their own who is in no row has a row with nothing over.
    """
    costs = _serving(facts, as_of)
    over = rows.group_by("shop_id").agg(all_over=rows["over"].sum())
    rest = over.left_join(_shared(costs), "shop_id")
    each = rest.select("shop_id", a_piece=rest.shared / rest.all_over.nullif(0))
    own = costs.filter(costs.customer_id.notnull())
    own = own.group_by("shop_id", unit_id=own.customer_id).agg(own=own.minor.sum())
    rows = rows.left_join(each, "shop_id").select("shop_id", "unit_id", "over", "a_piece")
    both = rows.outer_join(own, ["shop_id", "unit_id"])
    unit_id, over = ibis.coalesce(both.unit_id, both.unit_id_right), both["over"].fill_null(0)
    return both.select(
        shop_id=ibis.coalesce(both.shop_id, both.shop_id_right),
        unit_id=unit_id,
        customer_id=ibis.cases((unit_id > 0, unit_id)),
        over=over,
        cost=_told(both.own.fill_null(0.0) + both.a_piece.fill_null(0.0) * over),
    )


@_cost_to_serve(
    "M33",
    "Cost to serve a customer",
    "What does it cost in a year to look after a customer who buys?",
    "customers who bought in the twelve months",
    "costs of acquisition, goods and fulfilment",
    needs=("cost_event", "order", "order.customer_id", "serving_cost"),
    aliases=("cost_to_serve",),
)
def cost_to_serve(facts: Facts, as_of: date) -> ibis.Table:
    h = facts.history(as_of)
    active = h.filter((h.months & ((1 << YEAR) - 1)) != 0)
    rows = _shared_out(facts, as_of, active.select("shop_id", unit_id="customer_id", over=ibis.literal(1)))
    return _units(rows, as_of, rows.cost, rows["over"])


@_cost_to_serve(
    "M33b",
    "Cost to serve an order",
    "What does it cost to look after those who order, for each order?",
    "orders placed in the twelve months",
    "cancelled, test and zero-value orders",
)
def cost_to_serve_order(facts: Facts, as_of: date) -> ibis.Table:
    e = _everybody(facts, as_of)
    rows = _shared_out(facts, as_of, e.filter(e.orders > 0).select("shop_id", "unit_id", over="orders"))
    return _units(rows, as_of, rows.cost, rows["over"])


@_cost_to_serve(
    "M33c",
    "Cost to serve per ticket",
    "What does it cost to look after those who write, for each ticket?",
    "tickets opened in the twelve months",
    GONE,
    needs=("cost_event", "ticket", "serving_cost"),
    unit="tickets",
    kind="mean",
    opens="ticket",
    own=BY,
)
def cost_to_serve_ticket(facts: Facts, as_of: date) -> ibis.Table:
    t = tickets(facts, as_of)
    t = t.filter(t.created_on > months_before(as_of, YEAR)).select("shop_id", "customer_id", "ticket_id", *BY)
    costs = _serving(facts, as_of)
    mine = costs.filter(costs.ticket_id.notnull()).group_by(whose="ticket_id").agg(own=lambda c: c.minor.sum())
    known = t.select(known="ticket_id")
    others = costs.left_join(known, costs.ticket_id == known.known)
    others = others.filter(others.known.isnull()).group_by("shop_id").agg(shared=lambda c: c.minor.sum())
    rest = t.group_by("shop_id").agg(all_over=t.count()).left_join(others, "shop_id")
    each = rest.select("shop_id", a_piece=rest.shared / rest.all_over)
    told = t.left_join(mine, t.ticket_id == mine.whose).drop("whose").left_join(each, "shop_id").drop("shop_id_right")
    cost = _told(told.own.fill_null(0.0) + told.a_piece.fill_null(0.0))
    return told.select(
        "shop_id", "customer_id", *BY, unit_id=told.ticket_id, anchor=ibis.date(as_of), matures_on=ibis.date(as_of),
        counted=cost, out_of=ibis.literal(1.0),
    )  # fmt: skip
