"""SQL that turns one cell, as it stood in a file, into a typed value; null when it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.sources.files.currency import known_sql
from holdfast.sources.files.fields import Field
from holdfast.sources.files.mapping import Format
from holdfast.sources.files.read import quoted, text_literal

_BLANKS = "' \t\r\n\u00a0\u202f'"
_GROUPS = "[ '\u2019\u00a0\u202f{}]"
_AMOUNT = (
    r"^[(+-]?\s*(?:[A-Za-z]{2,3}\.?\$?|\p{Sc})?\s*[+-]?\s*"
    "([0-9][0-9., '\u2019\u00a0\u202f]*|[.,][0-9]+)"
    r"\s*(?:[A-Za-z]{3}|\p{Sc}|kr\.?|zł)?\s*[)-]?$"
)
_OFFSET = r"\d:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)$"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
_YES = "('true', 't', 'yes', 'y', '1', 'x', 'ja', 'oui', 'si', 'sí', 'sim', 'wahr')"
_NO = "('false', 'f', 'no', 'n', '0', 'nein', 'non', 'não', 'nee', 'falsch')"
_NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "DECIMAL",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """SQL of one field in one file: its typed value, and whether the cell held anything."""

    value: str
    given: str


def cell(field: Field, headers: list[tuple[str, str]], form: Format, zone: str, *, plain_numbers: bool) -> Cell:
    """The SQL for a field fed by (header, DuckDB type) pairs; text takes the first that is not empty."""
    header, kind = headers[0]
    column = quoted(header)
    if field.kind == "number" and _is_number(kind):
        return Cell(number_from_typed(column, kind), _typed_given(column, kind))
    if field.kind == "moment" and kind.startswith(("TIMESTAMP", "DATE")):
        return Cell(_in_bounds(_moment_from_typed(column, kind, zone)), f"{column} IS NOT NULL")
    if field.kind == "flag" and kind == "BOOLEAN":
        return Cell(column, f"{column} IS NOT NULL")
    usable = headers if field.kind == "text" else headers[:1]
    text = _first([_text(quoted(name), type_, form.empty_words) for name, type_ in usable])
    return Cell(_from_text(field.kind, text, form, zone, plain_numbers), f"{text} IS NOT NULL")


def _from_text(kind: str, text: str, form: Format, zone: str, plain_numbers: bool) -> str:
    match kind:
        case "number":
            return number_from_text(text, form.decimal, plain_numbers)
        case "moment":
            return _in_bounds(moment_from_text(text, form.dates, zone))
        case "flag":
            return f"CASE WHEN lower({text}) IN {_YES} THEN true WHEN lower({text}) IN {_NO} THEN false END"
        case "currency":
            return f"CASE WHEN {known_sql(f'upper({text})')} THEN upper({text}) END"
        case "word":
            return f"lower({text})"
        case "id":
            return f"nullif(ltrim(regexp_replace({text}, '^(\\d+)\\.0+$', '\\1'), ''''), '')"
        case _:
            return text


def number_from_typed(column: str, kind: str) -> str:
    """A numeric column as DECIMAL(18,6); a float is rounded to six places first, never multiplied."""
    value = f"round({column}, 6)" if kind in ("DOUBLE", "FLOAT") else column
    return f"TRY_CAST({value} AS DECIMAL(18,6))"


def number_from_text(text: str, decimal: str, plain_numbers: bool) -> str:
    """A number as people write it: thousands in threes, a currency sign, brackets or a minus behind."""
    other = "," if decimal == "." else "\\."
    point = "\\." if decimal == "." else ","
    groups = _GROUPS.format(other)
    strict = f"^[0-9]{{1,3}}(?:{groups}[0-9]{{3}})+(?:{point}[0-9]+)?$|^[0-9]*{point}?[0-9]+$|^[0-9]+{point}$"
    body = f"regexp_extract({text}, {text_literal(_AMOUNT)}, 1)"
    bare = f"regexp_replace(trim({body}), {text_literal(_GROUPS.format(other))}, '', 'g')"
    digits = f"replace({bare}, ',', '.')" if decimal == "," else bare
    sign = f"CASE WHEN contains({text}, '-') OR {text} LIKE '(%)' THEN '-' ELSE '' END"
    written = f"CASE WHEN regexp_matches(trim({body}), {text_literal(strict)}) THEN {sign} || {digits} END"
    straight = f"TRY_CAST({text} AS DECIMAL(18,6))"
    if decimal == "," and not plain_numbers:
        straight = f"CASE WHEN NOT contains({text}, '.') THEN {straight} END"
    return f"coalesce({straight}, TRY_CAST({written} AS DECIMAL(18,6)))"


def moment_from_text(text: str, dates: str, zone: str) -> str:
    """A moment in UTC: an offset in the cell wins, else the wall clock of the zone."""
    if "%" in dates:
        return local_to_utc(f"try_strptime({text}, {text_literal(dates)})", zone)
    straight = f"CASE WHEN regexp_matches({text}, '^\\d{{4}}') THEN TRY_CAST({text} AS TIMESTAMP) END"
    tidy = f"replace(replace(replace({text}, '.', '/'), '-', '/'), ',', '')"
    named = f"try_strptime(replace({text}, ',', ''), {_formats('%d %b %Y', '%b %d %Y', '%d %B %Y', '%B %d %Y')})"
    match dates:
        case "day first":
            orders = _formats("%d/%m/%y", "%d/%m/%Y")
        case "month first":
            orders = _formats("%m/%d/%y", "%m/%d/%Y")
        case _:
            orders = "['%Y%m%d', '%Y/%m/%d', '%Y/%m/%d %H:%M', '%Y/%m/%d %H:%M:%S', '%Y%m%d %H:%M:%S', '%Y%m%d%H%M%S']"
    local = local_to_utc(f"coalesce({straight}, try_strptime({tidy}, {orders}), {named})", zone)
    offset = f"regexp_matches({text}, {text_literal(_OFFSET)})"
    exact = f"timezone('UTC', TRY_CAST(regexp_replace({text}, '\\s*([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2') AS TIMESTAMPTZ))"
    return f"CASE WHEN {offset} THEN {exact} ELSE {local} END"


def local_to_utc(moment: str, zone: str) -> str:
    """A wall-clock TIMESTAMP of a zone as a naive UTC TIMESTAMP.

    In the hour that autumn repeats, the second passing (winter time) is meant; in the hour that spring
    leaves out, the clock reads one hour later.
    """
    if zone == "UTC":
        return moment
    return f"timezone('UTC', timezone({text_literal(zone)}, {moment}))"


def utc_to_local(moment: str, zone: str) -> str:
    return moment if zone == "UTC" else f"timezone({text_literal(zone)}, timezone('UTC', {moment}))"


def _moment_from_typed(column: str, kind: str, zone: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {column})"
    return local_to_utc(f"CAST({column} AS TIMESTAMP)", zone)


def _in_bounds(moment: str) -> str:
    return f"CASE WHEN ({moment}) BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2199-12-31' THEN {moment} END"


def _text(column: str, kind: str, empty_words: tuple[str, ...]) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN isfinite({column}) THEN CASE WHEN {column} = floor({column}) THEN {whole} ELSE CAST({column} AS VARCHAR) END END"
    plain = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    text = f"nullif(trim({plain}, {_BLANKS}), '')"
    if not empty_words:
        return text
    words = ", ".join(text_literal(word.lower()) for word in empty_words)
    return f"CASE WHEN lower({text}) IN ({words}) THEN NULL ELSE {text} END"


def _first(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"


def _formats(*days: str) -> str:
    return "[" + ", ".join(text_literal(day + clock) for day in days for clock in _CLOCKS) + "]"


def _is_number(kind: str) -> bool:
    return kind in ("DOUBLE", "FLOAT") or kind.split("(")[0] in _NUMERIC


def _typed_given(column: str, kind: str) -> str:
    return f"({column} IS NOT NULL AND NOT isnan({column}))" if kind in ("DOUBLE", "FLOAT") else f"{column} IS NOT NULL"
