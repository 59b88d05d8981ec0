"""The track record of a shop's models: what each said, scored once when its day had come, and what past days would say.

home/predictions/scores/<kind>.<snapshot>.<shop id>.<label>.json   a published prediction, scored once
home/predictions/backtests/<shop id>.<label>.<version>.json        past days, fitted and scored at once
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.resampling import DRAWS
from holdfast.predictions.companies import followed
from holdfast.predictions.contest import BASELINE, TREES
from holdfast.predictions.features.declare import YEAR
from holdfast.predictions.features.frame import Frame, frame
from holdfast.predictions.fit import Asked, sampled
from holdfast.predictions.judging import learned_for
from holdfast.predictions.label import Label, end_of_subscription, next_order
from holdfast.predictions.model import Model, plain
from holdfast.predictions.publish import FOLDER, Published, published
from holdfast.predictions.score import Outcome, Score, capacity, highest, score
from holdfast.predictions.shop import ShopRows
from holdfast.predictions.split import Days, days_for
from holdfast.warehouse.home import Home, write_whole

SCORES, BACKTESTS = "scores", "backtests"
MOST_DAYS = 12  # of a backtest


def score_due(asked: Asked, *, draws: int = DRAWS) -> Iterator[tuple[Published, str, Score | Unknown]]:
    """Score what was said of the shop and has come due, once; what was scored before is not scored again."""
    for one in published(asked.home, "risk", asked.shop.shop_id):
        card = one.card
        for id, told in card["models"].items():
            if "label" not in told or place_of(asked.home, one, id).exists():
                continue
            label = Label(**told["label"])
            decided_on = date.fromisoformat(card["as_of"]) + timedelta(days=label.days)
            span = asked.span(label)
            if span is None or span[1] < decided_on:
                continue
            rows = replace(asked.rows, companies=label.who == "companies")
            found = score_one(rows, one, label, told["version"], decided_on, draws)
            keep_score(asked.home, one, label.id, found)
            yield one, id, found


def come_due(
    asked: Asked, kind: str, table: str, due: Callable[[Published], date]
) -> Iterator[tuple[Published, date]]:  # fmt: skip
    """What was said of one kind, was not scored yet, and whose day the rows of a table have reached; with that day."""
    said = published(asked.home, kind, asked.shop.shop_id)
    span = asked.rows.span(table, asked.snapshot.as_of) if said else None
    for one in said:
        decided_on = due(one)
        if span is not None and span[1] >= decided_on and not place_of(asked.home, one, kind).exists():
            yield one, decided_on


def score_one(
    rows: ShopRows, said: Published, label: Label, version: str, decided_on: date, draws: int = DRAWS
) -> Score | Unknown:  # fmt: skip
    """A published prediction against what is known now."""
    table = said.table(["customer_id", label.id, BASELINE])
    customer, chance, overdue = (column.to_numpy() for column in table.columns)
    known = np.isfinite(chance.astype(float)) & ~np.isin(customer, rows.left_out)
    there, cohort = there_and_cohort(rows, customer)
    here = known & there
    came = rows.columns(awaited(label), [said.as_of])
    came_in = values_of(customer[here], came["customer_id"].astype(np.int64), came["came_in"].astype(float))
    outcome = Outcome(
        customer[here], chance[here].astype(float), _ranked(overdue[here].astype(float), label),
        label.event(came_in), cohort[here], until(label, came_in, _since(rows, customer[here], said.as_of)),
        _first_there(rows, said, label, customer[here]),
    )  # fmt: skip
    gone = int((known & ~there).sum())
    return score(
        outcome, source="published", label=label.id, version=version, as_of=said.as_of, decided_on=decided_on,
        gone=gone, draws=draws,
    )  # fmt: skip


def awaited(label: Label) -> ibis.Table:
    """as_of, customer_id, came_in: days until what a label waits for came."""
    match label.waits_for:
        case "order":
            return next_order(label.days)
        case "end":
            return end_of_subscription(label.days)
        case "loss":
            return followed(label.days)


def until(
    label: Label, came_in: npt.NDArray[np.float64], since: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Days until it happened. Nobody says that they will not come back: it happens once the label's days have passed
    since their last purchase."""
    happens = label.event(came_in)
    return np.where(happens, came_in if label.happens else np.maximum(label.days - since, 0.0), np.nan)


