"""How often customers bought again, reduced to what a model of buying can use: (x, t_x, T), and how many share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown

FEWEST_REPEAT_BUYERS = 30  # decision 0102
MOST_LOOKED_UP = 1_000_000  # whole numbers up to here are looked up in a list instead of sorted

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RepeatBuying:
    """Histories of customers, equal ones once; all of shape (k,), sorted by x, then t_x, then T.

    x: repeat purchases (the first does not count). t_x: age at the last purchase, T: age at the end, both counted from
    the first purchase in any one unit of time. count: how many customers have this history.
    Sufficient for the models here: Fader, Hardie and Lee, Marketing Science 24 (2005) 275–284, section 3.
    """

    x: Floats
    t_x: Floats
    T: Floats
    count: Floats

    @property
    def customers(self) -> int:
        return int(self.count.sum())

    @property
    def repeat_buyers(self) -> int:
        return int(self.count[self.x > 0].sum())

    @property
    def repeats(self) -> int:
        return int((self.count * self.x).sum())

    def enough(self) -> Unknown | None:
        """Why no model of buying can be fitted to these; None where one may be tried."""
        if not self.customers:
            return Unknown("nobody has bought yet", "orders of customers who can be told apart")
        if self.T.max() <= 0:
            return Unknown("all that is known happened on one day", "a history of half a year")
        if self.repeat_buyers < FEWEST_REPEAT_BUYERS:
            told = {0: "nobody has", 1: "one customer has"}.get(
                self.repeat_buyers, f"{self.repeat_buyers} customers have"
            )
            return Unknown(f"{told} bought again", f"{FEWEST_REPEAT_BUYERS} who did")
        return None


def group(
    x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike, count: npt.ArrayLike | None = None
) -> RepeatBuying | Unknown:
    """Equal histories once. Shapes (n,); count says how many customers each row stands for, one where it is left out.

    Unknown where rows contradict themselves: a purchase after the end, one before the first, repeats without time in
    which they could have happened. Raises ValueError for columns that are no columns of numbers.
    """
    columns = _columns(x, t_x, T)
    weight = None if count is None else _columns(count)[0]
    if any(len(column) != len(columns[0]) for column in (*columns, *(() if weight is None else (weight,)))):
        raise ValueError("x, t_x, T and count must be lists of one length")
    if (wrong := _contradiction(*columns)) is not None:
        return wrong
    rows, counts = distinct_rows(columns, weight)
    kept = counts > 0
    return RepeatBuying(rows[0][kept], rows[1][kept], rows[2][kept], counts[kept])


def distinct_rows(columns: list[Floats], weight: Floats | None) -> tuple[list[Floats], Floats]:
    """The distinct rows of these columns (each of shape (n,), not below 0), sorted, and the weight of each.

    One sort of whole numbers where the columns are whole and fit into one together, as days and counts do.
    """
    if not len(columns[0]):
        return columns, np.zeros(0)
    names, codes = zip(*(_coded(column) for column in columns), strict=True)
    sizes = [int(code.max()) + 1 for code in codes]
    if float(np.prod([float(size) for size in sizes])) >= 2**62:
        names, codes = zip(*(np.unique(column, return_inverse=True) for column in columns), strict=True)
        sizes = [len(name) for name in names]
    key = codes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key = key * size + code
    if weight is None:
        key, times = np.unique(key, return_counts=True)
        counts = times.astype(float)
    else:
        key, place = np.unique(key, return_inverse=True)
        counts = np.bincount(place, weights=weight, minlength=len(key))
    decoded: list[Whole] = []
    for size in reversed(sizes[1:]):
        key, code = np.divmod(key, size)
        decoded.append(code)
    rows = [key, *reversed(decoded)]
    return [row.astype(float) if name is None else name[row] for name, row in zip(names, rows, strict=True)], counts


def ranked(column: Floats) -> tuple[Floats, Whole]:
    """The distinct values, rising, and the place of each row's among them; whole numbers need no sort."""
    whole = column.astype(np.int64)
    if not len(column) or whole.max() > MOST_LOOKED_UP or (whole != column).any():
        values, places = np.unique(column, return_inverse=True)
        return values, places
    there = np.bincount(whole) > 0
    return np.flatnonzero(there).astype(float), (np.cumsum(there) - 1)[whole]


def _coded(column: Floats) -> tuple[Floats | None, Whole]:
    """Whole numbers are their own codes; others are coded by rank, beside the list of what the codes stand for."""
    whole = column.astype(np.int64)
    if (whole == column).all():
        return None, whole
    values, codes = np.unique(column, return_inverse=True)
    return values, codes


def _columns(*given: npt.ArrayLike) -> list[Floats]:
    columns = [np.asarray(column, dtype=float) for column in given]
    if any(column.ndim != 1 or not np.isfinite(column).all() for column in columns):
        raise ValueError("every column must be a list of finite numbers")
    if any((column < 0).any() for column in columns):
        raise ValueError("counts and ages must be 0 or more: a date before the first purchase, or after the end?")
    return columns


def _contradiction(x: Floats, t_x: Floats, T: Floats) -> Unknown | None:
    if late := int((t_x > T).sum()):
        return Unknown(f"{late} of the customers bought after the data end", "the day on which they do end")
    if (x != np.floor(x)).any():
        return Unknown("purchases were counted in parts", "whole purchases")
    if sudden := int(((x > 0) & (t_x <= 0)).sum()):
        return Unknown(
            f"{sudden} of the customers bought again at the moment they first bought", "a day's purchases counted once"
        )
    if ((x == 0) & (t_x > 0)).any():
        return Unknown("a last purchase was told of customers who did not buy again", "their count of repeat purchases")
    return None
