"""Contracts and what becomes of them at their end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.access import access_account, access_of_account, accounts_of, may_own, must
from holdfast.accounts.act import By, act, locked, only
from holdfast.accounts.decide.renewing import KINDS, OPEN, Enter, may_enter
from holdfast.accounts.models import Account, Contact, Contract, Forecast, Renewal, StageMove
from holdfast.accounts.reading.contracts import FoundContract
from holdfast.accounts.reading.renewals import case_of
from holdfast.commerce.currency import UnknownCurrency, minor_digits

CONTRACT_FIELDS = frozenset(
    {"name", "value_minor", "currency", "starts", "ends", "notice_on", "auto_renew", "budget_cycle", "price_rights",
     "approver_id"}
)  # fmt: skip
PLAN_FIELDS = frozenset({"owner_id", "closes_on", "options", "chosen", "walk_away", "answer", "yes_from_id"})
MOVE_FIELDS = PLAN_FIELDS | {"ended_on", "signed_minor", "why_lost", "learned"}
FROM_FACTS = ("value_minor", "currency", "starts", "ends", "notice_on", "auto_renew")


@dataclass(frozen=True, slots=True)
class Taken:
    """differing: what the facts say otherwise than the book of work, told and not copied over it."""

    made: tuple[Contract, ...]
    differing: tuple[str, ...]


def add_contract(account_id: int, *, by: By, **fields: Any) -> Contract:
    """Entered by hand. Its renewal begins with it, owned by the account's owner. Raises ValidationError."""
    account = access_account(by.user, account_id, "plan")
    may_stand(Contract(account=account, **only(fields, CONTRACT_FIELDS, of="a contract")))
    with act("add contract", by=by, account=account) as doing:
        contract = doing.create(Contract, account=account, **fields)
        doing.create(Renewal, account=account, contract=contract, owner_id=account.owner_id, closes_on=contract.ends)
        return contract


def change_contract(contract_id: int, *, by: By, **fields: Any) -> None:
    contract = access_of_account(by.user, Contract, contract_id, "plan")
    after = copy(contract)
    for name, value in only(fields, CONTRACT_FIELDS, of="a contract").items():
        setattr(after, name, value)
    may_stand(after)
    with act("change contract", by=by, account=contract.account) as doing:
        doing.change(contract, **fields)


def take_in_contracts(found: Iterable[FoundContract], *, by: By) -> Taken:
    """Contracts of the facts of accounts this person sees, each once; what stands already is compared, not changed."""
    must(by.user, "plan")
    told = {(one.account, one.number): one for one in found}
    accounts = {a.source: a for a in accounts_of(by.user).filter(source__in={source for source, _ in told})}
    known = {(c.account.source, c.source): c for c in Contract.objects.filter(account__in=accounts.values())
             .exclude(source="").select_related("account")}  # fmt: skip
    made, differing = [], []
    with act("take in contracts", by=by) as doing:
        for key, one in told.items():
            if key in known:
                differing += _differences(known[key], one)
            elif one.account in accounts:
                account = accounts[one.account]
                fields = {name: getattr(one, name) for name in FROM_FACTS}
                contract = doing.create(
                    Contract, account=account, name=f"Contract {one.number}"[:120], source=one.number, **fields
                )
                doing.create(
                    Renewal, account=account, contract=contract, owner_id=account.owner_id, closes_on=contract.ends
                )
                made.append(contract)
    return Taken(tuple(made), tuple(differing))


def plan_renewal(renewal_id: int, *, by: By, **fields: Any) -> Renewal:
    """Who owns it, what can become of it, where we walk away. options: of {"kind", "consequences", "value_minor"}."""
    renewal = access_of_account(by.user, Renewal, renewal_id, "plan")
    with act("plan renewal", by=by, account=renewal.account) as doing:
        _still_open(renewal)
        doing.change(renewal, **_planned(renewal, only(fields, PLAN_FIELDS, of="a renewal")))
        return renewal


def move_renewal(renewal_id: int, to: str, *, today: date, by: By, note: str = "", **fields: Any) -> StageMove:
    """Enter a stage, with what is said about it in the same breath.

    Raises ValidationError with a sentence for each thing that is missing; what is late stays with the move.
    """
    renewal = access_of_account(by.user, Renewal, renewal_id, "plan")
    with act(f"renewal to {to}"[:60], by=by, account=renewal.account, note=note) as doing:
        renewal = locked(Renewal.objects.filter(pk=renewal.pk)).get()
        planned = _planned(renewal, only(fields, MOVE_FIELDS, of="a renewal"))
        if planned.get("ended_on") and planned["ended_on"] > today:
            raise ValidationError({"ended_on": "this day is still to come"})
        if planned:
            doing.change(renewal, **planned)
        decided = may_enter(case_of(renewal.pk, note), to, today)
        if not isinstance(decided, Enter):
            raise ValidationError(list(decided.reasons))
        was = renewal.stage
        doing.change(renewal, stage=to, **_outcome(was, to))
        return doing.create(
            StageMove, renewal=renewal, was=was, to=to, on=today, by_id=by.key, note=note,
            findings=list(decided.findings),
        )  # fmt: skip


