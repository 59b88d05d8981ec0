"""Components by the engine are the components by walking, whatever the order, direction and number of the edges."""

import duckdb
import pytest
from evidence import components
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.warehouse.identity.apart import joined_apart
from holdfast.warehouse.identity.union import union


@pytest.fixture(scope="module")
def engine():
    connection = duckdb.connect()
    yield connection
    connection.close()


def joined(engine, edges):
    engine.execute("CREATE OR REPLACE TABLE e (a BIGINT, b BIGINT)")
    if edges:
        engine.execute(f"INSERT INTO e VALUES {', '.join(map(str, edges))}")
    rounds = union(engine, "e", "roots")
    return dict(engine.execute("SELECT node, root FROM roots").fetchall()), rounds


def others(tops):
    return {node: top for node, top in tops.items() if node != top}


node = st.integers(0, 25)
graph = st.lists(st.tuples(node, node), max_size=40)


@settings(max_examples=120, deadline=None)
@given(edges=graph, order=st.randoms(use_true_random=False))
def test_it_finds_the_components_in_any_order_direction_and_number(engine, edges, order):
    told = [edge[::-1] if order.random() < 0.5 else edge for edge in edges + edges[: len(edges) // 2]]
    order.shuffle(told)
    assert joined(engine, told)[0] == others(components(edges))


@pytest.mark.parametrize(
    "edges",
    [
        [(n, n + 1) for n in range(999)],
        [(n, 1000) for n in range(999)],
        [(0, n) for n in range(1, 999)],
        [(n, 2000 - n) for n in range(900)] + [(n, 2001 - n) for n in range(1, 900)],
        [(n, n // 2) for n in range(1, 1000)],
        [(n * 7919 % 1009, (n + 1) * 7919 % 1009) for n in range(1008)],
    ],
    ids=["path", "star around the youngest", "star around the oldest", "zigzag", "tree", "shuffled path"],
)
def test_long_and_wide_components_take_few_rounds(engine, edges):
    found, rounds = joined(engine, edges)
    assert found == others(components(edges))
    assert rounds <= 20


@given(edges=graph, apart=st.lists(st.tuples(node, node).filter(lambda p: p[0] != p[1]), max_size=6))
def test_held_apart_never_come_together_and_nobody_else_is_torn(edges, apart):
    tops = joined_apart(edges, apart)
    root = {n: tops.get(n, n) for n in range(26)}
    assert all(root[a] != root[b] for a, b in apart)
    assert all(root[root[n]] == root[n] <= n for n in root)
    torn = [(a, b) for a, b in edges if root[a] != root[b]]
    enemies = {frozenset((root[a], root[b])) for a, b in apart}
    assert all(frozenset((root[a], root[b])) in enemies for a, b in torn)
    if not apart:
        assert tops == others(components(edges))
