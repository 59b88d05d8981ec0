"""Write sixty_digits.json: what mpmath says with sixty digits where doubles overflow or cancel.

    python tests/estimates/sixty_digits.py     (needs mpmath, which Holdfast does not)

Kept in the project so that the table can be made again; the tests read the table.
"""

import json
import random
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60  # of the integral half as many are asked for: it is told in ten
REPEATS = (0, 1, 2, 5, 10, 50, 161, 254, 500, 2000, 20000)
AGES = (0.14, 1, 27, 38.86, 200, 700, 3000)
HORIZONS = (0.1429, 1, 4, 26, 52, 260, 365, 2600)
A = (
    0.01,
    0.1,
    0.5,
    0.79,
    0.99,
    0.99896,
    0.999,
    1 - 1e-6,
    1 - 1e-9,
    1,
    1 + 1e-9,
    1.0001,
    1.004,
    1.0099,
    1.02,
    1.5,
    2,
    20,
)


def until_dropout(shape, rate, a, b, t):
    """(a+b−1)/(a−1) ⋅ [1 − (α/(α+t))^r ₂F₁(r, b; a+b−1; t/(α+t))], a hair beside a = 1 where it is 0/0."""
    shape, rate, a, b, t = map(mp.mpf, (shape, rate, a, b, t))
    a = a + mp.mpf(10) ** -25 if a == 1 else a
    z = t / (rate + t)
    power = (1 - z) ** (a - 1) * mp.hyp2f1(a + b - 1 - shape, a - 1, a + b - 1, z)
    return (a + b - 1) / (a - 1) * (1 - power)


def log_left_odds(r, alpha, s, beta, x, t_x, T):
    """ln of the odds of having left by T, its integral over u taken in y = (r+x) ln((α+u)/(α+t_x)), piece by piece."""
    r, alpha, s, beta, x, t_x, T = map(mp.mpf, (r, alpha, s, beta, x, t_x, T))
    n = r + x

    def part(y):
        gone = (alpha + t_x) * mp.expm1(y / n) + t_x  # u
        falls = n * mp.log((alpha + T) / (alpha + t_x)) - y + s * mp.log((beta + T) / (beta + gone))
        return mp.exp(falls) * s / (beta + gone) * (alpha + gone) / n

    deepest = n * mp.log((alpha + T) / (alpha + t_x))
    ends = [mp.mpf(0), *(deepest * mp.mpf(2) ** -k for k in range(24, 0, -1) if deepest * mp.mpf(2) ** -k < 200)]
    with mp.workdps(30):
        return mp.log(mp.quad(part, [*ends, min(deepest, mp.mpf(200))]))


def rows(draw, function, count):
    return [[*case, mp.nstr(function(*case), 25)] for case in (draw() for _ in range(count))]


def of_dropout():
    x = random.choice(REPEATS)
    r, b, alpha = 10 ** random.uniform(-1.5, 0.7), 10 ** random.uniform(-1, 2.7), 10 ** random.uniform(-1, 2.5)
    age = random.choice(AGES)
    return r + x, alpha + age, random.choice(A), b + x + random.choice((0, 1)), random.choice(HORIZONS)


def of_leaving():
    x, T = random.choice(REPEATS), random.choice(AGES)
    t_x = T * random.choice((1e-6, 0.01, 0.5, 0.9, 0.99, 0.999)) if x else 0.0
    r, s = (10 ** random.uniform(-1.5, 0.7) for _ in "rs")
    alpha, beta = (10 ** random.uniform(-1.5, 2.5) for _ in "ab")
    return r, alpha, s, beta, x, t_x, T


if __name__ == "__main__":
    random.seed(20261128)
    table = {
        "until_dropout": rows(of_dropout, until_dropout, 200),
        "log_left_odds": rows(of_leaving, log_left_odds, 120),
    }
    lines = [f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in told) + "\n]" for name, told in table.items()]
    Path(__file__).with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
