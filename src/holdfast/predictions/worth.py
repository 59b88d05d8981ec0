"""What every customer will still bring within a year, of the model of buying that forecast this shop best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.commerce.unknown import Unknown
from holdfast.predictions.kinds import VALUE_COLUMNS, Asked, Kind, Made
from holdfast.predictions.model import plain
from holdfast.predictions.objections import objected
from holdfast.predictions.value import (
    HELD_OUT_DAYS,
    HORIZON_DAYS,
    YEARLY_DISCOUNT,
    ValueModel,
    held_out,
    histories_sql,
    value_model,
    write_values,
)
from holdfast.warehouse.home import scratch

NAMES = {
    "alive": "alive", "purchases": "expected_orders", "spend": "each_minor", "value": "value_minor",
    "low": "low_minor", "high": "high_minor",
}  # fmt: skip


def worth(asked: Asked) -> Made | Unknown:
    """Of everybody who has bought; purchases are days on which they did, worth what was kept of them."""
    purchases = purchases_sql(asked.shop.shop_id, objected(asked.home, asked.connection))
    day = asked.snapshot.as_of
    histories = histories_sql(purchases, day)
    model = value_model(asked.connection, histories, day, held_out(asked.connection, purchases, day))
    if isinstance(model, Unknown):
        return model
    with scratch(asked.home, "worth") as folder:
        write_values(asked.connection, histories, model, folder / "values.parquet")
        table = pq.read_table(folder / "values.parquet").sort_by("customer_id")
    columns = {"customer_id": table["customer_id"]} | {said: table[name] for name, said in NAMES.items()}
    card = dict(_card(asked, model, table)) | {"brought_minor": _brought(asked, purchases)}
    return Made(pa.table({name: columns[name] for name in VALUE_COLUMNS}), card)


def _brought(asked: Asked, purchases: str) -> int:
    """What was brought in the horizon before the day, minor units: what a value of as long a time may stand beside."""
    day = asked.snapshot.as_of
    since = day - timedelta(days=HORIZON_DAYS)
    told = f"SELECT coalesce(sum(paid), 0)::BIGINT FROM ({purchases}) WHERE day <= $day AND day > $since"
    ((found,),) = asked.connection.execute(told, {"day": day, "since": since}).fetchall()
    return int(found)


def purchases_sql(shop_id: int, left_out: Sequence[int] = ()) -> str:
    """SQL of rows with customer_id, day and paid (minor units): what was kept of each order that counts."""
    without = f" AND customer_id NOT IN ({', '.join(map(str, left_out))})" if left_out else ""
    return (
        "SELECT customer_id, placed_on AS day, greatest(placed_minor - returned_minor, 0) AS paid FROM order_value"
        f" WHERE shop_id = {shop_id} AND counts AND shop_money AND customer_id IS NOT NULL{without}"
    )


VALUE = Kind("value", "what each will still bring", VALUE_COLUMNS, worth)


def _card(asked: Asked, model: ValueModel, table: pa.Table) -> Mapping[str, Any]:
    choice, buying = model.choice, model.buying
    scores, not_fitted = ((), ()) if isinstance(choice, Unknown) else (choice.scores, choice.not_fitted)
    found: dict[str, Any] = plain({
        "kind": "value", "shop": asked.shop.name, "shop_id": asked.shop.shop_id, "currency": asked.shop.currency,
        "simulated": asked.shop.simulated, "snapshot": asked.snapshot.id, "as_of": asked.snapshot.as_of,
        "customers": table.num_rows, "value_minor": pc.sum(table["value"]).as_py() or 0.0,
        "horizon_days": HORIZON_DAYS, "yearly_discount": YEARLY_DISCOUNT,
        "model": buying.name, "parameters": buying.maximum, "spend": model.spend.maximum,
        "warnings": model.warnings, "gate": model.gate,
        "word": "predictive" if model.gate.predictive else "descriptive",
        "because": choice.why if isinstance(choice, Unknown) else choice.because,
        "held_out_days": HELD_OUT_DAYS, "scores": scores, "not_fitted": not_fitted,
    })  # fmt: skip
    return found
