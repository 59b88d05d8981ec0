"""The fields of a plain table's file: one a column, under names people write, and what a row must say."""

from __future__ import annotations

from holdfast.sources.files.field import Field
from holdfast.warehouse.tables import Column, Table

_EMAIL = Field("email", "text", "e-mail of the person; hashed, the readable form goes to one table only")
_PHONE = Field("phone", "id", "phone of the person; only its hash is kept")
_SKU = Field("sku", "id", "the merchant's code of the product")
_CELLS = {
    "money": "number", "price": "number", "quantity": "number", "int": "number", "key": "id", "text": "text",
    "word": "word", "id": "id", "currency": "currency", "flag": "flag", "moment": "moment", "day": "day",
}  # fmt: skip


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
