"""How many purchases to expect of somebody who may stop after each: one hypergeometric function, kept from overflow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import hyp2f1

NODES = np.array([-4, -3, -2, -1, 1, 2, 3, 4], dtype=float)
WEIGHTS = 1 / np.array([np.prod(node - NODES[node != NODES]) for node in NODES])
NEAR = 0.02  # the spacing of the nodes around a = 1, for short horizons

Floats = npt.NDArray[np.float64]


def mean_until_dropout(
    shape: npt.ArrayLike, rate: npt.ArrayLike, a: float, b: npt.ArrayLike, t: npt.ArrayLike
) -> Floats:
    """E[(1 − exp(−λ p t)) / p] for λ ~ Gamma(shape, rate) and p ~ Beta(a, b): purchases within t of somebody active.

    All but a broadcast; t in the unit of 1/λ. Fader, Hardie and Lee (2005), equation (9) with shape = r, rate = α, and
    (10) with r + x, α + T, b + x, where it reads (a+b−1)/(a−1) ⋅ [1 − (α/(α+t))^r ₂F₁(r, b; a+b−1; t/(α+t))].
    That form overflows from x of a few hundred; Euler's transformation turns the bracket into
    1 − (1−z)^(a−1) ₂F₁(a+b−1−r, a−1; a+b−1; z), z = t/(α+t), whose first argument no longer grows with x. At a = 1 it
    is 0/0 and near it loses digits: there the value is interpolated between eight a around it, being analytic in a.
    Held to values of 60 digits up to x = 20,000 in tests/estimates/test_sixty_digits.py.
    """
    r, alpha, beta, horizon = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (shape, rate, b, t)))
    fall = -np.log1p(horizon / alpha)  # log(1 − z)
    spacing = NEAR / np.maximum(1.0, -fall)
    near = abs(a - 1) < spacing / 2
    found = np.empty(r.shape)
    far = ~near
    found[far] = _euler(r[far], fall[far], a, beta[far])
    if near.any():
        found[near] = _interpolated(r[near], fall[near], a, beta[near], spacing[near], 1.0)
    if (lost := ~np.isfinite(found)).any():  # SciPy's ₂F₁ gives up at some whole numbers, where r − a is one
        centre = a - spacing[lost] / 3
        found[lost] = _interpolated(r[lost], fall[lost], a, beta[lost], spacing[lost], centre)
    return found


def _euler(shape: Floats, fall: Floats, a: float | Floats, b: Floats) -> Floats:
    less = np.asarray(a - 1.0)
    third = b + less
    left = np.exp(less * fall) * hyp2f1(third - shape, less, third, -np.expm1(fall))
    return np.asarray(third / less * (1 - left))


def _interpolated(shape: Floats, fall: Floats, a: float, b: Floats, spacing: Floats, centre: float | Floats) -> Floats:
    """Barycentric interpolation in a: Berrut and Trefethen, SIAM Review 46 (2004) 501–517, equation (4.2)."""
    share = [weight / ((a - centre) / spacing - node) for node, weight in zip(NODES, WEIGHTS, strict=True)]
    values = [_euler(shape, fall, centre + node * spacing, b) for node in NODES]
    return np.asarray(sum(s * v for s, v in zip(share, values, strict=True)) / sum(share))
