"""Fitting small boosted trees: scikit-learn's histograms do the work, what comes out are arrays of ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.trees import LEAVES, Tree, Trees

ROUNDS, RATE = 200, 0.05
SMOOTH = 1.0  # ridge on what leaves say
LEAST = 40  # learned rows in a leaf
THREADS = 1  # with two on a busy machine it burned nine times the processor time, waiting


def boosted(
    columns: npt.ArrayLike, event: npt.ArrayLike, *, rounds: int = ROUNDS, least: int = LEAST
) -> Trees | Unknown:  # fmt: skip
    """Log-loss gradient boosting (Friedman, Ann. Statist. 29 (2001) 1189–1232) of trees with at most eight leaves.

    columns: shape (n, k), NaN where nobody knows; event: shape (n,). Rows count alike: weights by class would destroy
    the chances. Nothing is drawn, so that the same rows give the same trees. Unknown for one kind of rows, or too few.
    """
    x, y = np.asarray(columns, dtype=float), np.asarray(event, dtype=bool)
    if x.ndim != 2 or y.shape != (len(x),):
        raise ValueError(f"columns {x.shape} must have a row for each of the events {y.shape}")
    if not 0 < y.sum() < len(y):
        return Unknown("it happened to nobody, or to everybody", "rows of both kinds")
    if len(y) < 2 * least:
        return Unknown(f"{len(y)} rows to learn from, {2 * least} are the fewest", "more customers, or a longer time")
    # Each takes a second or more to load, which commands that fit nothing need not pay.
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingClassifier(
        max_iter=rounds, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=least, l2_regularization=SMOOTH,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    with threadpool_limits(limits=THREADS):
        model.fit(x, y)
    return Trees(float(model._baseline_prediction[0, 0]), tuple(_tree(one.nodes) for (one,) in model._predictors))


def _tree(nodes: Any) -> Tree:
    """A predictor's nodes are a record array; that they mean what we read is held by tests against its own answers."""
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        column=np.where(leaf, -1, nodes["feature_idx"].astype(np.int64)),
        threshold=nodes["num_threshold"].astype(float),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        left=nodes["left"].astype(np.int64), right=nodes["right"].astype(np.int64),
        value=nodes["value"].astype(float), rows=nodes["count"].astype(float),
    )  # fmt: skip
