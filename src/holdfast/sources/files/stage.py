"""Files into staged relations: the whole way, in bulk, inside one DuckDB connection."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from holdfast.sources.files.fields import ORDER_LINES, ORDERS
from holdfast.sources.files.found import FoundFile, find
from holdfast.sources.files.identifiers import leave_identifiers
from holdfast.sources.files.lines import leave_lines
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.orderrefs import Orders, gather_orders
from holdfast.sources.files.orders import leave_orders, unsaid_of_orders
from holdfast.sources.files.others import leave_products, leave_refund_file, leave_transactions
from holdfast.sources.files.people import leave_customers
from holdfast.sources.files.personal import MASK, personal
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.read import RawFile, read
from holdfast.sources.files.rows import Rows, holds_whole_orders, type_rows
from holdfast.sources.files.sameperson import TABLES as SAME_TABLES
from holdfast.sources.files.sameperson import gather
from holdfast.sources.files.tablerows import Repeats, leave_plain_tables
from holdfast.warehouse.home import Shop
from holdfast.warehouse.identity.hashed import forget_salt, set_salt
from holdfast.warehouse.identity.phones import region_of_zone, regions
from holdfast.warehouse.staging import REJECT_COLUMNS, REPEATS, Staged
from holdfast.warehouse.tables import LANDED, Table

Progress = Callable[[str, float], None]
# What the long staged relations are views of.
_BEHIND_LINES = ("lines", "keyed_order_lines", "rows_order_lines", "wrong_order_lines", "kinds")
_BEHIND = ("order_told", "order_refs", REPEATS, *SAME_TABLES, *_BEHIND_LINES)
_JUDGED = "judged_"  # views of files that rows are looked at through


def stage(
    connection: duckdb.DuckDBPyConnection,
    paths: Iterable[Path],
    mapping: Mapping,
    *,
    shop: Shop,
    salt: str,
    progress: Progress | None = None,
    scratch: Path | None = None,
    known: str = "",
) -> Staged:
    """Leave the files' rows in `stage_<table>` relations of the connection, and what was not usable in `stage_reject`.

    progress: called with what is being done and the share done, 0 to 1. scratch: an existing folder for
    unpacked and transcoded copies (a temporary one by default). known: a relation of the connection with the shop's
    people landed before (source, customer_number, email_hash). Raises FileProblem; then nothing is staged.
    """
    tell = progress or (lambda what, share: None)
    if mapping.format.dates == "ask":
        raise FileProblem(
            'dates such as 03/04/2025 can be read two ways and no row decides: set dates = "day first" or '
            '"month first" under [format] in the mapping'
        )
    if mapping.format.decimal == "ask":
        raise FileProblem(
            'numbers such as 1.250 can be read two ways and no cell decides: set decimal = "." or "," under [format] '
            "in the mapping"
        )
    found = find(paths)
    unchanged = _watch(found)
    if not mapping.constants.currency:
        mapping = replace(mapping, constants=replace(mapping.constants, currency=shop.currency))
    said = mapping.constants.country.upper()
    region = said if said in regions() else region_of_zone(shop.zone)
    clear(connection)
    before = _temporary(connection).keys() - {"stage_reject"}
    set_salt(connection, salt)
    kept: set[str] = set()
    try:
        with tempfile.TemporaryDirectory(prefix="files-", dir=scratch) as folder:
            files = _read_all(connection, found, mapping, Path(folder), tell)
            orders, repeats = _shape(connection, files, mapping, mapping.format.zone or shop.zone, tell, known, region)
        staged = replace(
            _staged(connection, [file for _, file in files]),
            whole_orders=bool(orders and orders.whole),
            straight=frozenset(("order", "order_line") if orders and orders.straight else ()),
            empty={"order": unsaid_of_orders(mapping, orders), "order_line": orders.unsaid_lines} if orders else {},
            unchanged=unchanged,
            told_twice=repeats.told_twice,
            added_up=repeats.added_up,
            customer_headers=_of_customers(files, mapping),
        )
        kept = {"stage_reject", *(f"stage_{name}" for name in staged.tables), *_BEHIND}
    finally:
        forget_salt(connection)
        for name, kind in _temporary(connection).items():
            if name not in before | kept and not name.startswith(_JUDGED):
                connection.execute(f"DROP {kind} IF EXISTS {name}")
    tell("staged", 1.0)
    return staged


def _watch(found: tuple[FoundFile, ...]) -> Callable[[], None]:
    """A function that raises FileProblem once a file is not the one it was: Parquet is read more than once."""
    were = {file.path: file.path.stat() for file in found if file.kind == "parquet"}

    def unchanged() -> None:
        for path, was in were.items():
            now = path.stat() if path.exists() else None
            if not now or (now.st_size, now.st_mtime_ns, now.st_ino) != (was.st_size, was.st_mtime_ns, was.st_ino):
                raise FileProblem(f"{path.name}: the file changed while it was read; import it again")

    return unchanged


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what an earlier staging left in the connection, and start an empty stage_reject."""
    left = {f"stage_{table}" for table in ("reject", *(t.name for t in LANDED))} | set(_BEHIND)
    for name, kind in _temporary(connection).items():
        if name in left or name.startswith(_JUDGED):
            connection.execute(f"DROP {kind} {name}")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in REJECT_COLUMNS.items())
    connection.execute(f"CREATE TEMP TABLE stage_reject ({columns})")


