"""An invented shop whose treatment is known, with its sales in a home."""

from shutil import copy

import duckdb
import pytest
from terminal import Terminal
from treated_shop import DAYS, UNTIL

from holdfast.metrics import publish, tallies
from holdfast.metrics.registry import METRICS
from holdfast.simulate import Treatment, Wanted, simulate
from holdfast.warehouse.home import Home


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    treatment = Treatment(rate=1.6, days=DAYS)
    wanted = Wanted("marketplace", 4000, 18, 7, UNTIL, treatment=treatment)
    return simulate(tmp_path_factory.mktemp("simulated") / "shop", wanted).shops["marketplace"]


@pytest.fixture(scope="session")
def run(made, tmp_path_factory):
    """A home with the invented shop's sales, and a terminal at it."""
    run = Terminal(tmp_path_factory.mktemp("home") / "home")
    run("init")
    sales = tmp_path_factory.mktemp("sales")
    for name in ("customers.parquet", "products.parquet", "orders.parquet", "order_lines.parquet", "refunds.parquet"):
        copy(made / f"simulated_{name}", sales)
    run("import", sales, "--shop", "Simulated marketplace", "--quiet")
    with pytest.MonkeyPatch.context() as patch:  # all metrics take far longer
        for place in (publish, tallies):
            patch.setattr(place, "METRICS", {"net_revenue": METRICS["net_revenue"]})
        publish.build(Home(run.home), today=UNTIL)
    return run


@pytest.fixture(scope="session")
def truth(made):
    """(customer, treated, orders untreated, orders treated) of those assigned a horizon before the data end."""
    with duckdb.connect() as connection:
        return connection.execute(
            "SELECT customer_id, treated, orders_control, orders_treated FROM read_parquet($path)"
            f" WHERE assigned_on = DATE '{UNTIL}' - {DAYS} ORDER BY customer_id",
            {"path": str(made / "truth" / "simulated_customers.parquet")},
        ).fetchall()
