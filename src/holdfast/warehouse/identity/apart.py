"""Keeping apart who is not one: the few components in which somebody said so are joined edge by edge."""

from __future__ import annotations

from collections.abc import Iterable


def joined_apart(edges: Iterable[tuple[int, int]], apart: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Node → smallest node of its component, for nodes that are not the smallest, with no forbidden pair in one.

    edges are taken in the order of their nodes, oldest first, and one that would bring a forbidden pair together
    is left out. So the order in which they are told changes nothing.
    """
    root: dict[int, int] = {}
    enemies: dict[int, set[int]] = {}

    def find(node: int) -> int:
        while (up := root.get(node, node)) != node:
            root[node] = root.get(up, up)
            node = up
        return node

    for a, b in apart:
        enemies.setdefault(a, set()).add(b)
        enemies.setdefault(b, set()).add(a)
    for a, b in sorted({(min(edge), max(edge)) for edge in edges}):
        low, high = sorted((find(a), find(b)))
        if low == high or any(find(enemy) == low for enemy in enemies.get(high, ())):
            continue
        root[high] = low
        enemies[low] = enemies.get(low, set()) | enemies.pop(high, set())
    return {node: top for node in root if (top := find(node)) != node}
