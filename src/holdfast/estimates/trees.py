"""Small boosted trees as plain arrays: what they say of a row, and how much of it each group of columns says, exactly.

A tree of eight leaves asks at most seven questions, so all its rows answer in at most 128 patterns. What a pattern is
worth, and what each group of columns adds to it, is worked out once a tree; a row then only looks up its pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt
from scipy.special import expit

LEAVES = 8  # more would need more than 128 patterns a tree
ROWS_AT_ONCE = 65_536  # so that a part of every column stays in the processor's cache
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Arrays of shape (nodes,), the root first. column: −1 at a leaf. A row goes left where its value is at most the
    threshold, or missing and `missing_left`. value: log odds, read at leaves. rows: learned rows that came by.
    """

    column: Ints
    threshold: Floats
    missing_left: Bools
    left: Ints
    right: Ints
    value: Floats
    rows: Floats

    def questions(self) -> Ints:
        """The nodes that ask something."""
        return np.flatnonzero(self.column >= 0)


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """log odds = base + what each tree says."""

    base: float
    trees: tuple[Tree, ...]

    def chance(self, columns: npt.ArrayLike) -> Floats:
        """columns: shape (n, k), NaN where nobody knows → probabilities, shape (n,)."""
        x = np.asarray(columns, dtype=float)
        told: Floats = expit(contributions(self, x, [0] * x.shape[1]).sum(axis=1))
        return told


def contributions(trees: Trees, columns: npt.ArrayLike, group: Sequence[int]) -> Floats:
    """Log odds of each row taken apart: shape (n, groups + 1), the last column is the same for all: their middle.

    group: of each column, 0 … groups − 1. Shapley values of the groups as players (Shapley 1953), where what an absent
    group would have answered is averaged by the learned rows that went either way; with one column a group it is what
    Lundberg, Erion and Lee (arXiv 1802.03888) call the path-dependent explanation of trees. The rows of the answer sum
    to the log odds exactly.
    """
    x, groups = np.asarray(columns, dtype=float), max(group, default=-1) + 1
    if x.ndim != 2 or len(group) != x.shape[1]:
        raise ValueError(f"columns {x.shape} must have one group each, not {len(group)}")
    tables = [_table(tree, group) for tree in trees.trees]
    told = np.zeros((len(x), groups + 1))
    told[:, -1] = trees.base + sum(table.middle for table in tables)
    for start in range(0, len(x), ROWS_AT_ONCE):
        part = np.asfortranarray(x[start : start + ROWS_AT_ONCE])
        missing = {c: np.isnan(part[:, c]) for c in range(x.shape[1])}
        here = np.zeros((groups, len(part)))
        for tree, table in zip(trees.trees, tables, strict=True):
            pattern = _patterns(tree, part, missing)
            for place, player in enumerate(table.players):
                here[player] += table.worth[place][pattern]
        told[start : start + ROWS_AT_ONCE, :-1] = here.T
    return told


def _patterns(tree: Tree, columns: Floats, missing: dict[int, Bools]) -> npt.NDArray[np.intp]:
    """Bit k: the row would go left at question k, whether it comes there or not."""
    found = np.zeros(len(columns), dtype=np.uint8)
    for bit, node in enumerate(tree.questions()):
        column = int(tree.column[node])
        left = columns[:, column] <= tree.threshold[node]
        if tree.missing_left[node]:
            left |= missing[column]
        found |= left.astype(np.uint8) << np.uint8(bit)
    return found.astype(np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """players: the groups a tree asks. worth: shape (players, patterns). middle: what it says of nobody known."""

    players: tuple[int, ...]
    worth: Floats
    middle: float


def _table(tree: Tree, group: Sequence[int]) -> _Table:
    questions = tree.questions()
    if len(questions) > LEAVES - 1:
        raise ValueError(f"a tree asks {len(questions)} questions, {LEAVES - 1} are the most")
    players = tuple(sorted({group[int(tree.column[node])] for node in questions}))
    said = _said_by_coalition(tree, group, players)
    count, worth = len(players), np.zeros((len(players), said.shape[1]))
    for coalition in range(len(said)):
        size = bin(coalition).count("1")
        for place in range(count):
            if coalition >> place & 1:
                continue
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            worth[place] += weight * (said[coalition | 1 << place] - said[coalition])
    return _Table(players, worth, float(said[0, 0]))


def _said_by_coalition(tree: Tree, group: Sequence[int], players: tuple[int, ...]) -> Floats:
    """What a tree says of each pattern when only some groups are known: shape (coalitions, patterns)."""
    questions = tree.questions()
    patterns, coalitions = np.arange(1 << len(questions)), np.arange(1 << len(players))
    bit = {int(node): place for place, node in enumerate(questions)}

    def said(node: int) -> Floats:
        if tree.column[node] < 0:
            return np.full((len(coalitions), len(patterns)), tree.value[node])
        left, right = int(tree.left[node]), int(tree.right[node])
        one, other = said(left), said(right)
        goes_left = (patterns >> bit[node] & 1).astype(bool)
        known = (coalitions >> players.index(group[int(tree.column[node])]) & 1).astype(bool)
        share = tree.rows[left] / (tree.rows[left] + tree.rows[right])
        return np.where(known[:, None], np.where(goes_left, one, other), share * one + (1 - share) * other)

    return said(0)
