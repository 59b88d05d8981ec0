"""When the invented shop of these tests ends, for how long its treatment has run, and files of who got it."""

import csv
from datetime import date

UNTIL, DAYS = date(2025, 6, 30), 120


def lot_file(folder, rows, assigned_on=date(2025, 3, 2)):
    path = folder / "assigned.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("customer", "arm", "assigned_on"))
        out.writerows((customer, of, assigned_on) for customer, of in rows)
    return path


def registration(id, *, per="times", **more):
    """A declaration of orders per customer in that shop, with a guardrail and a segment."""
    told = "".join(f"{key} = {repr(value).replace(chr(39), chr(34))}\n" for key, value in more.items())
    return f"""
id = "{id}"
name = "Recommendations"
hypothesis = "Who is shown what fits buys more often."
owner = "Ada"
shop = "Simulated marketplace"
held_out = 0.5
days = {DAYS}
planned = 1000
segments = ["country"]
{told}
[outcome]
metric = "average_order_value"
per = "{per}"
[[guardrails]]
metric = "average_order_value"
per = "own"
tolerance = 0.3
"""
