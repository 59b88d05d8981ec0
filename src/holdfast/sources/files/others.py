"""Products, refunds and payments that come in files of their own."""

from __future__ import annotations

import duckdb

from holdfast.sources.files.currency import minor_sql
from holdfast.sources.files.fields import ORDER_LINES, PRODUCTS, REFUNDS, TRANSACTIONS
from holdfast.sources.files.leave import leave, spot, spotted
from holdfast.sources.files.lines import gross, price_of_one
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.named import product_source
from holdfast.sources.files.people import email_hash, number_of
from holdfast.sources.files.read import RawFile, text_literal
from holdfast.sources.files.rows import Rows, reject
from holdfast.sources.files.sameperson import SamePerson

_TITLES = ("sku", "title", "type", "vendor")


def leave_products(con: duckdb.DuckDBPyConnection, rows: dict[str, Rows]) -> None:
    """stage_product: what a product file says, else what most lines say of it."""
    asked = {
        grain: (part, rank)
        for grain, rank in ((PRODUCTS, 1), (ORDER_LINES, 0), (REFUNDS, 0))
        if (part := rows.get(grain)) and (grain != REFUNDS or part.present & {"sku", "product_id", "title"})
    }
    told = [name for name in (*_TITLES, "product_id") if any(name in part.present for part, _ in asked.values())]
    seen = [
        f"SELECT {product_source(part)} AS product_source, {rank} AS rank, spot, n"
        f"{''.join(f', {part.col(name)} AS {name}' for name in told)} FROM ({_counted(part)})"
        for part, rank in asked.values()
    ]
    if seen:
        names = [name for name in told if name in _TITLES]
        said = "".join(f", max_by({name}, (rank, n, {name})) AS {name}" for name in names)
        leave(
            con,
            "product",
            {name: name for name in ("product_source", *names)} | spotted("spot"),
            f"(SELECT product_source, max_by(spot, (rank, spot)) AS spot{said} FROM ({' UNION ALL '.join(seen)})"
            " GROUP BY product_source)",
        )


def _counted(part: Rows) -> str:
    """Every way in which rows name a product, with the number of rows and the last of them."""
    names = [name for name in (*_TITLES, "product_id") if name in part.present]
    return (
        f"SELECT {''.join(f'{name}, ' for name in names)}count(*) AS n, max({spot('file_no', 'line')}) AS spot"
        f" FROM {part.table} WHERE wrong = 0 GROUP BY ALL HAVING count(*) > 0"
    )


def leave_refund_file(
    con: duckdb.DuckDBPyConnection, rows: dict[str, Rows], files: list[RawFile], mapping: Mapping, same: SamePerson
) -> None:
    """stage_refund and stage_refund_line from a file of refunds."""
    if part := rows.get(REFUNDS):
        number = number_of(part.col("customer_id"), mapping.rules.guest_ids)
        own = f", {number} AS own_number, {email_hash(part.col('email'))} AS own_hash"
        _number(con, part, files, mapping, own="refund_id", moment="refunded_at", more=own)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE numbered_refunds AS"
            f" SELECT *, {same.source('own_number', 'own_hash')} AS who FROM numbered_refunds"
        )
        _leave_refunds(con, part)


