"""Which plain table a file is: by its name, and by the columns only that table has."""

from __future__ import annotations

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.fields import NEEDS
from holdfast.sources.files.read import RawFile
from holdfast.sources.files.synonyms import matched
from holdfast.sources.files.tablefields import field_name
from holdfast.warehouse.tables import PLAIN, Table


def plain_table(file: RawFile) -> str | None:
    """The table whose rows the file holds, or None. A file's name decides between tables that both fit."""
    headers = list(file.columns)
    offers = [
        (named, len(fed), table.name)
        for table in PLAIN
        if _fits(table, fed := set(matched(table.name, headers)))
        and ((named := _named(table, file.name)) or _marked(table, fed, headers))
    ]
    return max(offers)[2] if offers else None


def _fits(table: Table, fed: set[str]) -> bool:
    return all(fed.intersection(group) for group in NEEDS[table.name])


def _marked(table: Table, fed: set[str], headers: list[str]) -> bool:
    """Two columns that only this table has, and most of the file's columns understood."""
    marks = {field_name(table.column(name)) if name in _names(table) else name for name in table.marks}
    return len(marks & fed) >= min(2, len(marks)) and 2 * len(fed) > len(headers)


def _names(table: Table) -> set[str]:
    return {column.name for column in table.columns}


def _named(table: Table, file: str) -> int:
    """How long the table's name is where the file is called by it ("ticket_comments_2025.csv"), else 0."""
    stem = folded(file.split(".")[0])
    forms = (folded(table.name), folded(table.rows))
    return max((len(form) for form in forms if form in stem), default=0)
