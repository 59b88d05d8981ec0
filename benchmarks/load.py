"""Fifty people clicking through a large book of work on SQLite: how long the server takes for a page.

    python benchmarks/load.py [--accounts 10000] [--users 200] [--entries 5000000] [--people 50] [--seconds 120]

Everything is invented and lies in a temporary home, or in `--home` to be used again. The server is `holdfast serve`,
as people run it. Each person signs in with a session of their own and clicks what their role clicks, resting a random
while (10 s on average) between clicks. It is counted in three stretches: from the moment the server says that it
serves, while every job of the schedule runs once more, and at rest. Counted is what the server says (`Server-Timing`):
the time a page took and its CPU time, which grows less when other work is busy on the machine; the clock of the client
stands beside them. It passes no verdict, sends nothing but to this machine, and stops by itself.
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
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

HOLDFAST = Path(sys.executable).parent / "holdfast"
REST_SECONDS = 10.0
BOOKS_OF = 5  # people share a book by so many
NOTES = ("Asked for the plan before peak", "Returns rose again", "Sent the numbers", "Nobody answered", "Agreed a call")
FILLED = "filled.json"  # in the home: who clicks, and what they may open
STRETCHES = ("first", "jobs", "rest")
CSRF = "c" * 32  # the form's token and the cookie's are the same
# What people of a role click, and how often.
CLICKS = {
    "csm": {"today": 30, "account": 52, "accounts": 6, "search": 6, "note": 6},
    "manager": {"today": 20, "everybody's queue": 20, "account": 40, "accounts": 20},
    "executive": {
        "today": 30, "everybody's queue": 10, "accounts": 15, "accounts, late steps": 15, "accounts, page 200": 15,
        "search": 15,
    },
}  # fmt: skip
PATHS = {
    "today": "/today/", "everybody's queue": "/today/?whose=all", "accounts": "/accounts/",
    "accounts, late steps": "/accounts/?due=late", "accounts, page 200": "/accounts/?page=200",
    "search": "/accounts/?q=person+7",
}  # fmt: skip


@dataclass
class Clicker:
    """One who clicks: a session's key, the role, and the accounts they may open."""

    key: str
    role: str
    accounts: list[int]


