"""Landing: staged rows in, one load folder out, with a receipt. All of it or none of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from holdfast.warehouse import receipts as book
from holdfast.warehouse.damage import check_loads, told_plainly
from holdfast.warehouse.engine import parquet_rows, quoted, text
from holdfast.warehouse.erased_rejects import mask_staged
from holdfast.warehouse.erasure import IDENTIFIERS, erased, names_somebody
from holdfast.warehouse.files import publish_folder
from holdfast.warehouse.home import Home, Shop, scratch
from holdfast.warehouse.keys import NOUNS, issue_keys, whole_key, whole_keys
from holdfast.warehouse.receipts import Landed, Receipt
from holdfast.warehouse.staging import LINE_TABLES, REPEATS, WHOLE, WHOLE_ORDER, Staged, staged_columns
from holdfast.warehouse.tables import LANDED, Table
from holdfast.warehouse.tables.declare import Column
from holdfast.warehouse.versions import compare

Progress = Callable[[str, float], None]
# Version 2 halves whole numbers; a dictionary is for columns that repeat, and gives up early on those that do not.
_PARQUET = "PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 6000"


class Steps:
    """Which step took how long; CPU seconds of the whole process."""

    def __init__(self, progress: Progress | None) -> None:
        self.taken: list[dict[str, float | str]] = []
        self._progress = progress
        self._begun = ""
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def begin(self, name: str, fraction: float) -> None:
        """Another step starts; the one begun before it is over."""
        if self._begun:
            self.done(self._begun, fraction)
        elif self._progress:
            self._progress(name, fraction)
        self._begun = name

    def done(self, name: str, fraction: float) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        self.taken.append(
            {"name": name, "wall_seconds": round(wall - self._wall, 3), "cpu_seconds": round(cpu - self._cpu, 3)}
        )
        self._wall, self._cpu = wall, cpu
        if self._progress:
            self._progress(name, fraction)


def land(
    home: Home,
    shop: Shop,
    staged: Staged,
    connection: duckdb.DuckDBPyConnection,
    *,
    mapping_name: str,
    now: datetime | None = None,
    steps: Steps | None = None,
) -> Receipt:
    """Key, compare and write what a source staged; the caller holds `lock.writing`.

    Rows already known and unchanged are not written again: importing a file twice changes nothing.
    Raises DiskProblem or DamagedLoad; whatever goes wrong, earlier loads are as before.
    """
    with told_plainly(home):
        before = book.receipts(home)
        check_loads(home, (r for r in before if r.shop_id == shop.shop_id))
        load_id = max((r.load_id for r in before), default=0) + 1
        staged = replace(staged, erased=erased(home))
        with scratch(home, f"load-{load_id}") as beside:
            receipt = _write(
                home, shop, staged, connection, before, load_id, beside, mapping_name, now, steps or Steps(None)
            )
            if receipt.load_id:
                publish_folder(beside, book.folder(home, load_id))
            return receipt


def _write(
    home: Home, shop: Shop, staged: Staged, connection: duckdb.DuckDBPyConnection, before: list[Receipt],
    load_id: int, beside: Path, mapping_name: str, now: datetime | None, steps: Steps,
) -> Receipt:  # fmt: skip
    mine = [r for r in before if r.shop_id == shop.shop_id]
    recorded_at = (now or datetime.now(UTC)).replace(microsecond=0)  # noqa: TID251 (when it was learned)
    earlier = {r.load_id: book.folder(home, r.load_id) for r in mine}
    known = {noun: _present(earlier, f"key_{noun}") for noun in NOUNS}
    issued = issue_keys(connection, staged, known, before[-1].next_keys if before else {})
    next_keys = issued.next_keys
    whole_keys(connection, staged, issued.of_whole)
    steps.done("keys", 0.55)
    counts: dict[str, Landed] = {}
    twice = staged.told_twice
    orphaned: set[str] = set()  # line tables that speak of a document or product that nothing else tells of
    stamp = f"TIMESTAMP {text(recorded_at.strftime('%Y-%m-%d %H:%M:%S'))} AS recorded_at, {load_id}::BIGINT AS load_id"
    for table in (t for t in LANDED if t.name in staged.tables):
        files = _present(earlier, table.name)
        if table.name in staged.straight and not files:
            path = beside / f"{table.name}.parquet"
            _copy(connection, _straight(connection, table, shop, staged, issued.of_whole, stamp), path)
            counts[table.name] = Landed(_look_back(connection, table, path), 0, 0)
            steps.done(f"write {table.name}", 0.6)
            continue
        after, rows = _key(connection, table, shop, staged, next_keys)
        orphaned |= {table.name} if after != next_keys else set()
        next_keys = after
        twice += _told_twice(connection, table, rows)
        counts[table.name] = compare(connection, table, files, rows)
        steps.done(f"compare {table.name}", 0.6)
    totals = _totals(connection, staged, orphaned)
    receipt = Receipt(
        load_id, shop.name, shop.shop_id, mapping_name, staged.files, staged.fingerprints, recorded_at,
        staged.rows_read, staged.rows_rejected, counts, totals, next_keys, steps.taken, shop.simulated,
        twice, staged.left_empty, staged.added_up, staged.customer_headers,
    )  # fmt: skip
    if staged.erased and staged.rows_rejected:
        mask_staged(connection, staged.customer_headers, _erased_sources(known["customer"], staged.erased))
    if not receipt.changed_anything and book.same_rejects(connection, home, receipt, mine):
        return _as_nothing_new(receipt)
    for name, landed in counts.items():
        path = beside / f"{name}.parquet"
        if (landed.new or landed.changed) and not path.exists():
            _copy(connection, f"SELECT *, {stamp} FROM landing_{name}", path)
            steps.done(f"write {name}", 0.9)
    for noun in NOUNS:
        if next_keys.get(noun, 1) > (before[-1].next_keys.get(noun, 1) if before else 1):
            _copy(connection, f"SELECT source, key FROM new_key_{noun}", beside / f"key_{noun}.parquet")
    if staged.rows_rejected:
        _copy(connection, f"SELECT *, {load_id}::BIGINT AS load_id FROM stage_reject", beside / "reject.parquet")
    steps.done("write keys and rejects", 1.0)
    staged.unchanged()
    book.write(receipt, beside)
    return receipt


def _erased_sources(files: Sequence[Path], erased: Collection[int]) -> str:
    """SQL: the shop's numbers of who was erased."""
    listed = ", ".join(map(str, sorted(erased)))
    return f"SELECT source FROM ({parquet_rows(files)}) WHERE key IN ({listed})" if files else "SELECT NULL"


