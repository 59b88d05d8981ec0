"""stage_ticket_status_history from a log of ticket updates: only the updates that changed a status."""

from __future__ import annotations

import duckdb

from holdfast.sources.files.leave import leave
from holdfast.sources.files.rows import Rows
from holdfast.sources.files.tablefields import our_word
from holdfast.warehouse.tables.support import TICKET_STATUS_HISTORY


def leave_status_changes(con: duckdb.DuckDBPyConnection, updates: Rows) -> None:
    """One row per stretch of updates with one status, in the order of the file, dated by its earliest update.

    Clocks of a desk go to the minute and sometimes back; the file's own order says what came first. `step` keeps it.
    """
    word, role = (TICKET_STATUS_HISTORY.column(name) for name in ("status", "changed_by_role"))
    by = updates.col("changed_by_role")
    told = (
        f"SELECT ticket_id, changed_at, {our_word(word, 'status')} AS status, {our_word(role, by)} AS by_role, file_no,"
        f" line FROM {updates.table} WHERE wrong = 0"
    )
    order = "PARTITION BY ticket_id ORDER BY file_no, line"
    marked = f"SELECT *, status IS DISTINCT FROM lag(status) OVER ({order}) AS fresh FROM ({told})"
    stretch = f"SELECT *, sum(fresh::INTEGER) OVER ({order}) AS step FROM ({marked})"
    # The source's own word for it is not kept: two of them may be one of ours, and then nothing changed.
    changes = (
        "SELECT ticket_id, status, step, min(changed_at) AS changed_at, arg_min(by_role, (file_no, line)) AS by_role"
        f" FROM ({stretch}) GROUP BY ticket_id, status, step"
    )
    once = (
        f"(SELECT ticket_id, status, changed_at, min(step) AS step, arg_min(by_role, step) AS by_role FROM ({changes})"
    )
    values = {
        "ticket_source": "ticket_id", "changed_at": "changed_at", "status": "status", "changed_by_role": "by_role",
        "step": "step",
    }  # fmt: skip
    leave(con, TICKET_STATUS_HISTORY.name, values, f"{once} GROUP BY ticket_id, status, changed_at)")