@dataclass
class Taken:
    """Milliseconds of one page in one stretch: as the server says, its CPU time, and as the client saw it."""

    server: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def main() -> None:
    asked = _asked()
    with nullcontext(asked.home) if asked.home else tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        os.environ |= {"HOLDFAST_HOME": str(home), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
        if not (home / FILLED).exists():
            subprocess.run([HOLDFAST, "init"], check=True, stdout=subprocess.DEVNULL)
            began = time.perf_counter()
            (home / FILLED).write_text(json.dumps(_fill(asked, home)))
            size = (home / "work.sqlite3").stat().st_size / 2**30
            _say(f"filled {size:.2f} GB in {time.perf_counter() - began:.0f} s")
        clickers = [Clicker(*one) for one in json.loads((home / FILLED).read_text())]
        with subprocess.Popen([HOLDFAST, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
            try:
                address = next(line for line in server.stdout or () if line.startswith("http"))
                port = int(re.search(r":(\d+)", address[5:])[1])  # type: ignore[index]
                taken = {name: _stretch(name, asked, home, port, clickers) for name in STRETCHES}
            finally:
                server.terminate()
    print(_told(taken))


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("accounts", 10_000),
        ("users", 200),
        ("entries", 5_000_000),
        ("people", 50),
        ("seconds", 120),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--home", type=Path, help="keep the filled home here, and use it when it is there")
    return parser.parse_args()


def _fill(asked: argparse.Namespace, home: Path) -> list[tuple[str, str, list[int]]]:
    """Session keys of the people who click, their roles, and the accounts each of them may open."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from holdfast.accounts.models import Account, Book, Person, Role, Seat, Team

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    draw = random.Random(1)
    roles = [Role.EXECUTIVE if n % 50 < 2 else Role.MANAGER if n % 50 < 4 else Role.CSM for n in range(asked.users)]
    users = get_user_model().objects.bulk_create(get_user_model()(username=f"u{n}") for n in range(asked.users))
    Person.objects.bulk_create(Person(user=user, role=role) for user, role in zip(users, roles, strict=True))
    teams = Team.objects.bulk_create(Team(name=f"Team {n}") for n in range(5))
    books = Book.objects.bulk_create(
        Book(name=f"Book {n}", team=teams[n % len(teams)]) for n in range(max(1, asked.users // BOOKS_OF))
    )
    Seat.objects.bulk_create(
        Seat(user=user, team=teams[n % len(teams)])
        if role == Role.MANAGER
        else Seat(user=user, book=books[n // BOOKS_OF % len(books)])
        for n, (user, role) in enumerate(zip(users, roles, strict=True))
    )
    seated: dict[int, list[int]] = {}
    for n, (user, role) in enumerate(zip(users, roles, strict=True)):
        if role == Role.CSM:
            seated.setdefault(books[n // BOOKS_OF % len(books)].pk, []).append(user.pk)
    accounts = Account.objects.bulk_create(
        (
            Account(name=f"Account {n}", book=book, owner_id=draw.choice(seated.get(book.pk) or [None]))
            for n, book in ((n, books[n % len(books)]) for n in range(asked.accounts))
        ),
        batch_size=500,
    )
    _work(accounts, draw)
    _timeline(asked, home, [a.pk for a in accounts])
    by_book: dict[int, list[int]] = {}
    for account in accounts:
        by_book.setdefault(account.book_id or 0, []).append(account.pk)
    of_team = {team.pk: [pk for b in books if b.team_id == team.pk for pk in by_book.get(b.pk, [])] for team in teams}
    everything = [a.pk for a in accounts]
    seats = {seat.user_id: seat for seat in Seat.objects.all()}
    found = []
    for user, role in list(zip(users, roles, strict=True))[: asked.people]:
        seat = seats[user.pk]
        reach = of_team[seat.team_id] if seat.team_id else by_book.get(seat.book_id or 0, [])
        found.append((_session(user), str(role), everything if role == Role.EXECUTIVE else reach))
    return found


def _session(user: object) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()  # type: ignore[attr-defined]
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session.create()
    return str(session.session_key)


def _work(accounts: list, draw: random.Random) -> None:  # type: ignore[type-arg]
    """Each account: two people, three next steps, two touchpoints, a contract with its renewal; half are forecast."""
    from holdfast.accounts.models import Contact, Contract, Forecast, Renewal, Task, Touchpoint

    today = datetime.now(UTC).date()

    def ahead(first: int, last: int) -> timedelta:
        return timedelta(days=draw.randrange(first, last))

    Contact.objects.bulk_create(
        (
            Contact(account=a, name=f"Person {a.pk}{'b' * n}", part=("champion", "user")[n], left_on=None,
                    stance="support" if n else "", stance_on=today - ahead(0, 900) if n else None)
            for a in accounts for n in range(2)
        ),
        batch_size=500,
    )  # fmt: skip
    Task.objects.bulk_create(
        (
            Task(account=a, what="Call about returns", owner_id=a.owner_id, due=today + ahead(-5, 60))
            for a in accounts for _ in range(3)
        ),
        batch_size=500,
    )  # fmt: skip
    now = datetime.now(UTC)
    for held in (True, False):  # one that was held in the last weeks, and the next one
        Touchpoint.objects.bulk_create(
            (
                Touchpoint(account=a, owner_id=a.owner_id, due=today + ahead(0, 60)) if not held
                else Touchpoint(account=a, owner_id=a.owner_id, due=today, held_at=now - ahead(1, 30), recap="Held")
                for a in accounts
            ),
            batch_size=500,
        )  # fmt: skip
    contracts = Contract.objects.bulk_create(
        (
            Contract(account=a, name="Plan", currency="EUR", value_minor=draw.randrange(10**6, 10**8),
                     starts=today - timedelta(days=300), ends=today + ahead(10, 360))
            for a in accounts
        ),
        batch_size=500,
    )  # fmt: skip
    renewals = Renewal.objects.bulk_create(
        (
            Renewal(account=c.account, contract=c, closes_on=c.ends, owner_id=c.account.owner_id, stage="review")
            for c in contracts
        ),
        batch_size=500,
    )
    Forecast.objects.bulk_create(
        (
            Forecast(renewal=r, by_id=r.owner_id, on=today - ahead(1, 40), probability=f"{draw.random():.3f}",
                     amount_minor=r.contract.value_minor)
            for r in renewals if r.owner_id and draw.random() < 0.5
        ),
        batch_size=500,
    )  # fmt: skip


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


def _stretch(
    name: str, asked: argparse.Namespace, home: Path, port: int, clickers: list[Clicker]
) -> dict[str, Taken]:  # fmt: skip
    """Everybody clicks for so many seconds. "first" may last no longer than the minute it is about."""
    seconds = min(60, asked.seconds) if name == "first" else max(70, asked.seconds) if name == "jobs" else asked.seconds
    if name == "jobs":  # the schedule looks each minute
        with sqlite3.connect(home / "work.sqlite3", timeout=30) as book:
            book.execute("UPDATE accounts_schedule SET next_run = ?", (datetime.now(UTC).isoformat(" "),))
        book.close()
    taken: dict[str, Taken] = {}
    ends, lock = time.monotonic() + seconds, threading.Lock()
    people = [
        threading.Thread(target=_person, args=(port, one, random.Random(f"{name} {n}"), ends, taken, lock))
        for n, one in enumerate(clickers)
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    _say(f"{name}: {seconds} s, load average {os.getloadavg()[0]:.1f}")
    return taken


def _person(
    port: int, who: Clicker, draw: random.Random, ends: float, taken: dict[str, Taken], lock: threading.Lock
) -> None:
    time.sleep(draw.random() * min(REST_SECONDS, max(0.0, ends - time.monotonic())))
    choices = CLICKS[who.role]
    while time.monotonic() < ends:
        (what,) = draw.choices(list(choices), list(choices.values()))
        answer = _click(port, who, what, draw)
        with lock:
            found = taken.setdefault(what, Taken())
            if isinstance(answer, str):
                found.errors.append(answer)
            else:
                for times, one in zip((found.server, found.cpu, found.client), answer, strict=True):
                    times.append(one)
        time.sleep(min(draw.expovariate(1 / REST_SECONDS), max(0.0, ends - time.monotonic())))


def _click(port: int, who: Clicker, what: str, draw: random.Random) -> tuple[float, float, float] | str:
    """Milliseconds: server, CPU, client; what went wrong, where something did."""
    path = PATHS.get(what) or f"/accounts/{draw.choice(who.accounts)}/"
    sent = f"csrfmiddlewaretoken={CSRF}&do=note&kind=note&text=Called" if what == "note" else None
    headers = {"Cookie": f"sessionid={who.key}; csrftoken={CSRF}"}
    if sent:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    began = time.perf_counter()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)  # the server keeps none for so long
        connection.request("POST" if sent else "GET", path, body=sent, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
    except (OSError, http.client.HTTPException) as problem:
        return f"{path}: {type(problem).__name__}"
    took = (time.perf_counter() - began) * 1000
    if answer.status != (302 if sent else 200):
        return f"{path} answered {answer.status}"
    said = answer.headers.get("Server-Timing", "")
    page, cpu = re.search(r"page;dur=([\d.]+)", said), re.search(r"cpu;dur=([\d.]+)", said)
    return (float(page[1]), float(cpu[1]), took) if page and cpu else f"{path} said no time"


def _told(taken: dict[str, dict[str, Taken]]) -> str:
    """A table a stretch: milliseconds."""
    lines = []
    for name, pages in taken.items():
        lines += [
            f"\n{name}\n",
            "| page | clicks | errors | server p50 | p95 | p99 | CPU p50 | p95 | client p95 |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        together = Taken()
        for page, found in sorted(pages.items()):
            lines.append(_row(page, found))
            for kind in ("server", "cpu", "client", "errors"):
                getattr(together, kind).extend(getattr(found, kind))
        lines.append(_row("all", together))
        lines += [f"error: {one}" for one in together.errors[:10]]
    return "\n".join(lines)


def _row(page: str, found: Taken) -> str:
    def cut(times: list[float], percent: int) -> str:
        if not times:
            return "–"
        return f"{statistics.quantiles(times, n=100)[percent - 1] if len(times) > 1 else times[0]:.0f}"

    numbers = [cut(found.server, p) for p in (50, 95, 99)] + [cut(found.cpu, p) for p in (50, 95)]
    said = [str(len(found.server)), str(len(found.errors)), *numbers, cut(found.client, 95)]
    return f"| {page} | {' | '.join(said)} |"


if __name__ == "__main__":
    main()