def _as_nothing_new(receipt: Receipt) -> Receipt:
    return replace(receipt, load_id=0)


def _present(loads: dict[int, Path], name: str) -> list[Path]:
    return [path for folder in loads.values() if (path := folder / f"{name}.parquet").is_file()]


def _copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    connection.execute(f"COPY ({select}) TO {text(str(path))} (FORMAT parquet, {_PARQUET})")


def _straight(
    connection: duckdb.DuckDBPyConnection, table: Table, shop: Shop, staged: Staged, of_whole: str, stamp: str
) -> str:
    """A SELECT of rows to land that are not in the shop yet and each have a key of their own (`Staged.straight`).

    Only lines of documents in which a product may stand twice are kept aside and given their places.
    """
    there = {row[0] for row in connection.execute(f"DESCRIBE stage_{table.name}").fetchall()}
    # Nothing is compared with it: text that is but a whole number is written as one, and read as text (`current`).
    numbers = {name: whole for name, whole in WHOLE.items() if whole in there}
    if WHOLE["customer_source"] in there:
        whole_key(connection, "customer")
    if table.name not in LINE_TABLES:
        return (
            f"SELECT *, false AS supersedes, {stamp} FROM ({_joined(table, shop, staged, of_whole, numbers=numbers)})"
        )
    sure = f"(SELECT * FROM stage_{table.name} ANTI JOIN {REPEATS} USING ({WHOLE_ORDER}))"
    unsure = f"(SELECT * FROM stage_{table.name} SEMI JOIN {REPEATS} USING ({WHOLE_ORDER}))"
    joined = _joined(table, shop, staged, of_whole, unsure)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE joined_{table.name} AS {joined}")
    _place(connection, table)
    straight = _joined(table, shop, staged, of_whole, sure, numbers)
    cast = ", ".join(f"CAST({name} AS BIGINT) AS {name}" for name in numbers if name == "line_number")
    unsaid = ", ".join(sorted(staged.empty.get(table.name, ())))
    all_but = f"*{f' EXCLUDE ({unsaid})' if unsaid else ''}{f' REPLACE ({cast})' if cast else ''}"
    placed = f"SELECT {all_but} FROM keyed_{table.name}"
    return (
        f"SELECT *, false AS supersedes, {stamp} FROM"
        f" (SELECT *, 1::BIGINT AS place FROM ({straight}) UNION ALL BY NAME {placed})"
    )


