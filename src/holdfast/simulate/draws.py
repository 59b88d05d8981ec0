"""Seeded streams of chance: one a topic and a chunk, so that what one topic draws never moves another."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chance:
    """The source of a shop's streams."""

    seed: int
    shop: str

    def stream(self, topic: str, chunk: int = 0) -> np.random.Generator:
        words = [self.seed, zlib.crc32(self.shop.encode()), zlib.crc32(topic.encode()), chunk]
        return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(words)))


def among(rng: np.random.Generator, shares: tuple[float, ...], rows: int) -> Ints:
    """A place for each row, with the shares as chances."""
    edges = np.cumsum(shares)[:-1] / sum(shares)
    return np.searchsorted(edges, rng.random(rows), "right")


def hours(rng: np.random.Generator, median: float, spread: float, rows: int) -> Ints:
    """Seconds of log-normal waiting times whose median is given in hours."""
    return np.ceil(rng.lognormal(np.log(median * 3600), spread, rows)).astype(np.int64)


def place_in_group(group: Ints) -> Ints:
    """0, 1, 2 … within each run of equal numbers; equal numbers stand together."""
    if not len(group):
        return np.zeros(0, np.int64)
    begins = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    sizes = np.diff(np.r_[begins, len(group)])
    return np.arange(len(group)) - np.repeat(begins, sizes)
