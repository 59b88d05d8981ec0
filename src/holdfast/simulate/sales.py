"""Orders with their lines, codes, payments, refunds, parcels and disputes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.buyers import NEVER, Buyers
from holdfast.simulate.clock import DAY, HOUR
from holdfast.simulate.draws import Flags, Floats, Ints, among, hours
from holdfast.simulate.shop import Shop

COUNTRIES, COUNTRY_SHARES = ("DE", "NL", "FR", "AT", "BE", "GB"), (0.5, 0.16, 0.13, 0.09, 0.07, 0.05)
CHANNELS, CHANNEL_SHARES = ("web", "app", "marketplace", "referral"), (0.6, 0.2, 0.15, 0.05)
CODES = ("WELCOME10", "SPRING10", "FRIEND10")
PRODUCTS = 400
TYPES = ("kitchen", "garden", "office", "care", "food")
NETWORKS = ("visa", "mastercard")
TAX = 0.19
FREE_SHIPPING, SHIPPING = 5_000, 495


@dataclass(frozen=True, slots=True)
class Sales:
    """The orders of one chunk, shape (m,). who is NEVER where nobody knows who bought."""

    number: Ints
    who: Ints
    at: Ints
    on: Ints
    placed: Ints  # merchandise after discounts, minor units
    back: Ints  # of it given back by the end
    valid: Flags  # no test, not cancelled, no exchange
    total: Ints
    product: Ints  # of the first line
    delivered_at: Ints  # NEVER while it is on its way
    lines: int

    @property
    def counts(self) -> Flags:
        """Is a purchase: valid, worth something, and not all of it went back."""
        return self.valid & (self.placed > 0) & (self.back < self.placed)


@dataclass(frozen=True, slots=True)
class _Lines:
    order: Ints  # place of the order in the chunk; grouped
    product: Ints
    quantity: Ints
    price: Ints
    gross: Ints
    discount: Ints
    gift_card: Flags


def write_products(shop: Shop) -> None:
    rng, one = shop.chance.stream("products"), np.arange(PRODUCTS)
    shop.sink.add("products", {
        "sku": c.called("SKU-", 1000 + one), "title": c.called("Thing ", one + 1),
        "type": c.word(one % len(TYPES), TYPES), "vendor": c.called("Maker ", rng.integers(1, 20, PRODUCTS)),
    })  # fmt: skip
    cost = rng.integers(300, 2000, PRODUCTS)
    shop.sink.add("product_costs", {
        "sku": c.called("SKU-", 1000 + one), "since": c.day(np.full(PRODUCTS, shop.first)), "unit_cost": c.money(cost),
        "currency": c.same(shop.currency, PRODUCTS),
    })  # fmt: skip
    weeks = np.arange(shop.first, shop.last + 1, 7)
    sold = 40
    counted = np.repeat(weeks, sold)
    shop.sink.add("stock_levels", {
        "sku": c.called("SKU-", 1000 + np.tile(np.arange(sold), len(weeks))),
        "location": c.same("warehouse", len(counted)),
        "counted_at": c.moment(shop.clock.moment(counted, np.full(len(counted), 7 * HOUR))),
        "available": c.number(rng.poisson(30, len(counted)) * (rng.random(len(counted)) > 0.03)),
    })  # fmt: skip


def draw_sales(shop: Shop, chunk: int, buyers: Buyers) -> Sales:
    laws, rng, m = shop.laws, shop.chance.stream("sales", chunk), len(buyers.who)
    number = shop.numbers.take("order", m)
    who = np.where(rng.random(m) < laws.strangers, NEVER, buyers.who)
    test, exchange = rng.random(m) < 0.001, rng.random(m) < 0.003
    cancelled_at = buyers.at + rng.integers(HOUR, DAY, m)
    cancelled = (rng.random(m) < laws.cancelled) & (cancelled_at < shop.ends)
    valid = ~(test | cancelled | exchange)
    coded = rng.random(m) < 0.12
    lines = _draw_lines(rng, buyers.value, coded)
    net = np.where(lines.gift_card, 0, lines.gross - lines.discount)
    paid = np.where(coded[lines.order], net - net // 10, net)  # a code's share of each line
    code_off = _sum(lines.order, net - paid, m)
    placed = _sum(lines.order, paid, m)
    refund = _draw_refunds(rng, shop, buyers.at, cancelled | test, lines)
    back = _sum(lines.order[refund.line], paid[refund.line], m)
    whole = refund.whole
    asked = placed + _sum(lines.order, np.where(lines.gift_card, lines.gross, 0), m)
    tax, shipping = (asked * TAX).round().astype(np.int64), np.where(asked < FREE_SHIPPING, SHIPPING, 0)
    tip = np.where(rng.random(m) < 0.01, 200, 0)
    total = asked + tax + shipping + tip
    status = np.select([cancelled, whole, back > 0], [1, 2, 3], 0)
    business = np.where(who >= 0, buyers.company[who], 0)
    integrated = (business > 0) & (rng.random(m) < 0.55 + 0.3 * (business % 3 == 0))
    # Every person is of one country, by their number: no draw to keep.
    country = country_of(np.where(who >= 0, buyers.number[who], number))
    shop.sink.add("orders", {
        "order_id": c.number(number), "placed_at": c.moment(buyers.at),
        "customer_id": c.number(buyers.number[who], who >= 0), "account_id": c.number(business, business > 0),
        "cancelled_at": c.moment(cancelled_at, cancelled),
        "financial_status": c.word(status, ("paid", "voided", "refunded", "partially_refunded")),
        "fulfillment_status": c.word((status == 1) * 1, ("fulfilled", "unfulfilled")), "test": c.flag(test),
        "channel": c.word(among(rng, CHANNEL_SHARES, m), CHANNELS), "country": c.word(country, COUNTRIES),
        "currency": c.same(shop.currency, m), "discount": c.money(code_off, coded),
        "discount_code": c.word(among(rng, (2, 1, 1), m), CODES, coded), "tax": c.money(tax),
        "shipping": c.money(shipping), "tip": c.money(tip, tip > 0), "total": c.money(total),
        "taxes_included": c.flag(np.zeros(m, bool)), "integrated": c.flag(integrated, business > 0),
        "po_number": c.called("PO-", number, known=integrated), "is_exchange": c.flag(exchange),
    })  # fmt: skip
    k = len(lines.order)
    shop.sink.add("order_lines", {
        "order_id": c.number(number[lines.order]), "line_id": c.number(shop.numbers.take("line", k)),
        "sku": c.called("SKU-", 1000 + lines.product),
        "kind": c.word(lines.gift_card * 1, ("merchandise", "gift_card")),
        "quantity": c.number(lines.quantity), "price": c.money(lines.price),
        "line_discount": c.money(lines.discount, lines.discount > 0),
        "unit_cost": c.money((lines.price * 0.55).astype(np.int64)),
    })  # fmt: skip
    _write_refunds(shop, number, lines, paid, refund)
    payment = _write_payments(shop, rng, number, buyers.at, cancelled_at, cancelled, total, back, refund)
    delivered_at = _write_parcels(shop, rng, number, buyers.at, ~cancelled & ~test)
    _write_disputes(shop, rng, number, payment, who, buyers, valid, total)
    heads = lines.product[np.flatnonzero(np.r_[True, lines.order[1:] != lines.order[:-1]])] if k else lines.product
    return Sales(number, who, buyers.at, buyers.on, placed, back, valid, total, heads, delivered_at, k)


def country_of(number: Ints) -> Ints:
    """A place among COUNTRIES for each customer number, in the shares of COUNTRY_SHARES."""
    mixed = (number * 2_654_435_761 % (1 << 32)) / (1 << 32)
    return np.searchsorted(np.cumsum(COUNTRY_SHARES)[:-1], mixed, "right")


def _sum(order: Ints, values: Ints, orders: int) -> Ints:
    return np.bincount(order, values, orders).astype(np.int64)  # below 2^53 each sum is exact


def _draw_lines(rng: np.random.Generator, value: Ints, coded: Flags) -> _Lines:
    """Lines that add up to about the order's value after its discounts."""
    m = len(value)
    per_order = 1 + np.minimum(rng.poisson(0.7, m), 8)
    order = np.repeat(np.arange(m), per_order)
    weight = rng.gamma(2.0, 1.0, len(order))
    part = weight / np.bincount(order, weight, m)[order]
    first = np.r_[True, order[1:] != order[:-1]] if len(order) else np.zeros(0, bool)
    reduced = rng.random(len(order)) < 0.1
    worth: Floats = value[order] * part / np.where(coded[order], 0.9, 1.0) / np.where(reduced, 0.8, 1.0)
    quantity = 1 + rng.poisson(0.3, len(order))
    price = np.maximum((worth / quantity).round().astype(np.int64), 1)
    gross = price * quantity
    product = (PRODUCTS * rng.random(len(order)) ** 2).astype(np.int64)
    return _Lines(
        order, product, quantity, price, gross, np.where(reduced, gross // 5, 0),
        ~first & (rng.random(len(order)) < 0.005),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Refunds:
    order: Ints  # places of the orders that have one
    at: Ints
    whole: Flags  # per order of the chunk
    line: Ints  # places of the lines given back, grouped by order


def _draw_refunds(rng: np.random.Generator, shop: Shop, at: Ints, never: Flags, lines: _Lines) -> _Refunds:
    laws, m = shop.laws, len(at)
    chance = rng.random(m) / shop.troubled(at, laws.trouble.refunds)
    when = at + rng.integers(2 * DAY, 28 * DAY, m)
    told = (when < shop.ends) & ~never
    whole = told & (chance < laws.refunded)
    part = told & ~whole & (chance < laws.refunded + laws.part_refunded)
    first = np.r_[True, lines.order[1:] != lines.order[:-1]] if len(lines.order) else np.zeros(0, bool)
    back = np.flatnonzero((whole[lines.order] | (part[lines.order] & first)) & ~lines.gift_card)
    having = np.flatnonzero(whole | part)
    return _Refunds(having, when[having], whole, back)


def _write_refunds(shop: Shop, number: Ints, lines: _Lines, paid: Ints, refund: _Refunds) -> None:
    mine = np.full(len(number), NEVER)
    mine[refund.order] = shop.numbers.take("refund", len(refund.order))
    when = np.full(len(number), NEVER)
    when[refund.order] = refund.at
    line, order = refund.line, lines.order[refund.line]
    shop.sink.add("refunds", {
        "refund_id": c.called("R", mine[order]), "order_id": c.number(number[order]),
        "refunded_at": c.moment(when[order]), "currency": c.same(shop.currency, len(line)),
        "note": c.word(order % 3, ("damaged", "wrong size", "changed my mind")),
        "sku": c.called("SKU-", 1000 + lines.product[line]), "quantity": c.number(lines.quantity[line]),
        "line_total": c.money(paid[line]),
    })  # fmt: skip


def _write_payments(
    shop: Shop, rng: np.random.Generator, number: Ints, at: Ints, cancelled_at: Ints, cancelled: Flags, total: Ints,
    back: Ints, refund: _Refunds,
) -> Ints:  # fmt: skip
    """The number of each order's first payment."""
    failed = np.flatnonzero(rng.random(len(number)) < 0.02)
    void, given = np.flatnonzero(cancelled), refund.order[back[refund.order] > 0]
    when = np.zeros(len(number), np.int64)
    when[refund.order] = refund.at
    order = np.r_[np.arange(len(number)), failed, void, given]
    kind = np.r_[cancelled * 1, failed * 0, void * 0 + 2, given * 0 + 3]
    moments = np.r_[at + 30, at[failed], cancelled_at[void], when[given]]
    amount = np.r_[total, total[failed], total[void], back[given]]
    failing = np.zeros(len(order), np.int64)
    failing[len(number) : len(number) + len(failed)] = 1
    own = shop.numbers.take("payment", len(order))
    shop.sink.add("payments", {
        "transaction_id": c.number(own), "order_id": c.number(number[order]),
        "network": c.word(order % 2, NETWORKS, order % 3 == 0),
        "transaction_kind": c.word(kind, ("sale", "authorization", "void", "refund")),
        "status": c.word(failing, ("success", "failure")), "gateway": c.word(order % 3, ("card", "invoice", "wallet")),
        "amount": c.money(amount), "currency": c.same(shop.currency, len(order)), "processed_at": c.moment(moments),
        "test": c.flag(np.zeros(len(order), bool)),
    })  # fmt: skip
    return own[: len(number)]


def _write_parcels(shop: Shop, rng: np.random.Generator, number: Ints, at: Ints, sent: Flags) -> Ints:
    packed_at = at + hours(rng, 10, 0.6, len(at))
    taken_at = packed_at + hours(rng, 8, 0.4, len(at))
    delivered_at = taken_at + hours(rng, 36, 0.5, len(at))
    place = np.flatnonzero(sent & (packed_at < shop.ends))
    arrived, taken = delivered_at[place] < shop.ends, taken_at[place] < shop.ends
    shop.sink.add("fulfilments", {
        "fulfillment_id": c.number(shop.numbers.take("parcel", len(place))), "order_id": c.number(number[place]),
        "status": c.word(arrived * 1, ("in_transit", "delivered")), "created_at": c.moment(packed_at[place]),
        "in_transit_at": c.moment(taken_at[place], taken), "delivered_at": c.moment(delivered_at[place], arrived),
        "estimated_delivery_at": c.moment(at[place] + 4 * DAY), "carrier": c.word(place % 3, ("post", "van", "bike")),
    })  # fmt: skip
    return np.where(sent & (delivered_at < shop.ends), delivered_at, NEVER)


def _write_disputes(
    shop: Shop, rng: np.random.Generator, number: Ints, payment: Ints, who: Ints, buyers: Buyers, valid: Flags,
    total: Ints,
) -> None:  # fmt: skip
    opened_at = buyers.at + rng.integers(5 * DAY, 70 * DAY, len(number))
    place = np.flatnonzero((rng.random(len(number)) < shop.laws.disputed) & valid & (opened_at < shop.ends))
    known, answered = who[place] >= 0, opened_at[place] + 5 * DAY
    shop.sink.add("disputes", {
        "dispute_id": c.number(shop.numbers.take("dispute", len(place))), "order_id": c.number(number[place]),
        "customer_id": c.number(buyers.number[who[place]], known), "charge": c.called("ch_", number[place]),
        "transaction_id": c.number(payment[place]),
        "opened_at": c.moment(opened_at[place]), "charge_at": c.moment(buyers.at[place]),
        "reason": c.word(place % 3, ("fraudulent", "product_not_received", "duplicate")),
        "status": c.word(np.where(answered < shop.ends, 1 + place % 2, 0), ("open", "won", "lost")),
        "amount": c.money(total[place]), "currency": c.same(shop.currency, len(place)),
        "network": c.word(place % 2, NETWORKS),
        "evidence_due_at": c.moment(opened_at[place] + 14 * DAY),
        "evidence_submitted_at": c.moment(answered, answered < shop.ends), "is_fraud_report": c.flag(place % 7 == 0),
    })  # fmt: skip