def _look_back(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> int:
    """Let what has been written stand for the keyed rows; how many they are."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW keyed_{table.name} AS FROM read_parquet({text(str(path))})")
    (rows,) = connection.execute(f"SELECT count(*) FROM keyed_{table.name}").fetchone() or (0,)
    return int(rows)


def _key(
    connection: duckdb.DuckDBPyConnection, table: Table, shop: Shop, staged: Staged, next_keys: dict[str, int]
) -> tuple[dict[str, int], int]:
    """Leave `keyed_<table>`: surrogate keys in, one row per key. Returns the next free keys and its rows."""
    if table.name in LINE_TABLES:
        return _key_lines(connection, table, shop, staged, next_keys)
    keyed = f"keyed_{table.name}"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {keyed} AS {_joined(table, shop, staged)}")
    key = ", ".join(map(quoted, table.key))
    told, rows = connection.execute(
        f"SELECT coalesce(sum(n), 0)::BIGINT, count(*) FROM (SELECT count(*) AS n FROM {keyed} GROUP BY {key})"
    ).fetchone() or (0, 0)
    if told > rows:
        # One file may tell of the same thing twice. Cells are taken one by one, so that what either row says is
        # kept: in plain tables the later one's, elsewhere the greatest, whatever the order of rows.
        rest = ", ".join(f"{_kept(table, c)} AS {quoted(c.name)}" for c in table.columns if c.name not in table.key)
        rest += ", max(file_no) AS file_no, arg_max(line, (file_no, line)) AS line"
        once = f"once_{table.name}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {once} AS SELECT {key}, {rest} FROM {keyed} GROUP BY {key}")
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {keyed} AS SELECT * FROM {once}")
    return next_keys, rows


def _kept(table: Table, column: Column) -> str:
    if column.keep == "least":
        return f"min({quoted(column.name)})"
    return f"arg_max({quoted(column.name)}, (file_no, line))" if table.plain else f"max({quoted(column.name)})"


def _joined(
    table: Table, shop: Shop, staged: Staged, of_whole: str = "", source: str = "",
    numbers: dict[str, str] | None = None,
) -> str:  # fmt: skip
    """A SELECT of `stage_<table>` (or of `source`, the same columns) with surrogate keys in.

    of_whole: see `Issued`. numbers: text column → the staged whole number to take in its place.
    """
    columns, joins = [], []
    unsaid = staged.empty.get(table.name, frozenset()) if numbers is not None else frozenset()
    whole_table = staged.whole_orders and table.name in ("order", "order_line")
    blank = names_somebody(table) if staged.erased else ()
    gone = f"customer_k.key IN ({', '.join(map(str, sorted(staged.erased)))})" if _told_of(table, staged) else ""
    for column in table.columns:
        if column.name == "shop_id":
            columns.append(f"{shop.shop_id}::BIGINT AS shop_id")
        elif column.name == "place" or (column.name in unsaid and not column.required):
            continue
        elif whole_table and column.names == "order" and of_whole:
            columns.append(f"{of_whole} AS {quoted(column.name)}")
        elif column.names and column.name in staged.empty.get(table.name, ()):
            columns.append(f"NULL::BIGINT AS {quoted(column.name)}")
        elif column.names == "customer" and column.staged_name in (numbers or {}):
            columns.append("customer_k.key AS customer_id")
            joins.append("LEFT JOIN key_whole_customer AS customer_k ON customer_k.whole = s.customer_whole")
        elif column.names:
            columns.append(f"{column.names}_k.key AS {quoted(column.name)}")
            joins.append(_join(column, whole_table and column.names == "order"))
        else:
            cell = f"s.{quoted((numbers or {}).get(column.name, column.name))}"
            if gone and column.name in blank:
                cell = f"CASE WHEN {gone} THEN NULL ELSE {cell} END"
            columns.append(f"{cell} AS {quoted(column.name)}")
    columns += ["s.file_no", "s.line"]
    source = source or f"stage_{table.name}"
    kept = f" WHERE NOT coalesce({gone}, false)" if gone and table.name == IDENTIFIERS else ""
    return f"SELECT {', '.join(columns)} FROM {source} AS s {' '.join(joins)}{kept}"


def _told_of(table: Table, staged: Staged) -> bool:
    """Whether its rows may tell of somebody who was erased."""
    theirs = any(c.names == "customer" and c.name not in staged.empty.get(table.name, ()) for c in table.columns)
    return bool(staged.erased) and theirs and bool(names_somebody(table) or table.name == IDENTIFIERS)


def _join(column: Column, whole: bool) -> str:
    if whole:
        return f"LEFT JOIN key_whole_order AS order_k ON order_k.whole = s.{WHOLE_ORDER}"
    return f"LEFT JOIN key_{column.names} AS {column.names}_k ON {column.names}_k.source = s.{column.staged_name}"


def _key_lines(
    connection: duckdb.DuckDBPyConnection, table: Table, shop: Shop, staged: Staged, next_keys: dict[str, int]
) -> tuple[dict[str, int], int]:
    """Key the lines and number equal products of one document 1, 2, … so that true duplicates stay apart."""
    joined = f"joined_{table.name}"
    make = f"CREATE OR REPLACE TEMP TABLE {joined} AS {_joined(table, shop, staged)}"
    connection.execute(make)
    orphans = next_keys
    for column in table.columns:
        unkeyed = f"SELECT 1 FROM {joined} WHERE {column.name} IS NULL LIMIT 1"
        if column.names and connection.execute(unkeyed).fetchone():
            orphans = _key_orphans(connection, table, column.names, orphans)
    if orphans != next_keys:
        next_keys = orphans
        whole_keys(connection, staged)
        connection.execute(make)
    for relation, kind in staged.behind.get(table.name, {}).items():
        connection.execute(f"DROP {kind} IF EXISTS {relation}")
    return next_keys, _place(connection, table)


def _place(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Leave `keyed_<line table>`: the rows of `joined_<line table>` with their places. Returns how many."""
    parent, joined = table.key[0], f"joined_{table.name}"
    # Where the source numbers its lines, one number told twice in a file is one line told twice.
    numbered = any(column.name == "line_number" for column in table.columns)
    once = (
        f" QUALIFY line_number IS NULL OR row_number() OVER (PARTITION BY file_no, {parent}, product_id, line_number"
        f" ORDER BY {_content(table)}) = 1"
        if numbered
        else ""
    )
    columns = ", ".join([*(quoted(c.name) for c in table.columns if c.name != "place"), "file_no", "line"])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated_{table.name} AS SELECT {parent}, product_id FROM {joined}"
        " GROUP BY ALL HAVING count(*) > 1"
    )
    # A place is counted within one file; the same place in two files is the same line, and the later
    # file is believed, cell by cell: an empty cell says nothing. Most lines stand alone and skip the window.
    rest = [quoted(c.name) for c in table.columns if c.name not in table.key]
    newest = ", ".join([f"arg_max({name}, file_no) AS {name}" for name in (*rest, "line")])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE placed_{table.name} AS"
        f" SELECT {parent}, product_id, place, {newest}, max(file_no) AS file_no FROM (SELECT *, row_number() OVER ("
        f" PARTITION BY file_no, {parent}, product_id ORDER BY {_content(table)}) AS place"
        f" FROM (SELECT * FROM {joined} SEMI JOIN repeated_{table.name} USING ({parent}, product_id){once}))"
        f" GROUP BY {parent}, product_id, place"
    )
    (several,) = connection.execute(f"SELECT count(*) FROM repeated_{table.name}").fetchone() or (0,)
    apart = f" ANTI JOIN repeated_{table.name} USING ({parent}, product_id)" if several else ""
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW keyed_{table.name} AS SELECT {columns}, 1::BIGINT AS place FROM {joined}{apart}"
        f" UNION ALL BY NAME SELECT * FROM placed_{table.name}"
    )
    (rows,) = connection.execute(f"SELECT count(*) FROM keyed_{table.name}").fetchone() or (0,)
    return int(rows)


