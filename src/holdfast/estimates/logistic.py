"""Logistic regression by Newton's method: a handful of columns, exact to the last digits, no threads of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from holdfast.commerce.unknown import Unknown

STEPS, CLOSE = 50, 1e-10
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """log odds = intercept + columns · coefficients. errors: standard errors, the intercept's first, shape (k + 1,)."""

    intercept: float
    coefficients: Floats
    errors: Floats

    def chance(self, columns: npt.ArrayLike) -> Floats:
        """columns: shape (n, k) → probabilities, shape (n,)."""
        told: Floats = expit(self.intercept + np.asarray(columns, dtype=float) @ self.coefficients)
        return told


def logistic(columns: npt.ArrayLike, event: npt.ArrayLike, ridge: float = 0.0) -> Fit | Unknown:
    """Maximum likelihood, less ridge ⋅ |coefficients|² ÷ 2 (the intercept is free). Columns are taken as they are.

    columns: shape (n, k), finite. event: shape (n,). Cox, J. R. Statist. Soc. B 20 (1958) 215–242. Unknown where no
    maximum is reached: an event that a column tells without a mistake has none unless ridge > 0.
    """
    x = np.asarray(columns, dtype=float)
    y = np.asarray(event, dtype=float)
    if x.ndim != 2 or y.shape != (len(x),) or not np.isfinite(x).all():
        raise ValueError(f"columns {x.shape} must be finite, a row for each of the events {y.shape}")
    if not 0 < y.sum() < len(y):
        return Unknown("it happened to nobody, or to everybody", "rows of both kinds")
    x = np.column_stack([np.ones(len(x)), x])
    penalty = np.diag([0.0, *[ridge] * (x.shape[1] - 1)])
    beta, loss = np.zeros(x.shape[1]), np.inf
    for _ in range(STEPS):
        p = expit(x @ beta)
        bend = (x * (p * (1 - p))[:, None]).T @ x + penalty
        slope = x.T @ (y - p) - penalty @ beta
        try:
            step = np.linalg.solve(bend, slope)
            variance = np.diag(np.linalg.inv(bend))
        except np.linalg.LinAlgError:
            break
        if not (variance > 0).all():  # singular, though rounding hides it
            break
        beta, loss = _downhill(x, y, penalty, beta, step, loss)
        if np.abs(step).max() < CLOSE:
            return Fit(float(beta[0]), beta[1:], np.sqrt(variance))
    return Unknown("no chance fits best: a column says it without a mistake, or two say the same", "more rows")


def _downhill(x: Floats, y: Floats, penalty: Floats, beta: Floats, step: Floats, loss: float) -> tuple[Floats, float]:
    """A Newton step, halved while it would make things worse."""
    for _ in range(30):
        tried = beta + step
        eta = x @ tried
        now = float((np.logaddexp(0, eta) - y * eta).sum() + tried @ penalty @ tried / 2)
        if now <= loss + 1e-12 * abs(loss) or not np.isfinite(loss):
            return tried, now
        step = step / 2
    return beta, loss


def clustered(fit: Fit, columns: npt.ArrayLike, event: npt.ArrayLike, cluster: npt.ArrayLike) -> Floats | Unknown:
    """Standard errors that hold when the rows of a cluster hang together, the intercept's first, shape (k + 1,).

    columns, event: those of the fit, without a ridge. cluster: shape (n,), whole numbers. Liang and Zeger, Biometrika
    73 (1986) 13–22, times G ÷ (G − 1) for G clusters. Unknown for fewer clusters than coefficients.
    """
    x = np.column_stack([np.ones(len(np.asarray(event))), np.asarray(columns, dtype=float)])
    names, of = np.unique(np.asarray(cluster), return_inverse=True)
    if len(names) <= x.shape[1]:
        return Unknown(f"{len(names)} customers do not tell {x.shape[1]} coefficients apart", "more customers")
    p = expit(x @ np.concatenate([[fit.intercept], fit.coefficients]))
    inverse = np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)
    off = np.asarray(event, dtype=float) - p
    score = np.column_stack([np.bincount(of, off * column, len(names)) for column in x.T])
    spread = inverse @ (score.T @ score) @ inverse * (len(names) / (len(names) - 1))
    return np.asarray(np.sqrt(np.diag(spread)))
