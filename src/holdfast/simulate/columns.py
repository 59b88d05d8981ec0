"""Columns of a file, from arrays: money without going through floats, words as dictionaries, nothing where unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = Any  # a pyarrow.Array: the library says no types
_MOMENT = pa.timestamp("s", "UTC")


def _hidden(known: Any) -> Any:
    return None if known is None else ~np.asarray(known)


def number(values: Any, known: Any = None) -> Column:
    """Whole numbers: ids, counts."""
    return pa.array(np.asarray(values, np.int64), mask=_hidden(known))


def real(values: Any, known: Any = None) -> Column:
    return pa.array(np.asarray(values, np.float64), mask=_hidden(known))


def money(minor: Any, known: Any = None) -> Column:
    """Minor units as a decimal with two places."""
    whole = np.asarray(minor, np.int64)
    words = np.stack([whole, whole >> 63], axis=1)  # little-endian 128 bits, sign extended
    cells = pa.Array.from_buffers(pa.decimal128(15, 2), len(whole), [None, pa.py_buffer(words)])
    return cells if known is None else pc.if_else(pa.array(np.asarray(known)), cells, pa.scalar(None, cells.type))


def moment(seconds: Any, known: Any = None) -> Column:
    """Seconds since 1970, as moments with their zone (UTC) said."""
    return pa.array(np.asarray(seconds, np.int64), mask=_hidden(known)).cast(_MOMENT)


def day(days: Any, known: Any = None) -> Column:
    return pa.array(np.asarray(days, np.int32), mask=_hidden(known)).cast(pa.date32())


def flag(values: Any, known: Any = None) -> Column:
    return pa.array(np.asarray(values, np.bool_), mask=_hidden(known))


def word(places: Any, words: Sequence[str], known: Any = None) -> Column:
    """One of a few words, by its place among them."""
    once = list(dict.fromkeys(words))  # a dictionary with a word twice is not written the same way each time
    place = np.array([once.index(one) for one in words], np.int32)
    index = pa.array(place[np.asarray(places, np.int64)], mask=_hidden(known))
    return pa.DictionaryArray.from_arrays(index, pa.array(once, pa.string()))


def same(text: str, rows: int) -> Column:
    return word(np.zeros(rows, np.int32), (text,))


def called(before: str, values: Any, after: str = "", known: Any = None) -> Column:
    """Text around a whole number: "c17@shop.example"."""
    numbers = pa.array(np.asarray(values, np.int64), mask=_hidden(known)).cast(pa.string())
    return pc.binary_join_element_wise(before, numbers, after, "")
