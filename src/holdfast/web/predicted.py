"""What models say of customers, as pages read it: of the shops that may be seen, each apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.warehouse.snapshot import NothingBuilt, current_id
from holdfast.web import reading

if TYPE_CHECKING:
    from holdfast.predictions.customer import Customer
    from holdfast.predictions.customers import Listed, Order
    from holdfast.predictions.model import Model, Refused
    from holdfast.predictions.publish import Published
    from holdfast.predictions.spread import Spread
    from holdfast.predictions.timeline import Event
    from holdfast.warehouse.home import Home, Shop

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Tenth:
    """Customers whose chance lies in a tenth of the scale. spent: minor units, bought in a year by all of them."""

    low: float
    high: float
    customers: int
    spent: float


@dataclass(frozen=True, slots=True)
class Overall:
    """All customers together. top_share: of what was bought in a year, what the top tenth of the buyers bought."""

    customers: int
    expected: float  # how many leave, by the sum of their chances
    at_stake: float  # minor units: chance × what was bought in a year
    spent: float
    top_share: float | None
    tenths: tuple[Tenth, ...]


def shop(shop_id: str) -> Shop | None:
    """One that may be seen: the one asked for, else the first. None where there is none, or it may not be seen."""
    seen = reading.shops()
    if not shop_id:
        return seen[0] if seen else None
    return next((one for one in seen if str(one.shop_id) == shop_id), None)


def customers(shop: Shop, by: Order, *, limit: int | None, offset: int) -> Listed | Unknown:
    from holdfast.predictions.customers import customers

    try:
        return customers(reading.home(), shop, by=by, limit=limit, offset=offset)
    except NothingBuilt as problem:
        return Unknown(str(problem))


def customer(customer_id: int) -> Customer | None:
    """None for somebody of a shop that may not be seen, as for nobody."""
    from holdfast.predictions.customer import NoSuchCustomer, customer

    try:
        found = customer(reading.home(), f"#{customer_id}")
    except (NoSuchCustomer, NothingBuilt):
        return None
    seen = {one.shop_id for one in reading.shops()}
    if found.shop.shop_id not in seen:
        return None
    return replace(found, elsewhere=tuple(one for one in found.elsewhere if one.shop.shop_id in seen))


def happened(one: Customer) -> Sequence[Event]:
    """Everything that happened with a customer who may be seen."""
    from holdfast.predictions.customer import happened

    return happened(reading.home(), one)


def overall(shop: Shop) -> Overall | None:
    from holdfast.predictions.publish import newest_published

    said = newest_published(reading.home(), "risk", shop.shop_id)
    return None if said is None else _overall(said, said.path)


@lru_cache(maxsize=32)
def _overall(said: Published, path: Path) -> Overall:
    """What was said is never written again, so once is enough."""
    table = said.table(["leaves", "spent_minor"])
    chance, spent = (np.nan_to_num(column.to_numpy().astype(float)) for column in table.columns)
    place = np.minimum((chance * TENTHS).astype(int), TENTHS - 1)
    many, money = np.bincount(place, minlength=TENTHS), np.bincount(place, weights=spent, minlength=TENTHS)
    tenths = tuple(Tenth(n / TENTHS, (n + 1) / TENTHS, int(many[n]), float(money[n])) for n in range(TENTHS))
    buyers = np.sort(spent[spent > 0])[::-1]
    top = float(buyers[: max(1, len(buyers) // 10)].sum() / buyers.sum()) if len(buyers) else None
    return Overall(len(chance), float(chance.sum()), float((chance * spent).sum()), float(spent.sum()), top, tenths)


@dataclass(frozen=True, slots=True)
class AtStake:
    """What the models of an account's shops foretell together. word: predictive only where all may be so called.

    share: of what customers bought in a year, what would leave with them. shops: each with what is at stake, in minor
    units of its own currency.
    """

    share: float
    customers: int
    leaving: float
    word: str
    shops: tuple[tuple[Shop, Overall], ...]


@dataclass(frozen=True, slots=True)
class ToCome:
    """What customers of a shop are expected to bring within a year, and what was brought in the last; minor units."""

    customers: int
    value: float
    brought: int
    word: str


def at_stake() -> dict[str, AtStake]:
    """By the name of the account; without those of whose shops nothing was said."""
    told: dict[str, list[tuple[Shop, Overall, str]]] = {}
    for shop in reading.shops():
        found = overall(shop)
        if found is not None and found.spent > 0:
            told.setdefault(shop.account, []).append((shop, found, _word(shop)))
    return {account: _together(shops) for account, shops in told.items()}


def in_several(told: AtStake) -> int:
    """People who buy in more than one of the shops it was told of."""
    if len(told.shops) < 2:
        return 0
    return _in_several(current_id(reading.home()), reading.home(), tuple(shop for shop, _ in told.shops))


@lru_cache(maxsize=64)
def _in_several(snapshot: str, home: Home, shops: tuple[Shop, ...]) -> int:
    from holdfast.predictions.customers import in_several

    return in_several(home, shops)


def _together(told: list[tuple[Shop, Overall, str]]) -> AtStake:
    """Shares are weighed by customers where money is in several currencies, by money where it is in one."""
    of_money = len({shop.currency for shop, _, _ in told}) == 1
    weights = [one.spent if of_money else float(one.customers) for _, one, _ in told]
    share = sum(w * one.at_stake / one.spent for w, (_, one, _) in zip(weights, told, strict=True)) / sum(weights)
    word = "predictive" if all(word == "predictive" for _, _, word in told) else "descriptive"
    return AtStake(
        share, sum(one.customers for _, one, _ in told), sum(one.expected for _, one, _ in told), word,
        tuple((shop, one) for shop, one, _ in told),
    )  # fmt: skip


def to_come(told: AtStake) -> tuple[tuple[Shop, ToCome], ...]:
    """Of its shops, those of which values were published with what was brought before."""
    from holdfast.predictions.publish import newest_published

    found = []
    for shop, _ in told.shops:
        said = newest_published(reading.home(), "value", shop.shop_id)
        if said is not None and (one := _to_come(said, said.path)) is not None:
            found.append((shop, one))
    return tuple(found)


@lru_cache(maxsize=64)
def _to_come(said: Published, path: Path) -> ToCome | None:
    card = said.card
    if "brought_minor" not in card:
        return None
    return ToCome(card["customers"], card["value_minor"], card["brought_minor"], card["word"])


def still_to_come(told: AtStake) -> tuple[float, int] | None:
    """What today's customers are expected to bring in a year ÷ what was brought in the last, and of how many they are;
    None where no value was published, and where money is in several currencies."""
    parts = to_come(told)
    brought = sum(one.brought for _, one in parts)
    if not brought or len({shop.currency for shop, _ in parts}) > 1:
        return None
    return sum(one.value for _, one in parts) / brought, sum(one.customers for _, one in parts)


def _word(shop: Shop) -> str:
    from holdfast.predictions.publish import newest_published

    said = newest_published(reading.home(), "risk", shop.shop_id)
    return "" if said is None else _word_of(said, said.path)


@lru_cache(maxsize=32)
def _word_of(said: Published, path: Path) -> str:
    return str(said.card["models"]["leaves"]["word"])


def spread(shop: Shop) -> Spread | Unknown:
    from holdfast.predictions.publish import newest_published

    said = newest_published(reading.home(), "value", shop.shop_id)
    if said is None:
        from holdfast.predictions.spread import NOT_PUBLISHED

        return NOT_PUBLISHED
    return _spread(reading.home(), shop, said.path, current_id(reading.home()))


@lru_cache(maxsize=32)
def _spread(home: Home, shop: Shop, path: Path, serving: str) -> Spread | Unknown:
    from holdfast.predictions.spread import spread

    return spread(home, shop)


def models(shop: Shop) -> tuple[Model | Refused, ...]:
    from holdfast.predictions.rounds import models_of

    return models_of(reading.home(), shop)


def model(shop: Shop, label: str) -> Model | Refused | None:
    return next((one for one in models(shop) if label_id(one) == label), None)


def label_id(one: Model | Refused) -> str:
    return one.label if isinstance(one.label, str) else one.label.id


def record(one: Model) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What was published and has come due, and what past days would have said; each oldest first."""
    from holdfast.predictions.record import kept_backtest, kept_scores

    at = reading.home()
    return kept_scores(at, one.shop_id, one.label.id), kept_backtest(at, one)


def value_record(shop: Shop) -> list[dict[str, Any]]:
    """What was said that customers would bring and has come due, oldest first."""
    from holdfast.predictions.record import kept_scores

    return kept_scores(reading.home(), shop.shop_id, "value", "value")
