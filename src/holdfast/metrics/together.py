"""Metrics whose units are rows of one table, asked in one scan of it.

A metric says what its units are and knows of no other. Most choose rows of the same few marts and count different
columns of them: laid side by side they cost one reading instead of many, and every tally stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.operations as ops

from holdfast.metrics.declare import UNIT_COLUMNS, WAITS, Metric
from holdfast.warehouse.engine import compiled

SHARED = ("unit_id", "shop_id", "customer_id", "anchor", "matures_on")  # what rows asked together have in common
_ROWWISE = (ops.Project, ops.Filter)
_NOT_ROWWISE = (ops.Analytic, ops.Reduction, ops.WindowFunction, ops.Unnest)


@dataclass(frozen=True, slots=True)
class Asked:
    """One metric of a scan: the names of its columns there. kept: a condition on the row (None: every row is a unit);
    counted, out_of: None where every unit counts one."""

    metric: Metric
    kept: str | None = None
    counted: str | None = "counted"
    out_of: str | None = "out_of"


@dataclass(frozen=True, slots=True)
class Scan:
    """SQL whose rows are the units of every metric asked, with the columns SHARED.

    at_once: a unit matures on the day it is dated by; of_customers: every unit is a customer's.
    """

    sql: str
    asked: tuple[Asked, ...]
    at_once: bool = False
    of_customers: bool = False


@dataclass(frozen=True, slots=True)
class _Rows:
    """Unit rows taken apart: the rows of `base` that fulfil all of `kept`, and what each column is of them."""

    metric: Metric
    base: ops.Relation
    kept: frozenset[ops.Value]
    columns: dict[str, ops.Value]

    @property
    def at_once(self) -> bool:
        return bool(self.columns["matures_on"] == self.columns["anchor"])

    @property
    def of_customers(self) -> bool:
        return bool(self.columns["customer_id"] == self.columns["unit_id"])


def units_of(scan: Scan, asked: Asked) -> str:
    """The unit rows of one metric of a scan."""
    where = f" WHERE {asked.kept}" if asked.kept else ""
    measured = f"{asked.counted or '1.0'} AS counted, {asked.out_of or '1.0'} AS out_of"
    return f"SELECT {', '.join(SHARED)}, {measured} FROM ({scan.sql}){where}"


def alone(metric: Metric, sql: str) -> Scan:
    """The metric's own SQL as it stands."""
    return Scan(sql, (Asked(metric),))


def scans(
    metrics: Iterable[Metric], rows: Callable[[Metric], ibis.Table], sql: Callable[[Metric], str]
) -> list[Scan]:  # fmt: skip
    """As few scans as the metrics' unit rows allow; waiting times and figures from
    outside, which are tallied differently, and rows with dimensions of their own stay alone.

    rows: a metric's unit rows. sql: the same as text, asked for where they stay alone.
    """
    groups: dict[object, list[_Rows]] = {}
    apart: list[Metric] = []
    for metric in metrics:
        if metric.kind in (*WAITS, "stated") or metric.own:
            apart.append(metric)
            continue
        found = _taken_apart(metric, rows(metric))
        groups.setdefault((found.base, *(found.columns[c] for c in SHARED), metric.span), []).append(found)
    shared = [_side_by_side(group) for group in groups.values() if len(group) > 1]
    apart_known = [_by_itself(group[0], sql(group[0].metric)) for group in groups.values() if len(group) == 1]
    return shared + [alone(metric, sql(metric)) for metric in apart] + apart_known


def _by_itself(found: _Rows, sql: str) -> Scan:
    """The metric's own SQL as it stands, with what is known of its columns."""
    counted, out_of = (None if _is_one(found.columns[c]) else c for c in ("counted", "out_of"))
    return Scan(sql, (Asked(found.metric, None, counted, out_of),), found.at_once, found.of_customers)


def _taken_apart(metric: Metric, whole: ibis.Table) -> _Rows:
    base: ops.Relation = whole.op()
    columns: dict[str, ops.Value] = {c: ops.Field(base, c) for c in UNIT_COLUMNS}
    kept: list[ops.Value] = []
    while isinstance(base, _ROWWISE) and not _looks_beyond_its_row(base):
        inner = base.parent
        if isinstance(base, ops.Project):
            means = {ops.Field(base, name): value for name, value in base.values.items()}
        else:
            means = {ops.Field(base, name): ops.Field(inner, name) for name in base.schema}
        columns = {name: value.replace(means) for name, value in columns.items()}
        kept = [value.replace(means) for value in kept]
        kept += base.predicates if isinstance(base, ops.Filter) else ()
        base = inner
    return _Rows(metric, base, frozenset(kept), columns)


def _looks_beyond_its_row(step: ops.Project | ops.Filter) -> bool:
    values = step.values.values() if isinstance(step, ops.Project) else step.predicates
    return any(value.find(_NOT_ROWWISE, filter=ops.Value) for value in values)


def _side_by_side(group: Sequence[_Rows]) -> Scan:
    table = group[0].base.to_expr()
    conditions, values = _Named("kept"), _Named("value")
    shared = all(found.kept == group[0].kept for found in group)
    asked = tuple(
        Asked(
            found.metric,
            None if shared or not found.kept else conditions.name(_all(found.kept)),
            *(None if _is_one(found.columns[c]) else values.name(found.columns[c]) for c in ("counted", "out_of")),
        )
        for found in group
    )
    wanted = {found.kept for found in group}
    chosen = [ibis.or_(*(_all(kept).to_expr() for kept in sorted(wanted, key=repr)))] if all(wanted) else []
    columns = {c: group[0].columns[c] for c in SHARED} | conditions.named | values.named
    rows = table.filter(*chosen) if chosen else table
    sql = compiled(rows.select(**{name: value.to_expr() for name, value in columns.items()}))
    return Scan(sql, asked, group[0].at_once, group[0].of_customers)


class _Named:
    """Expressions by name, each once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.named: dict[str, ops.Value] = {}

    def name(self, value: ops.Value) -> str:
        for name, known in self.named.items():
            if known == value:
                return name
        name = f"{self._prefix}_{len(self.named)}"
        self.named[name] = value
        return name


def _all(kept: frozenset[ops.Value]) -> ops.Value:
    return ibis.and_(*(value.to_expr() for value in sorted(kept, key=repr))).op()


def _is_one(value: ops.Value) -> bool:
    return isinstance(value, ops.Literal) and value.value == 1
