"""What is done with models, one shop after another: fit them, say what they say, score what has come due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.resampling import DRAWS
from holdfast.metrics.drill import opened
from holdfast.metrics.merchant import read_merchant
from holdfast.predictions.fit import Asked, fit
from holdfast.predictions.model import FOLDER as MODELS
from holdfast.predictions.model import Model, Refused, keep, labels_kept, newest
from holdfast.predictions.objections import objected
from holdfast.predictions.publish import FOLDER, Published, publish
from holdfast.predictions.record import backtest, keep_backtest, score_due
from holdfast.predictions.score import Score
from holdfast.predictions.shop import ShopRows
from holdfast.predictions.staying_record import StayingScore, score_staying_due
from holdfast.predictions.value_record import ValueScore, score_values_due
from holdfast.warehouse.home import Home, Shop, write_whole
from holdfast.warehouse.snapshot import current_id


@contextmanager
def asking(home: Home, shop: str | None = None) -> Iterator[tuple[Asked, ...]]:
    """The shops of the serving snapshot, or one of them. Raises NothingBuilt and DamagedSnapshot."""
    with opened(home) as (connection, snapshot):
        merchant = read_merchant(home.path)
        left_out = objected(home, connection)
        yield tuple(
            Asked(home, rows, snapshot, one, merchant.segment_of(one.account) or usual_segment(rows))
            for one in snapshot.shops
            if shop in (None, one.name)
            for rows in [ShopRows(connection, one.shop_id, left_out=left_out)]
        )


def usual_segment(rows: ShopRows) -> str:
    """Where nobody chose one: a shop that only has subscriptions is one of subscriptions."""
    return "subscription" if rows.has("mrr_ledger") and not rows.has("purchase") else "b2c_marketplace"


def fit_shops(
    home: Home, *, now: datetime, shop: str | None = None, draws: int = DRAWS, known_then: bool = False
) -> Iterator[tuple[Shop, Model | Refused]]:  # fmt: skip
    """Fit every label of every shop, and keep each as it is done."""
    with asking(home, shop) as shops:
        for asked in shops:
            for told in fit(asked, now=now, draws=draws, known_then=known_then):
                keep(home, told)
                yield asked.shop, told


def say(
    home: Home, *, now: datetime
) -> tuple[tuple[Published | Unknown, ...], tuple[tuple[str, Score | ValueScore | StayingScore | Unknown], ...]]:
    """Publish what the models say of the serving snapshot, and score what was said before and has come due.

    For after every build: what is done already is not done again.
    """
    said = tuple(publish(home, now=now))
    with asking(home) as shops:
        scored = tuple(
            (label, told)
            for asked in shops
            for _, label, told in (*score_due(asked), *score_values_due(asked), *score_staying_due(asked))
        )
    return said, scored


def say_once(home: Home, *, now: datetime) -> bool:
    """`say`, once for each snapshot; False where that was done. For a schedule that asks every minute: it opens nothing
    where nothing is to be done."""
    serving = current_id(home)
    mark = home.path / FOLDER / f"said.{serving}"
    if not serving or mark.exists() or not (home.path / MODELS).is_dir():
        return False
    say(home, now=now)
    mark.parent.mkdir(parents=True, exist_ok=True)
    write_whole(mark, now.isoformat())
    return True


def try_past(home: Home, shop: str, label: str, *, draws: int = DRAWS) -> tuple[Score | Unknown, ...] | Unknown:
    """The newest model's method on past days, kept beside the record of what was published."""
    with asking(home, shop) as shops:
        for asked in shops:
            model = newest(home, asked.shop.shop_id, label)
            if isinstance(model, Model):
                told = backtest(asked, model, draws=draws)
                keep_backtest(home, model, told)
                return told
            if model is not None:
                return model.unknown
    return Unknown("no such model has been fitted", "run `holdfast models fit`")


def models_of(home: Home, shop: Shop) -> tuple[Model | Refused, ...]:
    """The newest of each label, that of leaving first."""
    found = (newest(home, shop.shop_id, label) for label in labels_kept(home, shop.shop_id))
    return tuple(one for one in found if one is not None)
