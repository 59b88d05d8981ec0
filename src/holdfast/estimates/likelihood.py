"""Maximum likelihood for positive parameters: L-BFGS-B in logarithms, then errors from how the likelihood bends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from holdfast.commerce.unknown import Unknown

STEP = 1e-4  # in logarithms, for the bend: central differences of exact slopes
FARTHEST = np.log(1e7)  # a parameter this many times its start is on its way to infinity, or to nothing
LAST_STEPS, FIRST_STEPS = 2, 4
ARRIVED = 1e-6  # slope in logarithms, of a likelihood counted as 1
FLAT = 5.0  # a standard error of a logarithm beyond this says that no value of the parameter is excluded
LOOSE = 1.0  # beyond this a parameter is told to within a factor of seven at best (exp(1.96)), decision 0102

Floats = npt.NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats]]  # parameters (k,) → log-likelihood, and its slope in them (k,)


def inner(rows: npt.NDArray[Any], weights: npt.NDArray[Any]) -> Floats:
    """Sum over the last axis of rows ⋅ weights: shapes (…, n) and (n,).

    Not `@`: that wakes the threads of the algebra library for ten thousand numbers, and they burn fifty times the CPU.
    """
    return np.asarray(np.einsum("...i,i->...", rows, weights))


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where the likelihood is highest, k parameters. errors: standard errors. covariance: of the parameters, (k, k);
    log_covariance: of their logarithms, in which the likelihood is closer to a parabola (draw there)."""

    names: tuple[str, ...]
    parameters: Floats
    errors: Floats
    covariance: Floats
    log_covariance: Floats
    log_likelihood: float

    def loose(self) -> tuple[str, ...]:
        """Names of parameters that the data hardly tell: a flat ridge."""
        wide = np.sqrt(np.diag(self.log_covariance)) > LOOSE
        return tuple(name for name, is_wide in zip(self.names, wide, strict=True) if is_wide)

    def intervals(self) -> tuple[Floats, Floats]:
        """The ends of the 95 % interval of each parameter, normal in its logarithm; shapes (k,)."""
        reach = np.exp(1.959963984540054 * np.sqrt(np.diag(self.log_covariance)))
        return self.parameters / reach, self.parameters * reach

    def drawn(self, draws: int, rng: np.random.Generator) -> Floats:
        """Parameters as uncertain as they are, shape (draws, k): normal in logarithms around the maximum."""
        return np.exp(rng.multivariate_normal(np.log(self.parameters), self.log_covariance, draws, method="eigh"))


def maximise(
    likelihood: Likelihood, start: Sequence[float], names: Sequence[str], near: Maximum | None = None
) -> Maximum | Unknown:
    """The maximum reached from `start`, shape (k,), all positive; Unknown where the likelihood has none.

    It has none where a parameter runs off to nothing or to infinity, or where no value of one is excluded. near: the
    maximum for some of the same data, from which a few Newton steps lead there.
    """
    begin = np.log(np.asarray(start, dtype=float))
    ask = _once(likelihood)
    scale = abs(ask(np.exp(begin if near is None else np.log(near.parameters)))[0]) or 1.0

    def downhill(logs: Floats) -> tuple[float, Floats]:
        value, slope = ask(np.exp(logs))
        return -value / scale, -slope * np.exp(logs) / scale

    logs = _walked(downhill, begin) if near is None else _stepped(downhill, near)
    off = [name for name, moved in zip(names, np.abs(logs - begin), strict=True) if moved > FARTHEST - 1e-6]
    if off:
        return _no_maximum(off)
    bend = _bend(downhill, logs)
    try:
        np.linalg.cholesky(bend)
        logs = _last_steps(downhill, logs, bend)
        of_logs: Floats = np.asarray(np.linalg.inv(bend) / scale, dtype=np.float64)
    except np.linalg.LinAlgError:
        return _no_maximum(names)
    wide = np.sqrt(np.diag(of_logs)) > FLAT
    if wide.any():
        return _no_maximum([name for name, is_wide in zip(names, wide, strict=True) if is_wide])
    parameters = np.exp(logs)
    covariance = of_logs * np.outer(parameters, parameters)
    errors = np.sqrt(np.diag(covariance))
    return Maximum(tuple(names), parameters, errors, covariance, of_logs, ask(parameters)[0])


def _once(likelihood: Likelihood) -> Likelihood:
    """The same, which is not worked out again where it was asked before: one step's end is the next one's beginning."""
    said: dict[bytes, tuple[float, Floats]] = {}

    def ask(parameters: Floats) -> tuple[float, Floats]:
        place = parameters.tobytes()
        if place not in said:
            said[place] = likelihood(parameters)
        return said[place]

    return ask


def _walked(downhill: Likelihood, begin: Floats) -> Floats:
    bounds = list(zip(begin - FARTHEST, begin + FARTHEST, strict=True))
    options = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-11, "gtol": 1e-8}
    return np.asarray(minimize(downhill, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x)


def _stepped(downhill: Likelihood, near: Maximum) -> Floats:
    """Newton steps with the bend that was found near; walked as from anywhere where they do not arrive."""
    bend = np.asarray(np.linalg.inv(near.log_covariance) / abs(near.log_likelihood), dtype=np.float64)
    logs = _last_steps(downhill, np.log(near.parameters), bend, FIRST_STEPS, ARRIVED)
    return logs if np.abs(downhill(logs)[1]).max() < ARRIVED else _walked(downhill, logs)


def _bend(downhill: Likelihood, logs: Floats) -> Floats:
    """Second derivatives at `logs`, shape (k, k), symmetric."""
    steps = np.eye(len(logs)) * STEP
    rows = [(downhill(logs + step)[1] - downhill(logs - step)[1]) / (2 * STEP) for step in steps]
    return (np.array(rows) + np.array(rows).T) / 2


def _last_steps(
    downhill: Likelihood, logs: Floats, bend: Floats, steps: int = LAST_STEPS, enough: float = 0.0
) -> Floats:
    """Newton steps, as long as they are towards the maximum: they settle the last digits. enough: a slope at which to
    stop."""
    slope = downhill(logs)[1]
    for _ in range(steps):
        if np.abs(slope).max() <= enough:
            break
        step = np.linalg.solve(bend, slope)
        if np.abs(step).max() > FARTHEST:  # no last digits: a ridge so flat that the step runs off along it
            break
        tried = logs - step
        then = downhill(tried)[1]
        if np.abs(then).max() >= np.abs(slope).max():
            break
        logs, slope = tried, then
    return logs


def _no_maximum(names: Sequence[str]) -> Unknown:
    told = " and ".join(names)
    return Unknown(
        f"the data do not tell {told}: every value fits about as well", "a longer history, or more customers"
    )
