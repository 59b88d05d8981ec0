"""The fields of a plain table's file: one a column, under names people write, and what a row must say."""

from __future__ import annotations

from holdfast.sources.files.field import Field
from holdfast.sources.files.read import text_literal
from holdfast.warehouse.tables import PLAIN, Column, Table
from holdfast.warehouse.tables.support import TICKET, TICKET_STATUS_HISTORY

_EMAIL = Field("email", "text", "e-mail of the person; hashed, the readable form goes to one table only")
_PHONE = Field("phone", "id", "phone of the person; only its hash is kept")
_SKU = Field("sku", "id", "the merchant's code of the product")
_CELLS = {
    "money": "number", "price": "number", "quantity": "number", "int": "number", "key": "id", "text": "text",
    "word": "word", "id": "id", "currency": "currency", "flag": "flag", "moment": "moment", "day": "day",
    "zone": "zone",
}  # fmt: skip

# A log of what happened to tickets, read into tickets and their status changes.
TICKET_UPDATES = Table(
    name="ticket_updates",
    grain="one row per update of a ticket, in the order of the file, with the ticket's own cells on each row",
    key=("ticket_id", "changed_at"),
    plain=True,
    rows="ticket updates",
    needs=(("ticket_id",), ("created_at",), ("changed_at",), ("status",)),
    columns=(
        *TICKET.columns,
        *(c for c in TICKET_STATUS_HISTORY.columns if c.name in ("changed_at", "changed_by_role")),
    ),
)
# What files are read as, besides sales: a grain is called as its table.
READ_AS = {table.name: table for table in (*PLAIN, TICKET_UPDATES)}


def field_name(column: Column) -> str:
    """What a file calls a column: money without "_minor", the rest as declared."""
    return column.name.removesuffix("_minor") if column.kind == "money" else column.name


def table_fields(table: Table) -> tuple[Field, ...]:
    """The fields a file of this table may have; the shop is never one of them."""
    fields: list[Field] = []
    for column in table.columns:
        if column.name == "shop_id":
            continue
        meaning = f"the source's own number of the {column.names.replace('_', ' ')}" if column.names else column.meaning
        fields.append(Field(field_name(column), _CELLS[column.kind], meaning))
        if column.names == "customer":
            fields += [_EMAIL, _PHONE]
        if column.names == "product":
            fields.append(_SKU)
    return tuple(fields)


def table_needs(table: Table) -> tuple[tuple[str, ...], ...]:
    """Groups of fields of which a file must have one: those declared, and each column no row may lack."""
    named = {name for group in table.needs for name in group}
    own = {f"{table.owner}_id", "shop_id"}
    alone = [
        (field_name(column),)
        for column in table.columns
        if column.required
        and not column.default
        and column.kind != "currency"
        and column.name not in own
        and field_name(column) not in named
    ]
    return (*table.needs, *alone)


def wrong_word(column: Column) -> str:
    """SQL: the cell holds a word that is not the column's and stands for none of its; empty where all are allowed."""
    if not column.one_of:
        return ""
    known = ", ".join(f"'{word}'" for word in dict.fromkeys((*column.one_of, *column.also)))
    return f"({column.name} IS NOT NULL AND {column.name} NOT IN ({known}))"


def our_word(column: Column, said: str) -> str:
    """SQL: the column's own word for what the cell says."""
    whens = " ".join(f"WHEN {text_literal(theirs)} THEN {text_literal(ours)}" for theirs, ours in column.also.items())
    return f"CASE {said} {whens} ELSE {said} END"


def wrong_number(column: Column) -> str:
    """SQL: a number that is out of bounds, or is no whole one where it must be; empty where any number will do."""
    name, said = field_name(column), []
    if column.kind == "int":
        said.append(f"{name} <> floor({name})")
    if column.between:
        said.append(f"{name} NOT BETWEEN {column.between[0]:.0f} AND {column.between[1]:.0f}")
    return f"coalesce({' OR '.join(said)}, false)" if said else ""


def why_wrong_number(column: Column) -> str:
    whole = "a whole number" if column.kind == "int" else "a number"
    bounds = f" from {column.between[0]:,.0f} to {column.between[1]:,.0f}" if column.between else ""
    return f"not {whole}{bounds}"
