"""One door to the models of buying: fit by name, ask what to expect, be told what is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.beta_geometric import BetaGeometric, bg_nbd, mbg_nbd
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z
from holdfast.estimates.likelihood import STEP, Maximum, inner
from holdfast.estimates.nbd import Nbd, nbd
from holdfast.estimates.pareto_nbd import ParetoNbd, pareto_nbd
from holdfast.estimates.repeat_buying import RepeatBuying

NO_END_SEEN = 5.991  # twice the gain in log-likelihood over the NBD below which no end is seen: χ², 2 degrees, 95 %
OF_DROPOUT = ("a", "b", "s", "beta")
DRAWS_OF_NOISE = 16  # of each customer's purchases, from which the spread of a sum of many is told

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike
Columns = tuple[Column, Column, Column]


class Law(Protocol):
    """What a model says once its parameters are known; see beta_geometric.py, pareto_nbd.py and nbd.py."""

    @property
    def parameters(self) -> tuple[float, ...]: ...
    def with_parameters(self, parameters: Column) -> Self: ...
    def chance_alive(self, x: Column, t_x: Column, T: Column) -> Floats: ...
    def expected_purchases(self, x: Column, t_x: Column, T: Column, horizon: Column) -> Floats: ...
    def expected_of_new(self, horizon: Column) -> Floats: ...
    def chance_of(self, repeats: Column, horizon: float) -> Floats: ...
    def drawn(
        self, x: Column, t_x: Column, T: Column, horizon: float, rng: np.random.Generator, times: int = 1
    ) -> Floats: ...


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model of buying with its parameters, how sure they are, and what is in doubt. Times are in its unit."""

    name: str  # a key of MODELS
    law: Law
    maximum: Maximum
    customers: int
    warnings: tuple[str, ...]  # sentences a person can read
    no_end: Unknown | None  # why nothing is said of who has stopped; None where something is

    def expected_purchases(self, x: Column, t_x: Column, T: Column, horizon: float) -> Floats:
        """Purchases expected of each customer within `horizon` after T; shapes (n,)."""
        return self.law.expected_purchases(x, t_x, T, horizon)

    def alive(self, x: Column, t_x: Column, T: Column) -> Floats | Unknown:
        """Chance that each customer has not stopped; shape (n,), NaN for one-time buyers under BG/NBD."""
        return self.no_end if self.no_end is not None else self.law.chance_alive(x, t_x, T)

    def expected_total(self, histories: RepeatBuying, horizon: float, seed: int = 0) -> Estimate:
        """Purchases of all of these customers within `horizon` after T, with the 95 % interval of what will come.

        The point is exact. Its variance is that of the parameters by the delta method, plus that of chance, which is
        told from DRAWS_OF_NOISE draws of every history with a fixed seed; a sum over many is taken for normal.
        """
        rows, count = (histories.x, histories.t_x, histories.T), histories.count
        slope = np.zeros(len(self.maximum.parameters))
        for place, step in enumerate(np.eye(len(slope)) * STEP):
            up, down = (self._total(sign * step, rows, count, horizon) for sign in (1, -1))
            slope[place] = (up - down) / (2 * STEP)
        rng = np.random.default_rng(seed)
        draws = self.law.drawn(*rows, horizon, rng, DRAWS_OF_NOISE)
        noise = float(inner(draws.var(axis=0, ddof=1), count))
        variance = float(slope @ self.maximum.log_covariance @ slope) + noise
        point = self._total(np.zeros(len(slope)), rows, count, horizon)
        reach = Z * float(np.sqrt(variance))
        return Estimate(point, max(point - reach, 0.0), point + reach, "delta method and simulation")

    def _total(self, logs: Floats, rows: Columns, count: Floats, horizon: float) -> float:
        law = self.law.with_parameters(self.maximum.parameters * np.exp(logs))
        return float(inner(law.expected_purchases(*rows, horizon), count))


Found = tuple[BetaGeometric | ParetoNbd | Nbd, Maximum] | Unknown
MODELS: dict[str, Callable[[RepeatBuying], Found]] = {
    "BG/NBD": bg_nbd,
    "MBG/NBD": mbg_nbd,
    "Pareto/NBD": pareto_nbd,
    "NBD": nbd,
}


def fit(histories: RepeatBuying | Unknown, name: str = "MBG/NBD") -> Fitted | Unknown:
    """One of MODELS by maximum likelihood; Unknown with its reason where the histories do not tell it.

    A model whose end gains nothing over the NBD, or whose parameters of the end are loose, still forecasts, but says of
    nobody that they have stopped (decision 0102). Raises ValueError for a name that is no model's.
    """
    if name not in MODELS:
        raise ValueError(f"no model is called {name!r}; there are {', '.join(MODELS)}")
    if isinstance(histories, Unknown):
        return histories
    found = MODELS[name](histories)
    if isinstance(found, Unknown):
        return found
    law, maximum = found
    loose = maximum.loose()
    no_end = _no_end(histories, name, maximum, loose)
    warnings = [f"{name} hardly tells {', '.join(loose)} from these data"] if loose else []
    if no_end is not None and name != "NBD":
        warnings.append(no_end.why)
    return Fitted(name, law, maximum, histories.customers, tuple(warnings), no_end)


def _no_end(histories: RepeatBuying, name: str, maximum: Maximum, loose: tuple[str, ...]) -> Unknown | None:
    if name == "NBD":
        return Unknown("this model knows no end", "a model with one")
    for_ever = nbd(histories)
    if not isinstance(for_ever, Unknown) and 2 * (maximum.log_likelihood - for_ever[1].log_likelihood) < NO_END_SEEN:
        return Unknown("that customers stop for good is not seen in these data", "a longer history")
    if set(loose) & set(OF_DROPOUT):
        return Unknown("how customers differ in stopping for good is not told by these data", "a longer history")
    return None