def _since(
    rows: ShopRows, customer: npt.NDArray[np.int64], day: date
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Days from each customer's last purchase to a day."""
    found = rows.connection.execute(
        "SELECT customer_id, $day::DATE - max(day) AS since FROM purchase WHERE shop_id = $shop AND day <= $day"
        " AND customer_id IS NOT NULL GROUP BY 1", {"day": day, "shop": rows.shop_id},
    ).fetchnumpy()  # fmt: skip
    ids, since = (np.ma.getdata(found[name]) for name in ("customer_id", "since"))
    return values_of(customer, ids.astype(np.int64), since.astype(float))


def _first_there(
    rows: ShopRows, said: Published, label: Label, customer: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Days since each was first among the highest in what was published in the year before; 0 where only now."""
    found = np.zeros(len(customer))
    for one in published(Home(said.path.parents[2]), said.kind, said.shop_id):
        ago = (said.as_of - one.as_of).days
        if not 0 < ago <= YEAR:
            continue
        ids, chance = (column.to_numpy() for column in one.table(["customer_id", label.id]).columns)
        chance = np.nan_to_num(chance.astype(float), nan=-1.0)
        there = ids[highest(chance, capacity(one.as_of, one.as_of + timedelta(days=label.days))) & (chance >= 0)]
        found = np.where(np.isin(customer, there), np.maximum(found, ago), found)
    return found


def _ranked(overdue: npt.NDArray[np.float64], label: Label) -> npt.NDArray[np.float64]:
    known = overdue[np.isfinite(overdue)]
    told = np.where(np.isfinite(overdue), overdue, np.median(known) if len(known) else 0.0)
    return -told if label.waits_for == "order" and label.happens else told


def there_and_cohort(
    rows: ShopRows, customer: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.str_]]:  # fmt: skip
    """Whether each is still a customer of their own, and the quarter of the first purchase."""
    if rows.companies:
        return np.isin(customer, rows.lots().keys), np.full(len(customer), "", dtype="<U7")
    found = rows.connection.execute(
        "SELECT customer_id, cohort FROM history WHERE shop_id = ? UNION ALL SELECT DISTINCT customer_id, ''"
        " FROM mrr_ledger AS m WHERE shop_id = ? AND customer_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM history AS h WHERE h.customer_id = m.customer_id) ORDER BY 1", [rows.shop_id, rows.shop_id],
    ).fetchnumpy()  # fmt: skip
    ids, names = (np.ma.getdata(found[name]) for name in ("customer_id", "cohort"))
    names = names.astype(np.str_)
    if not len(ids):
        return np.zeros(len(customer), dtype=bool), np.zeros(len(customer), dtype="<U7")
    at = np.minimum(np.searchsorted(ids, customer), len(ids) - 1)
    there = ids[at] == customer
    return there, np.where(there, names[at], "")


def values_of(
    customer: npt.NDArray[np.int64], ids: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Each customer's value; NaN where there is none."""
    order = np.argsort(ids)
    ids, values = ids[order], values[order]
    if not len(ids):
        return np.full(len(customer), np.nan)
    at = np.minimum(np.searchsorted(ids, customer), len(ids) - 1)
    return np.where(ids[at] == customer, values[at], np.nan)


def backtest(asked: Asked, model: Model, *, draws: int = DRAWS) -> tuple[Score | Unknown, ...]:
    """Fit as of past months, newest last, each only from what was over by then, and score it at once.

    On customers that nothing was learned from. It says how the method would have done, not what anybody was told.
    """
    label, span = model.label, asked.span(model.label)
    if span is None:
        return ()
    rows = sampled(replace(asked.rows, companies=label.who == "companies"))
    tests = past_days(*span, label.days)
    if not tests:
        return ()
    wanted = sorted({day for days in tests for day in (*days.learn, days.test)})
    told = frame(rows, label.who, wanted, label)
    return tuple(_backtested(rows, told, label, days, draws) for days in tests)


def past_days(first: date, last: date, watched: int) -> tuple[Days, ...]:
    """A month apart, oldest first, each with the days that may be learned from."""
    end = last - timedelta(days=watched)
    found = [days_for(first, last, watched, months_before(end, n)) for n in range(MOST_DAYS)]
    return tuple(days for days in reversed(found) if not isinstance(days, Unknown))


def _backtested(rows: ShopRows, told: Frame, label: Label, days: Days, draws: int) -> Score | Unknown:
    found = learned_for(told, label, days)
    if isinstance(found, Unknown):
        return found
    _, tested, said = found
    _, cohort = there_and_cohort(rows, tested.customer)
    outcome = Outcome(
        tested.customer, said.said[TREES], said.said[BASELINE], label.event(tested.came_in), cohort,
        until(label, tested.came_in, tested.columns.get("since", np.zeros(len(tested))).astype(float)),
        np.zeros(len(tested)),
    )  # fmt: skip
    return score(
        outcome, source="backtest", label=label.id, version="", as_of=days.test,
        decided_on=days.test + timedelta(days=label.days), draws=draws,
    )  # fmt: skip


def keep_backtest(home: Home, model: Model, told: tuple[Score | Unknown, ...]) -> Path:
    path = home.path / FOLDER / BACKTESTS / f"{model.shop_id}.{model.label.id}.{model.version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    scores = [replace(one, version=model.version) for one in told if not isinstance(one, Unknown)]
    left = [one for one in told if isinstance(one, Unknown)]
    write_whole(path, json.dumps({"scores": [document(one) for one in scores], "not": plain(left)}, indent=1))
    return path


def kept_backtest(home: Home, model: Model) -> list[dict[str, Any]]:
    """Oldest day first; empty where none was made."""
    path = home.path / FOLDER / BACKTESTS / f"{model.shop_id}.{model.label.id}.{model.version}.json"
    if not path.is_file():
        return []
    told: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["scores"]
    return told


def kept_scores(home: Home, shop_id: int, label: str, kind: str = "risk") -> list[dict[str, Any]]:
    """Of everything published that was scored, oldest first; one that could not be scored says why."""
    found = sorted((home.path / FOLDER / SCORES).glob(f"{kind}.*.{shop_id}.{label}.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def document(told: Score) -> dict[str, Any]:
    """As JSON holds it, with what it may be called."""
    plainly: dict[str, Any] = plain(told)
    return plainly | {"rate": told.rate, "word": told.word}


def place_of(home: Home, said: Published, label: str) -> Path:
    return home.path / FOLDER / SCORES / f"{said.kind}.{said.snapshot}.{said.shop_id}.{label}.json"


def keep_score(home: Home, said: Published, label: str, told: Any) -> None:
    """Beside those before it: a Score, what else became of a prediction, or why that cannot be said."""
    path = place_of(home, said, label)
    path.parent.mkdir(parents=True, exist_ok=True)
    scored = (
        document(told) if isinstance(told, Score) else {"as_of": said.as_of.isoformat(), "label": label} | plain(told)
    )
    write_whole(path, json.dumps(scored, indent=1))
