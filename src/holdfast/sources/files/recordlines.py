"""On which physical line each record of a CSV file begins, when quoted cells hold line ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

NEWLINE, RETURN, QUOTE = 10, 13, 34


def line_ends(plain: Path) -> int:
    """How many lines the file has; a last line without its end counts too."""
    count, last = 0, b"\n"
    with plain.open("rb") as file:
        while chunk := file.read(1 << 24):
            count, last = count + chunk.count(b"\n"), chunk[-1:]
    return count + (last != b"\n")


def has_odd_blanks(plain: Path, delimiter: str) -> bool:
    """Whether hard or narrow spaces stand anywhere, or tabs that do not separate cells."""
    odd = ["\u00a0".encode(), "\u202f".encode(), *([b"\t"] if delimiter != "\t" else [])]
    with plain.open("rb") as file:
        while chunk := file.read(1 << 24):
            if any(blank in chunk for blank in odd):
                return True
    return False


def lines_at(plain: Path, offsets: list[int]) -> npt.NDArray[np.int64]:
    """The physical lines of records at these byte offsets (from 0), line ends before them passed over."""
    data = np.fromfile(plain, dtype=np.uint8)
    starts = np.asarray(offsets, dtype=np.int64)
    for _ in range(2):  # at most a return and a line feed
        blank = np.isin(data[np.minimum(starts, data.size - 1)], (NEWLINE, RETURN))
        starts = starts + blank
    return (np.searchsorted(np.flatnonzero(data == NEWLINE), starts, side="left") + 1).astype(np.int64)


def record_lines(plain: Path, header_line: int, rejected_at: list[int], expected: int) -> npt.NDArray[np.int64] | None:
    """Physical first line of each good record after the header, in order; shape (expected,).

    rejected_at: byte offsets (from 0) of the records that were put aside. None when the quotes of the
    file do not pair up, so that the count differs from `expected`: then nobody can say.
    """
    data = np.fromfile(plain, dtype=np.uint8)
    inside = np.bitwise_and(np.cumsum(data == QUOTE, dtype=np.uint32), 1)
    newline = np.flatnonzero(data == NEWLINE)
    ends = newline[inside[newline] == 0]
    starts = np.concatenate(([0], ends + 1))
    starts = starts[starts < data.size]
    empty = (data[starts] == NEWLINE) | (
        (data[starts] == RETURN) & (data[np.minimum(starts + 1, data.size - 1)] == NEWLINE)
    )
    lines = np.searchsorted(newline, starts, side="left") + 1
    keep = ~empty & (lines > header_line)
    starts, lines = starts[keep], lines[keep]
    put_aside = np.searchsorted(starts, np.asarray(rejected_at, dtype=np.int64))
    good = np.delete(lines, np.unique(put_aside[put_aside < starts.size]))
    return good.astype(np.int64) if good.size == expected else None
