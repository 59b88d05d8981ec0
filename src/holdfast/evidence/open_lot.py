"""The lot of a playbook: always open, whoever enters is assigned. Declared before the first tick, and sealed then."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256

import tomlkit

from holdfast.evidence.lot import DECLARED, DRAWN, FOLDER, OPEN, LotProblem
from holdfast.evidence.pool import POOL, declare_pool, of_shops
from holdfast.evidence.registration import Registration, RegistrationProblem, read_registration
from holdfast.evidence.sealed_accounts import SEALED, registered, seal
from holdfast.metrics.section import FrameworkProblem
from holdfast.playbooks.declare import Measured, Playbook, PlaybookProblem
from holdfast.playbooks.facts import SEGMENT
from holdfast.segments.store import NoSuchSegment, find
from holdfast.warehouse.home import Home, Shop, write_whole
from holdfast.warehouse.lock import editing


def registration_of(home: Home, it: Playbook) -> tuple[Registration, ...]:
    """What a playbook registers: of customers one for each shop, of accounts one; none where nobody is kept aside.

    Raises RegistrationProblem.
    """
    if it.who == "accounts":
        return (registered(home, it),) if it.lot else ()
    return tuple(read_registration(_written(home, it, shop, one)) for shop, one in _of_shops(home, it))


def wrong_with(home: Home, it: Playbook | PlaybookProblem) -> str:
    """What keeps a playbook from being switched on: its text, its segments, what it registers; empty where nothing."""
    if isinstance(it, PlaybookProblem):
        return str(it)
    try:
        for asked in sorted(it.asks):
            if asked.startswith(SEGMENT):
                find(home, asked.removeprefix(SEGMENT))
        registration_of(home, it)
    except (FrameworkProblem, NoSuchSegment, RegistrationProblem) as problem:
        return f"{it.id}: {problem}"
    return ""


def register(home: Home, it: Playbook, *, by: str, now: datetime) -> None:
    """Seal what a playbook will be held to; of several shops, that their lots are read together too. Raises
    RegistrationProblem, and LotProblem where something else was sealed under the name before."""
    registration_of(home, it)
    if it.who == "accounts" and it.lot:
        seal(home, it, by=by, now=now)
    for shop, one in _of_shops(home, it):
        text = _written(home, it, shop, one)
        folder = home.path / FOLDER / _id(home, it, shop)
        with editing(home.path):
            sealed = folder / DECLARED
            if (folder / DRAWN).exists():
                if sealed.read_text(encoding="utf-8") != text:
                    raise LotProblem(f"{folder.name} {SEALED}")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(sealed, text)
            said = {
                "how": OPEN, "by": by, "at": now.isoformat(), "on": now.date().isoformat(), "assigned": "0",
                "salt": "", "playbook": it.id, "lot": it.lot, "declared": sha256(text.encode()).hexdigest(),
            }  # fmt: skip
            write_whole(folder / DRAWN, json.dumps(said, indent=2))
    _together(home, it, by=by, now=now)


def _together(home: Home, it: Playbook, *, by: str, now: datetime) -> None:
    """The lots of all shops as one. A shop that comes later has a lot by itself: what was sealed stays."""
    mine = _of_shops(home, it)
    if len(mine) < 2:
        return
    lots = tuple(_id(home, it, shop) for shop, _ in mine)
    written = of_shops(home, it.lot, it.name, mine[0][1].hypothesis, it.owner, lots)
    if not (home.path / FOLDER / tomlkit.parse(written)["id"] / POOL).exists():
        declare_pool(home, written, by=by, now=now)


def _of_shops(home: Home, it: Playbook) -> list[tuple[Shop, Measured]]:
    """Money is a shop's: each has a comparison of its own."""
    if it.who != "customers" or not it.lot or it.measured is None:
        return []
    return [(shop, it.measured) for shop in home.shops()]


def _id(home: Home, it: Playbook, shop: Shop) -> str:
    return it.lot if len(home.shops()) == 1 else f"{it.lot}-{shop.shop_id}"


def _written(home: Home, it: Playbook, shop: Shop, one: Measured) -> str:
    document = tomlkit.document()
    document.update({
        "id": _id(home, it, shop), "name": it.name, "hypothesis": one.hypothesis, "owner": it.owner, "shop": shop.name,
        "held_out": it.holdout.share, "days": one.days, "planned": one.planned, "claims": one.claims,
        "stratum": it.holdout.stratum, "cost": float(it.cost), "stop": one.stop, "segments": list(one.segments),
        "outcome": {"metric": one.metric, "per": one.per},
    })  # fmt: skip
    if one.guardrails:
        document["guardrails"] = [
            {"metric": g.metric, "per": g.per, "tolerance": g.tolerance} for g in one.guardrails
        ]  # fmt: skip
    return tomlkit.dumps(document)