def _read_all(
    con: duckdb.DuckDBPyConnection, found: tuple[FoundFile, ...], mapping: Mapping, folder: Path, tell: Progress
) -> list[tuple[str, RawFile]]:
    """(grain, file) of each file and sheet, numbered in order. A sheet that fits nothing is passed over."""
    files: list[tuple[str, RawFile]] = []
    number = 0
    for place, file in enumerate(found):
        tell(f"reading {file.name}", 0.6 * place / len(found))
        fits, headers = 0, ""
        form = mapping.format
        for raw in read(con, file, number, folder, encoding=form.encoding, delimiter=form.delimiter):
            if grain := mapping.grain_of(raw.columns):
                raw = replace(raw, personal=personal(mapping, grain, raw.columns))
                if raw.ragged and raw.personal:  # nobody knows which cell is which in such a line
                    con.execute("UPDATE stage_reject SET raw = to_json(?) WHERE file = ?", [MASK, raw.name])
                files.append((grain, raw))
                fits += 1
            headers, number = ", ".join(raw.columns), raw.file_no + 1
        if not fits:
            apart = ". Files of different columns are imported one at a time" if len(found) > 1 else ""
            raise FileProblem(
                f"{file.name}: the mapping {mapping.name!r} fits none of its columns ({headers[:300]}){apart}"
            )
    return files


def _shape(
    con: duckdb.DuckDBPyConnection,
    files: list[tuple[str, RawFile]],
    mapping: Mapping,
    zone: str,
    tell: Progress,
    known: str,
    region: str,
) -> tuple[Orders | None, Repeats]:
    """Fill the staged relations; what is known of the orders, when there are any, and how plain rows repeat."""
    by_grain: dict[str, list[RawFile]] = defaultdict(list)
    for grain, file in files:
        by_grain[grain].append(file)
    rows: dict[str, Rows] = {}
    whole = all(
        holds_whole_orders(grain, file, mapping) for grain in (ORDER_LINES, ORDERS) for file in by_grain.get(grain, ())
    )
    for grain, members in by_grain.items():
        tell(f"casting {grain.replace('_', ' ')}", 0.6)
        rows[grain] = type_rows(con, grain, members, mapping, zone, whole and grain in (ORDER_LINES, ORDERS))
    raw, orders = [file for _, file in files], None
    if {ORDER_LINES, ORDERS} & rows.keys():
        tell("shaping orders", 0.75)
        orders = gather_orders(con, rows, raw, mapping, zone, known)
        leave_lines(con, rows, mapping, orders)
        leave_orders(con, rows, mapping, orders)
    tell("shaping customers and products", 0.9)
    same = orders.same if orders else gather(con, rows, frozenset(), mapping.rules.guest_ids, known)
    whole = bool(orders and orders.whole_customers)
    leave_customers(con, rows, mapping, orders.told if orders else None, same.source, region, whole)
    leave_refund_file(con, rows, by_grain["refunds"], mapping, same)
    leave_transactions(con, rows, by_grain["transactions"], mapping)
    leave_products(con, rows)
    repeats = leave_plain_tables(con, rows, by_grain, mapping, same)
    leave_identifiers(con, rows, orders.told if orders else (), same, mapping.rules.guest_ids, region)
    return orders, repeats


def _staged(con: duckdb.DuckDBPyConnection, files: list[RawFile]) -> Staged:
    made = _temporary(con)
    there = [table for table in LANDED if f"stage_{table.name}" in made]
    tables = tuple(t.name for t in there if con.execute(f"SELECT 1 FROM stage_{t.name} LIMIT 1").fetchone())
    rejected = con.execute("SELECT count(*) FROM (SELECT DISTINCT file, line FROM stage_reject)").fetchone()
    return Staged(
        tables=tables,
        files=tuple(file.name for file in files),
        fingerprints=tuple(file.fingerprint for file in files),
        rows_read=sum(file.rows + file.ragged for file in files),
        rows_rejected=int(rejected[0]) if rejected else 0,
        left_empty=_left_empty(con, there),
        behind={"order_line": {name: kind for name, kind in made.items() if name in _BEHIND_LINES}},
    )


def _of_customers(files: list[tuple[str, RawFile]], mapping: Mapping) -> tuple[str, ...]:
    """The headers, as the files spell them, under which the shop's number of a customer stands."""
    found = {
        file.header_for((name,))
        for grain, file in files
        for name in mapping.columns.get(grain, {}).get("customer_id", ())
    }
    return tuple(sorted(header for header in found if header))


def _left_empty(con: duckdb.DuckDBPyConnection, staged: Iterable[Table]) -> dict[str, int]:
    """What rows of plain tables were allowed to leave out, where any did."""
    found: dict[str, int] = {}
    for table in staged:
        for name in table.may_lack:
            (rows,) = con.execute(f"SELECT count(*) FROM stage_{table.name} WHERE {name} IS NULL").fetchone() or (0,)
            found |= {f"{table.rows} without a {name}": rows} if rows else {}
    return found


def _temporary(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name → TABLE or VIEW of the connection's temporary relations."""
    made = con.execute(
        "SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary UNION ALL "
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE temporary AND NOT internal"
    ).fetchall()
    return dict(made)
