"""Customers who buy by a law that is known."""

import numpy as np


def shop(law, n, rng, days=300):
    """(x, t_x, T) of n customers who came at random over the first half of `days` and buy by BG/NBD or MBG/NBD."""
    T = rng.integers(days // 2, days, n).astype(float)
    rate, stops = rng.gamma(law.r, 1 / law.alpha, n), rng.beta(law.a, law.b, n)
    until_stop = rng.geometric(np.maximum(stops, 1e-12)) - int(law.stops_at_first)
    x, t_x = np.zeros(n), np.zeros(n)
    for who in range(n):
        moments = np.sort(rng.random(rng.poisson(rate[who] * T[who])) * T[who])[: until_stop[who]]
        x[who], t_x[who] = len(moments), moments[-1] if len(moments) else 0.0
    return x, t_x, T