def _told_twice(connection: duckdb.DuckDBPyConnection, table: Table, rows: int) -> int:
    """Rows told that are no row of their own: one place in two files, one line number or plain key told twice."""
    if table.name not in LINE_TABLES and not table.plain:
        return 0
    source = "joined" if table.name in LINE_TABLES else "stage"
    (told,) = connection.execute(f"SELECT count(*) FROM {source}_{table.name}").fetchone() or (rows,)
    return int(told) - rows


def _content(table: Table) -> str:
    """What equal products of one document are sorted by: the line's own number first, then its cells."""
    return ", ".join(
        quoted(name)
        for name in staged_columns(table.name)
        if name not in ("file_no", "line") and not name.endswith("_source")
    )


def _key_orphans(
    connection: duckdb.DuckDBPyConnection, table: Table, noun: str, next_keys: dict[str, int]
) -> dict[str, int]:
    """Give a key to documents that only their lines speak of; an audit shows them."""
    orphans = (
        f"SELECT DISTINCT {noun}_source AS source FROM stage_{table.name} AS s"
        f" ANTI JOIN key_{noun} AS k ON k.source = s.{noun}_source WHERE s.{noun}_source IS NOT NULL"
    )
    first = next_keys.get(noun, 1)
    connection.execute(f"INSERT INTO new_key_{noun} SELECT source, row_number() OVER () + {first - 1} FROM ({orphans})")
    (last,) = connection.execute(f"SELECT coalesce(max(key), 0) FROM new_key_{noun}").fetchone() or (0,)
    return next_keys | {noun: max(first, last + 1)}


