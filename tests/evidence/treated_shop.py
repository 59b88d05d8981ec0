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
