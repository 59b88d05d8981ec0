"""How long subscribers stay and what each will still pay, by the contractual model that foretold this shop best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.churn_hazard import churn_hazard, person_periods
from holdfast.estimates.held_out_forecast import CLOSE
from holdfast.estimates.intervals import TAIL
from holdfast.estimates.staying import Staying, fit_bdw, fit_sbg
from holdfast.estimates.survival import kaplan_meier
from holdfast.estimates.value_gate import Check, Gate
from holdfast.predictions.gate import LEAST_EVENTS
from holdfast.predictions.kinds import STAYING_COLUMNS, Asked, Kind, Made
from holdfast.predictions.model import plain
from holdfast.predictions.objections import objected
from holdfast.predictions.shop import ShopRows
from holdfast.predictions.spells import Spells, spells, whose
from holdfast.predictions.value import YEARLY_DISCOUNT

HELD_OUT_MONTHS = 6
HORIZON_MONTHS = 12
SHOWN_MONTHS = 24  # of the curve
HAZARD_MONTHS, HAZARD_SPELLS = 24, 20_000  # a row for each month: more would tell no more
NOBODY = Unknown("nobody has a subscription of their own", "a file of subscriptions that name customers")
FITS = {"sBG": fit_sbg, "BdW": fit_bdw}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """A model fitted as of half a year before: how many of those there then it said would stay, and how many did."""

    name: str
    said: float
    came: int

    @property
    def off(self) -> float:
        return self.said / self.came - 1 if self.came else float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """A model, how each did on the months held out (the best first), and why others could not be fitted."""

    model: Staying
    scores: tuple[Score, ...]
    not_fitted: tuple[str, ...]
    gate: Gate

    @property
    def because(self) -> str:
        """Why this model, in words."""
        for one in self.scores:
            if one.name == self.model.model:
                return f"said {one.said:,.0f} would be there where {one.came:,} were ({one.off:+.0%})"
        return "no months could be held out"


def fitted(now: Spells, then: Spells) -> Stays | Unknown:
    """Whichever was nearest on the months held out, fitted to all; the sBG where none could be held out.

    now, then: as of the day and HELD_OUT_MONTHS before it.
    """
    scores, why = held_out(now, then)
    renewals = now.tallied()
    if isinstance(renewals, Unknown):
        return renewals
    tried = [one.name for one in scores] or list(FITS)
    refused = Unknown("no model was tried")
    for name in tried:
        found = FITS[name](renewals)
        if isinstance(found, Staying):
            return Stays(found, tuple(scores), tuple(why), _gate(scores, now))
        refused = found
    return refused


def held_out(now: Spells, then: Spells) -> tuple[list[Score], list[str]]:
    """The nearest first."""
    renewals, there = then.tallied(), then.only(~then.gone)
    if isinstance(renewals, Unknown) or not len(there):
        return [], ["nobody was there half a year before" if not isinstance(renewals, Unknown) else renewals.why]
    still = now.only(~now.gone)
    kept = np.isin(whose(there), whose(still))
    scores, why = [], []
    for name, fit in FITS.items():
        found = fit(renewals)
        if isinstance(found, Unknown):
            why.append(f"{name}: {found.why}")
        else:
            chance = found.survival(there.months + HELD_OUT_MONTHS) / found.survival(there.months)
            scores.append(Score(name, float(chance.sum()), int(kept.sum())))
    return sorted(scores, key=lambda one: abs(one.off)), why


def _gate(scores: list[Score], now: Spells) -> Gate:
    lost, asked = int(now.gone.sum()), f"those still there, held out, within {CLOSE:.0%}"
    near = Check(asked, f"{scores[0].off:+.0%}", abs(scores[0].off) <= CLOSE) if scores else None
    return Gate((
        Check(f"{LEAST_EVENTS} subscriptions that ended", f"{lost:,}", lost >= LEAST_EVENTS),
        near or Check(asked, "no months could be held out", False),
    ))  # fmt: skip


def chances(model: Staying, months: npt.NDArray[np.int64]) -> Floats:
    """Chance to renew so many times more, for each of HORIZON_MONTHS; shape (n, months)."""
    whole, place = np.unique(months, return_inverse=True)
    ahead = model.survival(whole[:, None] + np.arange(1, HORIZON_MONTHS + 1))
    told: Floats = (ahead / model.survival(whole)[:, None])[place]
    return told


def staying(asked: Asked) -> Made | Unknown:
    """Of everybody whose subscription stands: whether it still will, how often it is renewed, and what that brings."""
    if not ShopRows(asked.connection, asked.shop.shop_id).has("mrr_ledger"):
        return NOBODY
    left_out, day = objected(asked.home, asked.connection), asked.snapshot.as_of
    now, then = (
        spells(asked.connection, asked.shop.shop_id, on, left_out) for on in (day, months_before(day, HELD_OUT_MONTHS))
    )
    if not len(now):
        return NOBODY
    stays = fitted(now, then)
    if isinstance(stays, Unknown):
        return stays
    here = now.only(~now.gone)
    return Made(_rows(here, stays.model), _card(asked, now, here, stays))


def _rows(here: Spells, model: Staying) -> pa.Table:
    stay = chances(model, here.months)
    worth = (1 + YEARLY_DISCOUNT) ** (-np.arange(1, HORIZON_MONTHS + 1) / 12)
    money = here.monthly[:, None] * worth
    # How many renewals there will be at least and at most, 95 times in 100: the chance of so many falls with each. How
    # unsure the model is of its parameters is left out: it is little beside what one customer may do.
    low, high = stay >= 1 - TAIL, stay > TAIL
    columns = {
        "customer_id": here.customer, "months": here.months, "stays": stay[:, -1], "renewals": stay.sum(axis=1),
        "monthly_minor": here.monthly, "value_minor": (stay * money).sum(axis=1),
        "low_minor": (low * money).sum(axis=1), "high_minor": (high * money).sum(axis=1),
    }  # fmt: skip
    return pa.table({name: pa.array(columns[name], kind) for name, kind in STAYING_COLUMNS.items()})


def _card(asked: Asked, now: Spells, here: Spells, stays: Stays) -> Mapping[str, Any]:
    model = stays.model
    card: dict[str, Any] = plain({
        "kind": STAYING.id, "shop": asked.shop.name, "shop_id": asked.shop.shop_id, "currency": asked.shop.currency,
        "simulated": asked.shop.simulated, "snapshot": asked.snapshot.id, "as_of": asked.snapshot.as_of,
        "customers": len(here), "ended": int(now.gone.sum()), "horizon_months": HORIZON_MONTHS,
        "yearly_discount": YEARLY_DISCOUNT, "held_out_months": HELD_OUT_MONTHS,
        "model": model.model, "parameters": {"alpha": model.alpha, "beta": model.beta, "c": model.c},
        "errors": model.errors, "log_likelihood": model.log_likelihood,
        "because": stays.because,
        "scores": [{"name": one.name, "said": one.said, "came": one.came} for one in stays.scores],
        "not_fitted": stays.not_fitted, "remaining": model.remaining(), "within": model.within(HORIZON_MONTHS),
        "curve": curve(now, model), "hazard": hazard(now), "gate": stays.gate,
        "word": "predictive" if stays.gate.predictive else "descriptive",
    })  # fmt: skip
    return card


def curve(now: Spells, model: Staying) -> list[dict[str, Any]]:
    """After each month: the share still there as it was seen (Kaplan and Meier, with its band) and by the model."""
    months, place = np.unique(now.months, return_inverse=True)
    lost, still = (np.bincount(place[of], minlength=len(months)) for of in (now.lost, ~now.lost))
    seen = kaplan_meier(months, lost, still)
    told = [(month, seen.at(month)) for month in range(SHOWN_MONTHS + 1)]
    return [{"month": month, "seen": share, "model": model.stay(month)} for month, share in told]


def hazard(now: Spells) -> dict[str, Any]:
    """What goes with leaving in a month, whatever the month: odds ratios of a discrete-time hazard, or why there
    is none."""
    step = max(1, -(-len(now) // HAZARD_SPELLS))
    some = now.only((np.arange(len(now)) % step == 0) & (now.highest > 0) & ((now.months > 0) | now.lost))
    cut = some.months > HAZARD_MONTHS
    columns = {
        "twice as much a month": np.log2(np.maximum(some.highest, 1)),
        "who had left before": (some.turn > 0).astype(float),
    }
    varying = {name: column for name, column in columns.items() if len(column) and np.ptp(column) > 0}
    if not varying:
        alike = Unknown("subscribers do not differ in what is known of them", "prices that differ")
        return dict.fromkeys(columns, alike)
    months, left = np.minimum(some.months, HAZARD_MONTHS), some.lost & ~cut
    found = _ratios(months, left, varying)
    if isinstance(found, Unknown) and len(varying) > 1:  # one of them may say it without a mistake: each alone
        alone = {name: _ratios(months, left, {name: column}) for name, column in varying.items()}
        return {name: told if isinstance(told, Unknown) else told[name] for name, told in alone.items()}
    return dict.fromkeys(varying, found) if isinstance(found, Unknown) else found


def _ratios(
    months: npt.NDArray[np.int64], left: npt.NDArray[np.bool_], columns: Mapping[str, Floats]
) -> dict[str, Any] | Unknown:
    rows = person_periods(months, left, np.column_stack(list(columns.values())))
    found = rows if isinstance(rows, Unknown) else churn_hazard(rows)
    return found if isinstance(found, Unknown) else {name: found.odds_ratio(n) for n, name in enumerate(columns)}


STAYING = Kind("staying", "how long each subscriber stays", STAYING_COLUMNS, staying)
