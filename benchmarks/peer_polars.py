"""The headline metrics in Polars (lazy, streaming): python peer_polars.py FOLDER → JSON. Rules as in peer_pandas.py."""

import json
import sys
from datetime import date

import polars as pl


def months_before(day: date, months: int) -> date:
    return pl.select(pl.lit(day).dt.offset_by(f"-{months}mo")).item()


def order_table(folder: str) -> pl.DataFrame:
    money = pl.col("unit_price", "line_discount").cast(pl.Float64)
    return (
        pl.scan_parquet(f"{folder}/*.parquet")
        .drop_nulls(["order_id", "placed_at", "quantity"])
        .unique("line_id")
        .filter(pl.col("status") != "cancelled")
        .with_columns(money)
        .with_columns(net=pl.col("quantity") * pl.col("unit_price") - pl.col("line_discount"))
        .with_columns(back=pl.when(pl.col("status") == "refunded").then("net").otherwise(0.0))
        .group_by("order_id")
        .agg(pl.col("customer_id").first(), pl.col("placed_at").first(), pl.col("net", "back").sum())
        .with_columns(
            day=pl.col("placed_at").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/London").dt.date()
        )
        .collect(engine="streaming")
    )


def scorecard(folder: str) -> dict[str, object]:
    orders = order_table(folder)
    as_of = orders["day"].max()
    assert isinstance(as_of, date)
    year, before = months_before(as_of, 12), months_before(as_of, 24)
    last = orders.filter(pl.col("day") > year)
    earlier = orders.filter(pl.col("day").is_between(before, year, closed="right"))
    kept, kept_earlier = ((frame["net"] - frame["back"]).sum() for frame in (last, earlier))
    found: dict[str, object] = {
        "aov": last["net"].mean(),
        "revenue": kept,
        "revenue_growth": kept / kept_earlier - 1,
        "refund_rate": (last["back"] > 0).mean(),
    }
    bought = orders.filter(pl.col("net") > 0, pl.col("net") > pl.col("back"), pl.col("customer_id").is_not_null())
    occasions = bought.select("customer_id", "day").unique()
    return {**found, **repeat(occasions, as_of), **retention(occasions, as_of)}


def repeat(occasions: pl.DataFrame, as_of: date) -> dict[str, object]:
    """Second purchase within 30, 90 and 365 days, with monthly cohorts; days to the second purchase."""
    two = occasions.group_by("customer_id").agg(pl.col("day").bottom_k(2).sort())
    first = pl.col("day").list.get(0)
    people = two.select(
        first=first,
        days=(pl.col("day").list.get(1, null_on_oob=True) - first).dt.total_days(),
        age=(pl.lit(as_of) - first).dt.total_days(),
    )
    found: dict[str, object] = {"days_to_second": people["days"].median()}
    for window in (30, 90, 365):
        matured = people.filter(pl.col("age") >= window).with_columns(again=pl.col("days") < window)
        found[f"repeat_{window}"] = [int(matured["again"].sum()), len(matured)]
        series = matured.group_by(pl.col("first").dt.truncate("1mo")).agg(pl.col("again").sum(), pl.len())
        found[f"repeat_{window}_months"] = len(series)
    return found


def retention(occasions: pl.DataFrame, as_of: date) -> dict[str, object]:
    """Buyers of the year before who bought in the last one; and the same for each of the last twelve month ends."""
    shares = []
    for back in range(12):
        t, y, b = (months_before(as_of, months + back) for months in (0, 12, 24))
        were = occasions.filter(pl.col("day").is_between(b, y, closed="right"))["customer_id"].unique()
        are = occasions.filter(pl.col("day").is_between(y, t, closed="right"))["customer_id"].unique()
        shares.append([int(were.is_in(are.implode()).sum()), len(were)])
    return {"retention": shares[0], "retention_months": len(shares)}


if __name__ == "__main__":
    print(json.dumps(scorecard(sys.argv[1])))
