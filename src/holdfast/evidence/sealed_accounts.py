"""What playbooks for accounts have sealed: their lots, as they were declared before anybody was assigned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from holdfast.evidence.lot import FOLDER, OPEN, Lot, LotProblem
from holdfast.evidence.registration import Guardrail, Outcome, Registration, RegistrationProblem
from holdfast.playbooks.declare import Measured, Playbook
from holdfast.playbooks.outcomes import BEFORE_DAYS, MONEY, OUTCOMES, AccountOutcome
from holdfast.playbooks.reading import Assignment, assignments
from holdfast.playbooks.state import added
from holdfast.warehouse.home import Home, write_whole
from holdfast.warehouse.lock import editing

SEAL = "accounts.toml"
ACCOUNTS = "accounts"  # the unit of their registrations
SEALED = (
    "was registered with another outcome, horizon or share, and stays as it is: give `lot` under [measured] a new name,"
    " and a new lot begins"
)


@dataclass(frozen=True, slots=True)
class OfAccounts(Outcome):
    """An outcome of accounts, which is no metric: it counts from a day of each account's own."""

    @property
    def own(self) -> AccountOutcome:
        return OUTCOMES[self.metric]

    @property
    def version(self) -> int:
        return self.own.version

    @property
    def basis(self) -> str:
        return self.own.basis

    @property
    def said(self) -> str:
        return self.own.says

    @property
    def scale(self) -> str:
        return self.own.scale

    @property
    def better(self) -> str:
        return "up"


def seal(home: Home, it: Playbook, *, by: str, now: datetime) -> None:
    """What a playbook for accounts will be held to. Raises RegistrationProblem, and LotProblem where something else was
    sealed under the name before."""
    said, path = _said(home, it), home.path / FOLDER / it.lot / SEAL
    with editing(home.path):
        if path.exists():
            before = tomlkit.parse(tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()["sealed"]).unwrap()
            free = set() if _counts_money(it, it.measured) else {"currency"}  # follows from the shops that there are
            if any(said.get(key) != before[key] for key in before.keys() - free):  # a seal may be older than a key
                raise LotProblem(f"{it.lot} {SEALED}")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        text = tomlkit.dumps(said)
        kept = {"by": by, "at": now.isoformat(), "playbook": it.id, "declared": _digest(text), "sealed": text}
        write_whole(path, tomlkit.dumps(kept))


def registered(home: Home, it: Playbook) -> Registration:
    """What it would seal. Raises RegistrationProblem."""
    return _registration(_said(home, it))


def _said(home: Home, it: Playbook) -> dict[str, Any]:
    assert it.measured is not None  # noqa: S101 (who keeps some aside says what decides: declare.py)
    one = it.measured
    return {
        "id": it.lot, "name": it.name, "hypothesis": one.hypothesis, "owner": it.owner, "held_out": it.holdout.share,
        "days": one.days, "planned": one.planned, "metric": one.metric, "stop": one.stop, "cost": float(it.cost),
        "currency": _currency(home, it, one),
        "guardrails": [{"metric": g.metric, "tolerance": g.tolerance} for g in one.guardrails],
    }  # fmt: skip


def _currency(home: Home, it: Playbook, one: Measured) -> str:
    """Money of several currencies is never added: where shops have several, the playbook names one."""
    known = sorted({shop.currency for shop in home.shops()})
    if one.currency:
        return one.currency
    if len(known) == 1:
        return known[0]
    if _counts_money(it, one):
        raise RegistrationProblem(
            f"it counts money, and shops have {', '.join(known) or 'no currency yet'}: name `currency` under [measured]"
        )
    return ""


def _counts_money(it: Playbook, one: Measured | None) -> bool:
    return bool(it.cost) or (
        one is not None and not MONEY.isdisjoint([one.metric, *(g.metric for g in one.guardrails)])
    )


def assigned_by(home: Home, lot: Lot) -> tuple[Assignment, ...]:
    """Whom it has assigned, the first ones first."""
    drawn = lot.drawn or {}
    return assignments(home, drawn["playbook"], drawn["lot"])


def account_lots(home: Home) -> tuple[Lot, ...]:
    """All that can be read, by id."""
    return tuple(one for one in _every(home) if isinstance(one, Lot))


def spoilt_account_lots(home: Home) -> tuple[str, ...]:
    """What is wrong with those that cannot be."""
    return tuple(one for one in _every(home) if isinstance(one, str))


def account_lot(home: Home, id: str) -> Lot | None:
    """None where there is none of that name. Raises LotProblem where what was sealed was changed."""
    path = home.path / FOLDER / Path(id).name / SEAL
    return _read(home, path) if path.is_file() else None


def _every(home: Home) -> Iterator[Lot | str]:
    for path in sorted((home.path / FOLDER).glob(f"*/{SEAL}")):
        try:
            yield _read(home, path)
        except LotProblem as problem:
            yield str(problem)


def _read(home: Home, path: Path) -> Lot:
    try:
        kept = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
        said = tomlkit.parse(kept["sealed"]).unwrap()
        registration = _registration(said)
    except (KeyError, TypeError, ValueError, TOMLKitError) as problem:
        raise LotProblem(f"{path} cannot be read: {problem}") from problem
    digest = _digest(kept["sealed"])
    if kept.get("declared", digest) != digest:
        raise LotProblem(
            f"{path} was changed after the lot was sealed. Put it back: its SHA-256 was {kept['declared']}"
        )
    drawn = {
        "how": OPEN, "by": kept["by"], "at": kept["at"], "on": str(kept["at"])[:10], "assigned": "0",
        "playbook": kept["playbook"], "lot": registration.id, "declared": digest,
    }  # fmt: skip
    return Lot(registration, path.parent, drawn, files=tuple(added(home, "ledger", "accounts")))


def _registration(said: Mapping[str, object]) -> Registration:
    """Raises KeyError for an outcome there is none of."""
    found: dict[str, object] = dict(said)
    return Registration(
        **{key: found[key] for key in found.keys() - {"metric", "guardrails"}},  # type: ignore[arg-type]
        outcome=_outcome(found["metric"]), covariate_days=BEFORE_DAYS, shop="", unit=ACCOUNTS,
        guardrails=tuple(
            Guardrail(_outcome(one["metric"]), float(one["tolerance"]))
            for one in found.get("guardrails", ())  # type: ignore[attr-defined]
        ),
    )  # fmt: skip


def _outcome(id: object) -> OfAccounts:
    return OfAccounts(OUTCOMES[str(id)].id)


def _digest(written: str) -> str:
    return sha256(written.encode()).hexdigest()
