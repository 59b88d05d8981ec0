"""Whether an expression can have rows when some of its tables have none, told by its shape alone."""

from __future__ import annotations

from collections.abc import Collection

import ibis.expr.operations as ops

_OF_PARENT = (ops.Project, ops.Filter, ops.Sort, ops.Limit, ops.Distinct, ops.DropColumns, ops.FillNull, ops.DropNull,
              ops.SelfReference, ops.JoinReference)  # fmt: skip
_BOTH_SIDES = ("inner", "cross", "semi")  # joins without rows as soon as one side has none
_LEFT_SIDE = ("left", "anti", "asof")  # joins without rows where the left side has none


def no_rows(relation: ops.Relation, empty: Collection[str]) -> bool:
    """True only where it is certain. empty: the names of tables without rows."""
    if isinstance(relation, ops.UnboundTable):
        return relation.name in empty
    if isinstance(relation, _OF_PARENT) or (isinstance(relation, ops.Aggregate) and relation.groups):
        return no_rows(relation.parent, empty)
    if isinstance(relation, ops.Union):
        return no_rows(relation.left, empty) and no_rows(relation.right, empty)
    if isinstance(relation, ops.JoinChain):
        return _joined(relation, empty)
    return False


def _joined(chain: ops.JoinChain, empty: Collection[str]) -> bool:
    none = no_rows(chain.first, empty)
    for link in chain.rest:
        other = no_rows(link.table, empty)
        if link.how in _BOTH_SIDES:
            none = none or other
        elif link.how not in _LEFT_SIDE:
            none = none and other
    return none