def _leave_refunds(con: duckdb.DuckDBPyConnection, part: Rows) -> None:
    names = {"order_source": part.col("order_id"), "customer_source": "who", "processed_at": part.col("refunded_at")}
    names |= {"currency": "money", "note": part.col("note"), "amount": part.col("amount"), "line": "line"}
    inner = ", ".join(f"min({sql}) AS {name}" for name, sql in names.items())
    outer = ", ".join(f"arg_max({name}, file_no) AS {name}" for name in names)
    told = f"SELECT ref, file_no, {inner} FROM numbered_refunds GROUP BY ALL"
    refunds = f"(SELECT ref, max(file_no) AS file_no, {outer} FROM ({told}) GROUP BY ref)"
    same = ("order_source", "customer_source", "processed_at", "currency", "note", "file_no", "line")
    values = {name: name for name in same} | {"refund_source": "ref", "refund_number": "ref"}
    leave(con, "refund", values | {"amount_minor": minor_sql("abs(amount)", "currency")}, refunds)
    if not part.present & {"price", "line_total"}:
        return
    quantity, price, total = (
        f"abs(coalesce({part.col('quantity')}, 1))",
        f"abs({part.col('price')})",
        f"abs({part.col('line_total')})",
    )
    values = {
        "refund_source": "ref", "product_source": product_source(part), "kind": "'merchandise'", "quantity": quantity,
        "price": price_of_one(price, quantity, total), "subtotal_minor": gross(price, quantity, total, "money"),
        "tax_minor": minor_sql(f"abs({part.col('line_tax')})", "money"), "file_no": "file_no", "line": "line",
    }  # fmt: skip
    leave(
        con,
        "refund_line",
        values,
        f"numbered_refunds WHERE coalesce({part.col('price')}, {part.col('line_total')}) IS NOT NULL",
    )


def leave_transactions(
    con: duckdb.DuckDBPyConnection, rows: dict[str, Rows], files: list[RawFile], mapping: Mapping
) -> None:
    """stage_transaction from a file of payments."""
    if not (part := rows.get(TRANSACTIONS)):
        return
    _number(con, part, files, mapping, own="transaction_id", moment="processed_at")
    names = {"order_source": "order_id", "kind": "transaction_kind", "status": "status", "gateway": "gateway"}
    names |= {"processed_at": "processed_at", "test": "test", "network": "network"}
    values = {column: part.col(field) for column, field in names.items()}
    values |= {
        "file_no": "file_no",
        "line": "line",
        "transaction_source": "ref",
        "currency": "money",
        "amount_minor": minor_sql(f"abs({part.col('amount')})", "money"),
    }
    place = "row_number() OVER (PARTITION BY ref ORDER BY file_no DESC, line)"
    last = f"(SELECT * FROM numbered_transactions QUALIFY {place} = 1)"
    leave(con, "transaction", values, last)


def _number(
    con: duckdb.DuckDBPyConnection,
    part: Rows,
    files: list[RawFile],
    mapping: Mapping,
    *,
    own: str,
    moment: str,
    more: str = "",
) -> None:
    """Make `numbered_<grain>`: good rows with `ref` and `money`. A row without a number is `order@moment#k`."""
    money = f"coalesce({part.col('currency')}, {_or_null(mapping.constants.currency)})"
    _put_aside_without_currency(con, part, files, mapping, money)
    order, when = part.col("order_id"), part.col(moment)
    content = ", ".join(sorted(part.present - {own})) or "1"
    place = f"row_number() OVER (PARTITION BY file_no, {order}, {when} ORDER BY {content})"
    made = f"{order} || '@' || coalesce(strftime({when}, '%Y-%m-%dT%H:%M:%S'), '?') || '#' || {place}"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE numbered_{part.grain} AS SELECT *, coalesce({part.col(own)}, {made}) AS ref,"
        f" {money} AS money{more} FROM {part.table} WHERE wrong = 0"
    )


def _put_aside_without_currency(
    con: duckdb.DuckDBPyConnection, rows: Rows, files: list[RawFile], mapping: Mapping, money: str
) -> None:
    why = "no currency in this row; set `currency` under [constants] in the mapping"
    for file in files:
        header = file.header_for(mapping.columns[rows.grain].get("currency", ()))
        missing = f"file_no = {file.file_no} AND wrong = 0 AND {money} IS NULL"
        reject(con, file, header, why, f"SELECT line FROM {rows.table} WHERE {missing}")
        con.execute(f"DELETE FROM {rows.table} WHERE {missing}")


def _or_null(value: str) -> str:
    return text_literal(value) if value else "NULL"
