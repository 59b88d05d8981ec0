"""A morning's work for the demo: a book with the accounts of the shops that were brought in, and things due in it.

People, contracts and plans are invented, and say so by the tag of their account. Health, its fall, the numbers of the
review and the trial are read from the data, as they are anywhere. The book is kept for whoever makes the first account:
the morning is theirs, but for one account of an invented colleague.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand
from django.utils import timezone

from holdfast.accounts.act import Act, By, act
from holdfast.accounts.models import (
    Account,
    Attendance,
    Book,
    Contact,
    Contract,
    Entry,
    Forecast,
    Line,
    Person,
    Renewal,
    Role,
    Seat,
    Task,
    Touchpoint,
    WorkObject,
    source_of,
)
from holdfast.warehouse.home import Shop
from holdfast.warehouse.snapshot import NothingBuilt
from holdfast.web import deciding, reading, tokens, trials, wellbeing
from holdfast.web.demo_promises import collect_proof, promise_an_update
from holdfast.web.demo_review import draft_a_review, prepare_a_review

WHO = By(AnonymousUser(), "cli", "demo")
BOOK = "Demo"
TAG = "invented for the demo"
COLLEAGUE = "robin"
LOOKED_BACK = 70  # days: before things go wrong in the troubled shop of `make demo`, and long enough to be told apart
TRIED = "b2c_marketplace"  # the scorecard of which there are enough customers
# Of the invented merchants, in turn: whose account it is, days until the contract ends, its yearly value in minor
# units, the chance that it is renewed as the invented colleague says, who is there.
YOURS, THEIRS = "yours", "theirs"
INVENTED = (
    (YOURS, 66, 212_000_00, "0.75",
     (("Ida Berg", "Head of growth", "champion", "support", "Asked for the plan before peak", 2),
      ("Jonas Wiik", "Head of IT", "evaluator", "neutral", "Fears for the freeze", 3))),
    (THEIRS, 170, 96_000_00, "0.9",
     (("Amina Rahman", "Managing director", "buyer", "support", "Renewed twice already", 1),)),
    (YOURS, 24, 148_000_00, "0.45",
     (("Henrik Dahl", "CFO", "buyer", "neutral", "Wants to see replies within a day again", 6),)),
)  # fmt: skip


class Command(BaseCommand):
    help = "Fill an empty book of work for the demo: accounts of the shops, invented people, contracts and things due."

    def handle(self, *args: Any, **options: Any) -> None:
        """Once: what is there already stays as it is."""
        source = reading.published()
        if source is None or Account.objects.exists():
            self.stdout.write("The book of work is left as it is.")
            return
        reviewed = _book(source.shops)
        if reviewed is not None:
            draft_a_review(reviewed)
            self.stdout.write(f"A review of {reviewed.name} is drafted from its numbers, and can be issued.")
        count = Account.objects.count()
        self.stdout.write(f"A book called {BOOK} holds {count} accounts; people and contracts are invented.")
        try:
            self._look(source.as_of)
        except NothingBuilt:
            self.stdout.write("Nothing is built, so nobody's health was read.")

    def _look(self, as_of: date) -> None:
        """How the accounts are now and were before, and whether such scores were right."""
        from holdfast.health.history import keep_readings

        now, before = datetime.now(UTC), as_of - timedelta(days=LOOKED_BACK)
        keep_readings(reading.home(), now=now, as_of=before)
        wellbeing.keep(now)
        self.stdout.write(f"Health was read as of {before}, looked back at, and as of {as_of}.")
        refused = trials.hold(TRIED, trials.CAPACITY, at=now, tell=lambda step, done: None)
        self.stdout.write(f"The scorecard {TRIED} was tried{': ' + refused if refused else ''}.")


def _book(shops: tuple[Shop, ...]) -> Account | None:
    """The account that is to be reviewed; None without an invented merchant."""
    holds = reading.standing(reading.published()).merchant
    merchants: dict[str, list[Shop]] = {}
    for shop in shops:
        merchants.setdefault(shop.account, []).append(shop)
    with act("set up the demo", by=WHO) as doing:
        book, people = _people(doing)
        invented, turn = [], iter(INVENTED)
        for name, held in merchants.items():
            segment = holds.segment_of(name) or ""
            account = doing.create(
                Account, name=name, source=source_of(name), book=book, segment=segment, owner=people[YOURS]
            )
            if all(shop.simulated for shop in held) and (story := next(turn, None)):
                doing.change(account, owner=people[story[0]])
                invented.append((account, _invented(doing, account, people[THEIRS], held[0].currency, *story[1:])))
            else:
                _step(doing, account, "Read the scorecard with them: which target comes first?", 0, "A first look")
        return _reviewed(doing, invented)


def _people(doing: Act) -> tuple[Book, dict[str, Any]]:
    """A book with two people in it: one who comes first, and a colleague. Neither can sign in by now."""
    nobody = {"password": make_password(None), "is_active": False}
    colleague = doing.create(get_user_model(), username=COLLEAGUE, **nobody)
    first = doing.create(get_user_model(), username=tokens.KEPT, **nobody)
    doing.create(Person, user=colleague, role=Role.CSM, name=f"{COLLEAGUE} ({TAG})")
    book = doing.create(Book, name=BOOK, owner=first)
    for user in (colleague, first):
        doing.create(Seat, user=user, book=book)
    return book, {YOURS: first, THEIRS: colleague}


def _reviewed(doing: Act, invented: list[tuple[Account, list[Contact]]]) -> Account | None:
    """The first of the invented merchants gets a review, and was told bad news; the last wants proof of security."""
    if not invented:
        return None
    today, (account, people), (last, theirs) = deciding.today(), invented[0], invented[-1]
    prepare_a_review(doing, account, people[0], today)
    promise_an_update(doing, account, people[-1], today)
    collect_proof(doing, last, theirs[-1], today)
    return account


def _invented(
    doing: Act, account: Account, forecaster: Any, currency: str, ends_in: int, value: int, chance: str,
    people: tuple[Any, ...],
) -> list[Contact]:  # fmt: skip
    today, now = deciding.today(), timezone.now()
    doing.change(account, tags=[TAG])
    known = [
        doing.create(
            Contact, account=account, name=name, title=title, part=part, stance=stance, stance_why=said,
            stance_on=today - timedelta(weeks=weeks), influence=5 if part == "buyer" else 3,
            interest=4 if stance == "support" else 2,
        )
        for name, title, part, stance, said, weeks in people
    ]  # fmt: skip
    _planned(doing, account, known[0], today, now)
    contract = doing.create(
        Contract, account=account, name="Yearly contract", currency=currency, value_minor=value,
        starts=today - timedelta(days=365 - ends_in), ends=today + timedelta(days=ends_in),
        notice_on=today + timedelta(days=max(ends_in - 30, 5)),
    )  # fmt: skip
    renewal = doing.create(
        Renewal, account=account, contract=contract, closes_on=contract.ends, stage="review", owner=account.owner
    )
    doing.create(
        Forecast, renewal=renewal, by=forecaster, on=today - timedelta(days=10), probability=Decimal(chance),
        amount_minor=value, because=people[0][4],
    )  # fmt: skip
    _step(doing, account, f"Ask {people[0][0]} what would make them stay", -2, "Nobody has asked yet")
    held = doing.create(
        Touchpoint, account=account, kind="check_in", due=today - timedelta(days=20), owner=account.owner,
        held_at=datetime.combine(today - timedelta(days=20), time(10), UTC), recap="Went through the second orders",
    )  # fmt: skip
    doing.create(Attendance, touchpoint=held, contact=known[0])
    doing.change(
        held, next_step=_step(doing, account, "Send the numbers of repeat buyers", 1, "Agreed in the check-in")
    )
    doing.create(
        Touchpoint, account=account, kind="review", due=today + timedelta(days=6), agenda="Quarterly review",
        owner=account.owner,
    )  # fmt: skip
    noted = {"at": now - timedelta(days=9), "kind": "risk", "text": "Returns rose since September"}
    doing.create(Entry, account=account, **noted)
    return known


def _planned(doing: Act, account: Account, contact: Contact, today: date, now: datetime) -> None:
    """A mutual action plan, half filled in, so that a page of one says what it still needs."""
    by = today + timedelta(days=45)
    plan = doing.create(
        WorkObject, kind="A01", account=account, title="Second orders up before the peak season", state="draft",
        fields={"goal": "The welcome series reaches every first buyer", "value_by": by.isoformat()},
        created_on=today - timedelta(days=12), changed_at=now, review_by=today + timedelta(days=2), owner=account.owner,
    )  # fmt: skip
    theirs = {"customer_owner": contact, "due": today + timedelta(days=7), "fields": {"exit": "We see the segments"}}
    doing.create(Line, work=plan, part="step", state="open", what="Give us the list of segments", **theirs)
    doing.create(Line, work=plan, part="step", state="open", what="Set up the welcome series")


def _step(doing: Act, account: Account, what: str, days: int, why: str) -> Task:
    due = deciding.today() + timedelta(days=days)
    return doing.create(Task, account=account, what=what, why=why, due=due, owner=account.owner)
