"""Trees say what scikit-learn's own would, and what each group of columns adds is what Shapley's sum over orders gives."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.boosting import LEAST, RATE, SMOOTH, boosted
from holdfast.estimates.trees import LEAVES, Tree, Trees, contributions


def rows(n=3000, k=6, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k))
    x[rng.random((n, k)) < 0.15] = np.nan
    odds = np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + np.nan_to_num(x[:, 2]) - np.isnan(x[:, 3])
    return x, rng.random(n) < 1 / (1 + np.exp(-odds))


def leaf(value, count=1.0):
    return {"column": -1, "value": value, "rows": count}


def tree(*nodes):
    full = [
        {"threshold": 0.0, "missing_left": False, "left": 0, "right": 0, "value": 0.0, "rows": 0.0} | n for n in nodes
    ]
    return Tree(**{name: np.array([n[name] for n in full]) for name in Tree.__slots__})


def walked(one, row, known, node=0):
    """What a tree says of a row of which only some columns are known, node by node as the paper has it."""
    if one.column[node] < 0:
        return one.value[node]
    left, right = one.left[node], one.right[node]
    value = row[one.column[node]]
    if one.column[node] in known:
        goes_left = one.missing_left[node] if np.isnan(value) else value <= one.threshold[node]
        return walked(one, row, known, left if goes_left else right)
    a, b = one.rows[left], one.rows[right]
    return (a * walked(one, row, known, left) + b * walked(one, row, known, right)) / (a + b)


@pytest.fixture(scope="module")
def fitted():
    x, y = rows()
    return x, y, boosted(x, y, rounds=30)


def test_trees_say_what_scikit_learn_says(fitted):
    x, y, trees = fitted
    with threadpool_limits(1):
        theirs = HistGradientBoostingClassifier(
            max_iter=30, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=LEAST, l2_regularization=SMOOTH,
            early_stopping=False, random_state=0,
        ).fit(x, y)  # fmt: skip
        assert trees.chance(x) == pytest.approx(theirs.predict_proba(x)[:, 1], abs=1e-12)


def test_contributions_sum_to_the_log_odds_exactly(fitted):
    x, _, trees = fitted
    told = contributions(trees, x, [0, 0, 1, 2, 2, 1])
    chance = trees.chance(x)
    assert told.sum(axis=1) == pytest.approx(np.log(chance / (1 - chance)), abs=1e-10)
    assert np.ptp(told[:, -1]) == 0


@pytest.mark.parametrize("group", [[0, 1, 2, 3, 4, 5], [0, 0, 1, 2, 2, 1]])
def test_contributions_are_the_mean_over_all_orders_of_learning(fitted, group):
    x, _, trees = fitted
    told = contributions(trees, x[:5], group)
    players = sorted(set(group))
    orders = list(permutations(players))
    for row in range(5):
        asked = np.zeros(len(players))

        @cache  # of all orders there are many more than of sets of what is known
        def said(known: frozenset[int], row: int = row) -> float:
            return sum(walked(one, x[row], known) for one in trees.trees)

        for order in orders:
            known: frozenset[int] = frozenset()
            for player in order:
                before = said(known)
                known |= {c for c, g in enumerate(group) if g == player}
                asked[player] += said(known) - before
        assert told[row, :-1] == pytest.approx(asked / len(orders), abs=1e-10)


def test_a_column_that_is_not_asked_adds_nothing():
    one = tree({"column": 0, "left": 1, "right": 2}, leaf(-1.0, 3.0), leaf(2.0, 1.0))
    told = contributions(Trees(0.5, (one,)), [[-1.0, 9.0], [1.0, 9.0], [np.nan, 9.0]], [0, 1])
    middle = (3 * -1 + 2) / 4
    assert told == pytest.approx(np.array([[-1 - middle, 0, 0.5 + middle], *[[2 - middle, 0, 0.5 + middle]] * 2]))


def test_the_same_rows_give_the_same_trees(fitted):
    x, y, trees = fitted
    again = boosted(x, y, rounds=30)
    assert (again.chance(x) == trees.chance(x)).all()


def test_chances_hold_where_they_were_learned(fitted):
    x, y, trees = fitted
    assert trees.chance(x).mean() == pytest.approx(y.mean(), abs=0.01)


def test_who_all_left_teach_nothing():
    assert "to everybody" in boosted(np.ones((100, 2)), np.ones(100, bool)).why
    assert isinstance(boosted(np.ones((20, 2)), np.arange(20) < 9), Unknown)


def test_a_tree_with_more_leaves_is_refused():
    deep = [{"column": 0, "left": 2 * n + 1, "right": 2 * n + 2} for n in range(LEAVES)]
    with pytest.raises(ValueError, match="7 are the most"):
        contributions(Trees(0.0, (tree(*deep, *[leaf(0.0)] * (LEAVES + 1)),)), [[1.0]], [0])