def _totals(connection: duckdb.DuckDBPyConnection, staged: Staged, orphaned: set[str]) -> dict[str, dict[str, int]]:
    """Totals by currency over what landed of this import, new or not, so that they can be held against the shop's.

    A refund counts by its lines; one without lines by its amount.
    """
    totals: dict[str, dict[str, int]] = {}
    for word, parent, lines, amount in (
        ("orders", "order", "order_line", "gross_minor"),
        ("refunds", "refund", "refund_line", "subtotal_minor"),
    ):
        if parent in staged.tables and lines in staged.tables:
            spoken = connection.execute(f"SELECT DISTINCT currency FROM stage_{parent}").fetchall()
            alike = len(spoken) == 1 and lines not in orphaned
            beside = "" if alike else f" JOIN keyed_{parent} AS p USING ({parent}_id)"
            currency = "p.currency" if beside else text(str(spoken[0][0]))
            rows = connection.execute(
                f"SELECT {currency} AS currency, sum(l.{amount})::BIGINT FROM keyed_{lines} AS l{beside}"
                " GROUP BY 1 ORDER BY 1"
            ).fetchall()
            for currency, minor in rows:
                totals.setdefault(str(currency), {})[word] = int(minor or 0)
    if "order" in staged.tables and "order_line" not in staged.tables:
        for currency, minor in connection.execute(
            "SELECT currency, sum(subtotal_minor)::BIGINT FROM keyed_order GROUP BY 1 ORDER BY 1"
        ).fetchall():
            totals.setdefault(str(currency), {})["orders"] = int(minor or 0)
    if "refund" in staged.tables:
        for currency, minor in connection.execute(_amounts_only(staged)).fetchall():
            said = totals.setdefault(str(currency), {})
            said["refunds"] = said.get("refunds", 0) + int(minor)
    return totals


def _amounts_only(staged: Staged) -> str:
    """What refunds without lines gave back. An order's own total repeats the refunds that this import tells of it."""
    lineless = " WHERE amount_minor IS NOT NULL"
    if "refund_line" in staged.tables:
        lineless += " AND refund_id NOT IN (SELECT refund_id FROM keyed_refund_line)"
    total = "coalesce(refund_number IS NULL AND processed_at IS NULL AND order_id IS NOT NULL, false)"
    others = f"SELECT order_id FROM keyed_refund WHERE NOT {total} AND order_id IS NOT NULL"
    return (
        f"SELECT currency, sum(amount_minor)::BIGINT FROM keyed_refund{lineless}"
        f" AND NOT ({total} AND order_id IN ({others})) GROUP BY 1 HAVING sum(amount_minor) <> 0 ORDER BY 1"
    )
