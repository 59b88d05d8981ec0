"""Fifty people clicking through a large book of work on SQLite: how long the server takes for a page.

    python benchmarks/load.py [--accounts 10000] [--users 200] [--entries 5000000] [--people 50] [--seconds 60]

Everything is invented and lies in a temporary home. The server is `holdfast serve`, as people run it. Each person signs
in with a session of their own and opens Today, the list of accounts and one account after the other, resting a random
while (10 s on average) between clicks; the first click of each is not counted. Counted is the time that the server says
it took (`Server-Timing`), so that a busy client takes no part in it; the clock of the client is printed beside it. It
passes no verdict.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

HOLDFAST = Path(sys.executable).parent / "holdfast"
REST_SECONDS = 10.0
BOOKS_OF = 5  # people share a book by so many
NOTES = ("Asked for the plan before peak", "Returns rose again", "Sent the numbers", "Nobody answered", "Agreed a call")


def main() -> None:
    asked = _asked()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        os.environ |= {"HOLDFAST_HOME": str(home), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
        subprocess.run([HOLDFAST, "init"], check=True, stdout=subprocess.DEVNULL)
        began = time.perf_counter()
        sessions, by_user = _fill(asked, home)
        size = (home / "work.sqlite3").stat().st_size / 2**30
        print(f"filled {size:.2f} GB in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        with subprocess.Popen([HOLDFAST, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
            try:
                address = next(line for line in server.stdout or () if line.startswith("http"))
                port = int(re.search(r":(\d+)", address[5:])[1])  # type: ignore[index]
                taken = _click(asked, port, sessions, by_user)
            finally:
                server.terminate()
    print(json.dumps(_told(asked, taken), indent=1))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("accounts", 10_000),
        ("users", 200),
        ("entries", 5_000_000),
        ("people", 50),
        ("seconds", 60),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def _fill(asked: argparse.Namespace, home: Path) -> tuple[list[str], list[list[int]]]:
    """Session keys of the people who click, and the accounts each of them may open."""
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from holdfast.accounts.models import Account, Book, Contact, Contract, Person, Renewal, Role, Seat, Task, Touchpoint

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    draw, today = random.Random(1), datetime.now(UTC).date()
    users = get_user_model().objects.bulk_create(get_user_model()(username=f"u{n}") for n in range(asked.users))
    Person.objects.bulk_create(Person(user=user, role=Role.CSM) for user in users)
    books = Book.objects.bulk_create(Book(name=f"Book {n}") for n in range(max(1, asked.users // BOOKS_OF)))
    Seat.objects.bulk_create(Seat(user=user, book=books[n // BOOKS_OF % len(books)]) for n, user in enumerate(users))
    accounts = Account.objects.bulk_create(
        (
            Account(name=f"Account {n}", book=books[n % len(books)], owner=users[draw.randrange(asked.users)])
            for n in range(asked.accounts)
        ),
        batch_size=500,
    )
    Contact.objects.bulk_create((Contact(account=a, name=f"Person {a.pk}") for a in accounts), batch_size=500)
    Task.objects.bulk_create(
        (
            Task(
                account=a, what="Call about returns", owner=a.owner, due=today + timedelta(days=draw.randrange(-5, 60))
            )
            for a in accounts
            for _ in range(3)
        ),
        batch_size=500,
    )
    Touchpoint.objects.bulk_create(
        (Touchpoint(account=a, owner=a.owner, due=today + timedelta(days=draw.randrange(60))) for a in accounts),
        batch_size=500,
    )
    contracts = Contract.objects.bulk_create(
        (
            Contract(account=a, name="Plan", currency="EUR", value_minor=draw.randrange(10**6, 10**8),
                     starts=today - timedelta(days=300), ends=today + timedelta(days=draw.randrange(10, 360)))
            for a in accounts
        ),
        batch_size=500,
    )  # fmt: skip
    Renewal.objects.bulk_create(
        (Renewal(account=c.account, contract=c, closes_on=c.ends, owner=c.account.owner) for c in contracts),
        batch_size=500,
    )
    _timeline(asked, home, [a.pk for a in accounts])
    mine: dict[int, list[int]] = {}
    for account in accounts:
        mine.setdefault(account.book_id or 0, []).append(account.pk)
    clicking = users[:: max(1, asked.users // asked.people)][: asked.people]
    seats = dict(Seat.objects.values_list("user", "book"))
    keys = []
    for user in clicking:
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session.create()
        keys.append(str(session.session_key))
    return keys, [mine[seats[user.pk] or 0] for user in clicking]


def _timeline(asked: argparse.Namespace, home: Path, accounts: list[int]) -> None:
    """Straight into the table: what is measured is reading."""
    draw, now = random.Random(2), datetime.now(UTC)
    with sqlite3.connect(home / "work.sqlite3") as book:
        book.executemany(
            "INSERT INTO accounts_entry (account_id, at, kind, text, by_id) VALUES (?, ?, 'note', ?, NULL)",
            (
                (
                    accounts[n % len(accounts)],
                    (now - timedelta(minutes=draw.randrange(10**6))).isoformat(" "),
                    NOTES[n % 5],
                )
                for n in range(asked.entries)
            ),
        )


def _click(
    asked: argparse.Namespace, port: int, sessions: list[str], by_user: list[list[int]]
) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds by page: what the server says it took, and what the client saw."""
    taken: dict[str, list[tuple[float, float]]] = {"today": [], "accounts": [], "account": []}
    ends = time.monotonic() + asked.seconds

    def person(place: int) -> None:
        draw = random.Random(place)
        time.sleep(draw.random() * REST_SECONDS)
        clicks = 0
        while time.monotonic() < ends:
            what = draw.choices(list(taken), (3, 1, 6))[0]
            path = f"/accounts/{draw.choice(by_user[place])}/" if what == "account" else f"/{what}/"
            began = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)  # the server keeps none for so long
            connection.request("GET", path, headers={"Cookie": f"sessionid={sessions[place]}"})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != 200:
                raise SystemExit(f"{path} answered {answer.status}")
            said = re.search(r"dur=([\d.]+)", answer.headers.get("Server-Timing", ""))
            clicks += 1
            if clicks == 1:  # a process that has just begun has its modules still to read
                continue
            taken[what].append((float(said[1]) if said else float("nan"), (time.perf_counter() - began) * 1000))
            time.sleep(draw.expovariate(1 / REST_SECONDS))

    people = [threading.Thread(target=person, args=(n,)) for n in range(len(sessions))]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return taken


def _told(asked: argparse.Namespace, taken: dict[str, list[tuple[float, float]]]) -> dict[str, object]:
    def spread(times: list[float]) -> dict[str, float]:
        cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
        return {"median_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "slowest_ms": round(max(times), 1)}

    pages = {
        what: {"clicks": len(times), "server": spread([s for s, _ in times]), "client": spread([c for _, c in times])}
        for what, times in taken.items()
        if times
    }
    return {"asked": vars(asked), "pages": pages}


if __name__ == "__main__":
    main()
