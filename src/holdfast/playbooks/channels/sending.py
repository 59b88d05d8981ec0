"""Send what waits in the outbox: message by message, so that one bad address holds up nobody else."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from jinja2 import TemplateError

from holdfast.accounts.act import By, keep_marks
from holdfast.playbooks.channels import codes, outbox
from holdfast.playbooks.channels.audience import Audience
from holdfast.playbooks.channels.links import PREFERENCES, UNSUBSCRIBE, link
from holdfast.playbooks.channels.mail import Mail
from holdfast.playbooks.channels.outcome import Channel, Later, Outcome, Refused, Taken, Unsure
from holdfast.playbooks.channels.post import Post
from holdfast.playbooks.channels.settings import Messages, messages
from holdfast.playbooks.channels.slot import Slot
from holdfast.playbooks.channels.template import NoTemplate, Written, template, written
from holdfast.playbooks.models import Consent, MessageEvent, Outbox, Suppression
from holdfast.playbooks.restraint.keys import key_of
from holdfast.playbooks.restraint.words import MARKETING, suppress
from holdfast.warehouse.home import Home, HomeProblem

log = logging.getLogger("holdfast.playbooks.sending")
Clock = Callable[[], datetime]
AT_A_TIME = 200  # claimed in one go: what a killed sender holds up until its lease is over


@dataclass(frozen=True, slots=True)
class Sent:
    """How a run ended: counts by what became of messages ("sent", "waiting", "refused", "unknown", "dropped")."""

    became: Mapping[str, int]
    unknown: int  # of those whom a sender left behind that was killed
    problems: tuple[str, ...] = ()  # why a channel cannot be used, so that its messages wait


def channels(home: Home, how: Messages, clock: Clock) -> dict[str, Callable[[], Channel]]:
    """Every channel by name; each is opened when the first message wants it."""

    names = _shops(home)

    def write(message: Outbox) -> Written:
        return said(home, how, message, clock(), names)

    def days(message: Outbox) -> int:
        return template(home, message.template).days

    def posted(name: str) -> Channel:
        return Post(how, write, clock, again=name in how.by_event, name=name)

    return {
        "email": lambda: posted("email") if "email" in how.by_event else Mail(how, write),
        "sms": lambda: posted("sms"),
        "webhook": lambda: Post(how, write, clock, again=True, name="webhook"),
        "slot": lambda: Slot(write, days, clock),
        "coupon": lambda: Coupon(home, clock),
        "audience": lambda: Audience(home),
    }


AGAIN = {"email": False, "sms": False, "webhook": True, "slot": True, "coupon": True, "audience": True}


class Coupon:
    """Gives a run its code; a later message of the run says it."""

    again = True

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock

    def hand_over(self, message: Outbox) -> Outcome:
        try:
            code_of(self._home, message, template(self._home, message.template).pool, self._clock())
        except codes.PoolIsEmpty as empty:
            return Later(str(empty))
        return Taken()

    def close(self) -> None:
        """Nothing is open."""


def code_of(home: Home, message: Outbox, pool: str, now: datetime) -> str:
    """Of the run, so that a reminder says the code that the first message said."""
    return codes.draw(pool, key_of(home, message.playbook, message.version, message.run, "code", pool), now)


def said(
    home: Home, how: Messages, message: Outbox, now: datetime, shops: Mapping[int, str], *, give: bool = True
) -> Written:
    """A message as it is to be read. shops: their names. give: a code where it says one; else "CODE".

    Raises NoTemplate and PoolIsEmpty.
    """
    made = template(home, message.template)
    known = {
        **message.variables, "shop": shops.get(message.shop_id, ""),
        "code": (code_of(home, message, made.pool, now) if give else "CODE") if made.pool else "",
        "unsubscribe_link": link(how.public_url, UNSUBSCRIBE, message.message_key),
        "preferences_link": link(how.public_url, PREFERENCES, message.message_key),
    }  # fmt: skip
    return written(made, known)


def send(home: Home, *, clock: Clock, by: By, limit: int = 10_000) -> Sent:
    """Hand over what may go, up to a limit. Whoever said no since it was put gets nothing."""
    how = messages(home)
    lost = outbox.sweep(clock(), AGAIN | dict.fromkeys(how.by_event, True), service_again=how.service_again)
    became: Counter[str] = Counter()
    opened, problems = _opened(channels(home, how, clock))
    try:
        while became.total() < limit:
            batch = outbox.claim(clock(), opened, min(AT_A_TIME, limit - became.total()))
            if not batch:
                break
            refusing = _refusing(batch)
            for message in batch:
                _one(message, opened[message.channel], refusing, clock, by)
                became[message.state] += 1
    finally:
        for channel in opened.values():
            channel.close()
    return Sent(dict(became), lost, problems)


@dataclass(frozen=True, slots=True)
class Shown:
    """What would happen to a message if it were sent now: what it says, or why it does not go."""

    message: Outbox
    said: Written | None
    why: str = ""


def preview(home: Home, *, clock: Clock, limit: int = 50) -> list[Shown]:
    """The next messages as they would go now. Nothing is marked, and no code is given."""
    how, now = messages(home), clock()
    waiting = Outbox.objects.filter(state=outbox.State.WAITING, not_before__lte=now).order_by("-service", "id")
    batch = list(waiting[:limit])
    refusing = _refusing(batch) if batch else {}
    shops = _shops(home)
    return [_shown(home, how, message, refusing.get(message.pk, ""), now, shops) for message in batch]


def _shops(home: Home) -> dict[int, str]:
    return {shop.shop_id: shop.name for shop in home.shops()}


def _shown(home: Home, how: Messages, message: Outbox, refused: str, now: datetime, shops: Mapping[int, str]) -> Shown:
    if refused:
        return Shown(message, None, refused)
    if message.channel in ("audience", "coupon"):
        return Shown(message, None)
    try:
        return Shown(message, said(home, how, message, now, shops, give=False))
    except (NoTemplate, TemplateError) as problem:
        return Shown(message, None, str(problem))


def _opened(makers: Mapping[str, Callable[[], Channel]]) -> tuple[dict[str, Channel], tuple[str, ...]]:
    """The channels that messages wait for and that can be used, and why others cannot."""
    wanted = set(Outbox.objects.filter(state=outbox.State.WAITING).values_list("channel", flat=True).distinct())
    opened, problems = dict[str, Channel](), list[str]()
    for name in sorted(wanted):
        try:
            opened[name] = makers[name]()
        except KeyError:
            problems.append(f"nothing sends by {name!r}")
        except HomeProblem as problem:
            problems.append(str(problem))
    return opened, tuple(problems)


def _one(message: Outbox, channel: Channel, refusing: Mapping[int, str], clock: Clock, by: By) -> None:
    if why := refusing.get(message.pk):
        outbox.dropped(message, why)
        return
    if not outbox.begin(message, clock()):
        return
    try:
        outcome = channel.hand_over(message)
    except (NoTemplate, TemplateError, codes.PoolIsEmpty) as problem:  # before anything was handed over
        outcome = Later(str(problem))
    except Exception as problem:  # whatever it was: the others are sent
        log.error("message %s broke its channel: %s", message.pk, type(problem).__name__)  # its words may name a person
        outcome = Unsure(f"it broke: {type(problem).__name__}")
    _ended(message, outcome, clock(), by)


def _ended(message: Outbox, outcome: Outcome, now: datetime, by: By) -> None:
    if isinstance(outcome, Taken):
        outbox.sent(message)
    elif isinstance(outcome, Later):
        outbox.later(message, outcome.why, now)
    elif isinstance(outcome, Refused):
        if outcome.dead and message.address_hash:
            suppress([message.address_hash], Suppression.Why.HARD, by=by, at=now, source=outcome.why)
            keep_marks([MessageEvent(message=message, type="bounce", at=now, detail="hard")])
        outbox.refused(message, outcome.why)
    else:
        log.warning("message %s: nobody knows whether it went", message.pk)
        outbox.unsure(message, outcome.why)


def _refusing(batch: list[Outbox]) -> dict[int, str]:
    """Messages whose person said no, or whose address was suppressed, after they were put: by key of the row."""
    hashes = {one.address_hash for one in batch if one.address_hash}
    stopped: dict[str, set[str]] = {}
    for hashed, why in Suppression.objects.filter(address_hash__in=hashes, lifted_at=None).values_list(
        "address_hash", "why"
    ):
        stopped.setdefault(hashed, set()).add(why)
    customers = {one.customer_id for one in batch if one.customer_id is not None}
    noes = Consent.objects.filter(
        Q(customer_id__in=customers) | Q(address_hash__in=hashes), purpose=MARKETING, word=Consent.Word.NO,
        at__gte=min(one.put_at for one in batch),
    )  # fmt: skip
    refusing: dict[int, str] = {}
    for one in batch:
        reasons = stopped.get(one.address_hash, set())
        if dead := reasons & Suppression.DEAD:
            refusing[one.pk] = f"the address is dead: {min(dead)}"
        elif reasons and not one.service:
            refusing[one.pk] = f"suppressed: {min(reasons)}"
        elif not one.service and any(_of(one, no) for no in noes):
            refusing[one.pk] = "said no"
    return refusing


def _of(one: Outbox, no: Consent) -> bool:
    theirs = no.customer_id is not None and no.customer_id == one.customer_id
    same = theirs or (no.address_hash != "" and no.address_hash == one.address_hash)
    return same and no.channel in ("", one.channel) and no.at >= one.put_at