def add_next_term(renewal_id: int, *, ends: date, by: By, notice_on: date | None = None, **fields: Any) -> Contract:
    """What was signed, as a contract of its own from the day after; what is not said is as in the term before."""
    renewal = access_of_account(by.user, Renewal, renewal_id, "plan")
    before = renewal.contract
    if not renewal.signed:
        raise ValidationError("only what was signed has another term")
    starts = before.ends + timedelta(days=1)
    if Contract.objects.filter(account=renewal.account, starts=starts, name=before.name).exists():
        raise ValidationError("this term is there already")
    kept = {name: getattr(before, name) for name in CONTRACT_FIELDS - {"starts", "ends", "notice_on", "value_minor"}}
    told = kept | {"value_minor": renewal.signed_minor} | fields
    return add_contract(renewal.account_id, by=by, starts=starts, ends=ends, notice_on=notice_on, **told)


def give_forecast(
    renewal_id: int, probability: Decimal | float | str, amount_minor: int, *, on: date, by: By, because: str = ""
) -> Forecast:
    """A probability from 0 to 1 that it is renewed, and for how much a year. It is kept, and scored when it is over."""
    renewal = access_of_account(by.user, Renewal, renewal_id, "plan")
    with act("forecast", by=by, account=renewal.account) as doing:
        _still_open(renewal)
        return doing.create(
            Forecast, renewal=renewal, by_id=by.key, on=on, probability=_chance(probability),
            amount_minor=amount_minor, because=because.strip(),
        )  # fmt: skip


def _outcome(was: str, to: str) -> dict[str, Any]:
    """How it ended; of one that goes on after all, nothing of it stays but its moves."""
    if to in ("signed", "lost"):
        return {"signed": to == "signed"}
    if to in OPEN and was not in OPEN:
        return {"signed": None, "ended_on": None, "signed_minor": None, "why_lost": ""}
    return {}


def _chance(probability: Decimal | float | str) -> Decimal:
    try:
        return Decimal(str(probability)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    except InvalidOperation:
        raise ValidationError({"probability": "a probability is a number from 0 to 1, such as 0.7"}) from None


def _planned(renewal: Renewal, fields: dict[str, Any]) -> dict[str, Any]:
    """Raises ValidationError for what cannot stand together."""
    owner, yes = fields.get("owner_id"), fields.get("yes_from_id")
    if owner not in (None, renewal.owner_id) and not may_own(renewal.account).filter(pk=owner).exists():
        raise ValidationError({"owner": "this person may not work on this account"})
    if yes is not None and not Contact.objects.filter(pk=yes, account=renewal.account_id).exists():
        raise ValidationError({"yes_from": "this person is not known at the account"})
    if "options" in fields:
        fields["options"] = _options(fields["options"])
    kinds = {option["kind"] for option in fields.get("options", renewal.options)}
    chosen = fields.get("chosen", renewal.chosen)
    if chosen and chosen not in kinds:
        raise ValidationError({"chosen": f"{chosen} is not among the options that were written down"})
    return fields


def _options(told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    read = []
    for option in told:
        kind, value = option.get("kind"), option.get("value_minor")
        if kind not in KINDS:
            raise ValidationError({"options": f"an option is one of {', '.join(KINDS)}, not {kind!r}"})
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise ValidationError({"options": "what an option is worth is a whole number of minor units"})
        read.append({"kind": kind, "consequences": str(option.get("consequences", "")).strip(), "value_minor": value})
    if len({option["kind"] for option in read}) < len(read):
        raise ValidationError({"options": "each kind of option is written down once"})
    return read


def _still_open(renewal: Renewal) -> None:
    if renewal.stage not in OPEN:
        raise ValidationError("this renewal is over: what was said before its end stays as it was said")


def may_stand(contract: Contract) -> None:
    """The rules across a contract's fields. Raises ValidationError."""
    try:
        minor_digits(contract.currency)
    except UnknownCurrency as problem:
        raise ValidationError({"currency": str(problem)}) from None
    if contract.notice_on and contract.notice_on > contract.ends:
        raise ValidationError({"notice_on": "notice is given before the term ends"})
    if contract.ends < contract.starts:
        raise ValidationError({"ends": "a term ends after it began"})
    if contract.approver_id and not may_own(_account(contract)).filter(pk=contract.approver_id).exists():
        raise ValidationError({"approver": "this person may not work on this account"})


def _account(contract: Contract) -> Account:
    found: Account = contract.account
    return found


def _differences(contract: Contract, found: FoundContract) -> list[str]:
    pairs = {name: (getattr(contract, name), getattr(found, name)) for name in FROM_FACTS}
    return [
        f"{contract.account} {contract.source}: the data say {name.removesuffix('_minor')} {theirs}, here it is {ours}"
        for name, (ours, theirs) in pairs.items()
        if ours != theirs
    ]
