"""When the invented shop of these tests ends, and for how long its treatment has run."""

from datetime import date

UNTIL, DAYS = date(2025, 6, 30), 120
