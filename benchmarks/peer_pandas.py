"""The headline metrics as an analyst would write them in pandas: python peer_pandas.py FOLDER → JSON.

Same counting rules as ours: paid or refunded orders of known buyers with value above zero, one occasion a day of the
shop, matured units only, monthly series of each cohort metric.
"""

import json
import sys

import pandas as pd

COLUMNS = ["order_id", "line_id", "placed_at", "customer_id", "quantity", "unit_price", "line_discount", "status"]


def scorecard(folder: str) -> dict[str, object]:
    lines = pd.read_parquet(folder, columns=COLUMNS)
    lines = lines.dropna(subset=["order_id", "placed_at", "quantity"]).drop_duplicates("line_id")
    lines = lines[lines["status"] != "cancelled"]
    lines["net"] = lines["quantity"] * lines["unit_price"].astype(float) - lines["line_discount"].astype(float)
    lines["back"] = lines["net"].where(lines["status"] == "refunded", 0.0)
    orders = lines.groupby("order_id", sort=False).agg(
        customer_id=("customer_id", "first"), at=("placed_at", "first"), net=("net", "sum"), back=("back", "sum")
    )
    del lines
    local = orders["at"].dt.tz_localize("UTC").dt.tz_convert("Europe/London")
    orders["day"] = local.dt.tz_localize(None).dt.normalize()
    as_of = orders["day"].max()
    year = as_of - pd.DateOffset(years=1)
    before = as_of - pd.DateOffset(years=2)
    last, earlier = orders[orders["day"] > year], orders[(orders["day"] > before) & (orders["day"] <= year)]
    found = {
        "aov": last["net"].mean(),
        "revenue": last["net"].sum() - last["back"].sum(),
        "revenue_growth": (last["net"] - last["back"]).sum() / (earlier["net"] - earlier["back"]).sum() - 1,
        "refund_rate": (last["back"] > 0).mean(),
    }
    bought = orders[(orders["net"] > 0) & (orders["net"] > orders["back"]) & orders["customer_id"].notna()]
    occasions = bought[["customer_id", "day"]].drop_duplicates().sort_values(["customer_id", "day"])
    return {**found, **repeat(occasions, as_of), **retention(occasions, as_of, year, before)}


def repeat(occasions: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, object]:
    """Second purchase within 30, 90 and 365 days, with monthly cohorts; days to the second purchase."""
    place = occasions.groupby("customer_id").cumcount()
    first = occasions[place == 0].set_index("customer_id")["day"]
    second = occasions[place == 1].set_index("customer_id")["day"].reindex(first.index)
    days = (second - first).dt.days
    age = (as_of - first).dt.days
    found: dict[str, object] = {"days_to_second": float(days.median())}
    for window in (30, 90, 365):
        matured = age >= window
        again = (days < window)[matured]
        found[f"repeat_{window}"] = [int(again.sum()), int(matured.sum())]
        series = again.groupby(first[matured].dt.to_period("M")).agg(["sum", "count"])
        found[f"repeat_{window}_months"] = len(series)
    return found


def retention(
    occasions: pd.DataFrame, as_of: pd.Timestamp, year: pd.Timestamp, before: pd.Timestamp
) -> dict[str, object]:
    """Buyers of the year before who bought in the last one; and the same for each of the last twelve month ends."""
    shares = []
    for back in range(12):
        shift = pd.DateOffset(months=back)
        t, y, b = as_of - shift, year - shift, before - shift
        day = occasions["day"]
        were = occasions.loc[(day > b) & (day <= y), "customer_id"].unique()
        are = occasions.loc[(day > y) & (day <= t), "customer_id"].unique()
        shares.append([int(pd.Index(were).isin(are).sum()), len(were)])
    return {"retention": shares[0], "retention_months": len(shares)}


if __name__ == "__main__":
    print(json.dumps(scorecard(sys.argv[1]), default=float))
