"""A playbook that says hello, and orders of a shop small enough to count."""

from datetime import UTC, date, datetime, timedelta

from paper_shop import book, order

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HELLO = """
id = "hello"
name = "Hello"
who = "customers"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["frequency >= 1"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "mail"
do = "email"
subject = "Hello"
body = "Hello"
[[step]]
id = "hook"
do = "webhook"
after_days = 1
name = "crm"
[[step]]
id = "again"
do = "email"
after_days = 1
subject = "Again"
body = "Again"
[stop]
bought = true
[again]
once = true
[holdout]
none_because = "They are few."
"""


def bought(*orders):
    """Orders as (number, customer, days before DAY)."""
    return book(*(order(number, customer, DAY - timedelta(days=ago)) for number, customer, ago in orders))


def written(home, text, id="hello"):
    folder = home.path / "playbooks"
    folder.mkdir(exist_ok=True)
    (folder / f"{id}.toml").write_text(text)
