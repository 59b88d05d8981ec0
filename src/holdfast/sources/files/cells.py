"""SQL that turns one cell, as it stood in a file, into a typed value; null when it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.sources.files.currency import known_sql
from holdfast.sources.files.fields import Field
from holdfast.sources.files.mapping import Format
from holdfast.sources.files.read import RawFile, quoted, text_literal

_BLANKS = "' \t\r\n\u00a0\u202f'"
_GROUPS = "[ '\u2019\u00a0\u202f{}]"
_MONEY = r"(?:[A-Za-z]{2,3}\.?\$?|\p{Sc}|kr\.?|zł)?"
_OFFSET = r"\d:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)$"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
_YES = "('true', 't', 'yes', 'y', '1', 'x', 'ja', 'oui', 'si', 'sí', 'sim', 'wahr')"
_NO = "('false', 'f', 'no', 'n', '0', 'nein', 'non', 'não', 'nee', 'falsch')"
_FLOATS = ("DOUBLE", "FLOAT")
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
    """SQL of one field in one file, in steps so that the engine works each out once.

    bare: the cells as they stood, without blanks around them, each to be called `"<field> bare <n>"`.
    text: from those; null when they hold nothing. read: from `"<field> text"`.
    value: from `"<field> read"`; null when the cell cannot be used.
    """

    bare: tuple[str, ...]
    text: str
    read: str
    value: str


def cell(field: Field, headers: list[tuple[str, str]], form: Format, zone: str, file: RawFile) -> Cell:
    """The SQL for a field fed by (header, DuckDB type) pairs; a text takes the first that is not empty."""
    header, kind = headers[0]
    column, text, read = quoted(header), quoted(f"{field.name} text"), quoted(f"{field.name} read")
    first = quoted(f"{field.name} bare 0")
    if field.kind == "number" and _is_number(kind):
        held = f"CASE WHEN NOT isnan({first}) THEN {first} END" if kind in _FLOATS else first
        return Cell((column,), held, number_from_typed(text, kind), read)
    if field.kind == "moment" and kind.startswith(("TIMESTAMP", "DATE")):
        return Cell((column,), first, _moment_from_typed(text, kind, zone), _in_bounds(read))
    if field.kind == "flag" and kind == "BOOLEAN":
        return Cell((column,), first, text, read)
    usable = headers if field.kind == "text" else headers[:1]
    bare = tuple(_bare(quoted(name), type_, file.odd_blanks) for name, type_ in usable)
    texts = [_said(quoted(f"{field.name} bare {n}"), form.empty_words) for n in range(len(bare))]
    value = _in_bounds(read) if field.kind == "moment" else read
    return Cell(bare, _first(texts), _from_text(field.kind, text, form, zone, file.plain_numbers), value)


def _from_text(kind: str, text: str, form: Format, zone: str, plain_numbers: bool) -> str:
    match kind:
        case "number":
            return number_from_text(text, form.decimal, plain_numbers)
        case "moment":
            return moment_from_text(text, form.dates, zone)
        case "flag":
            return f"CASE WHEN lower({text}) IN {_YES} THEN true WHEN lower({text}) IN {_NO} THEN false END"
        case "currency":
            return f"CASE WHEN {known_sql(f'upper({text})')} THEN upper({text}) END"
        case "word":
            return f"lower({text})"
        case "id":
            whole = f"regexp_replace({text}, '^(\\d+)\\.0+$', '\\1')"
            return f"nullif(ltrim(CASE WHEN contains({text}, '.0') THEN {whole} ELSE {text} END, ''''), '')"
        case _:
            return text


def number_from_typed(column: str, kind: str) -> str:
    """A numeric column as DECIMAL(18,6); a float is rounded to six places first, never multiplied."""
    value = f"round({column}, 6)" if kind in _FLOATS else column
    return f"TRY_CAST({value} AS DECIMAL(18,6))"


def number_from_text(text: str, decimal: str, plain_numbers: bool) -> str:
    """A number as people write it: thousands in threes, a currency sign, brackets or a minus behind."""
    other, point = (",", r"\.") if decimal == "." else (r"\.", ",")
    groups = _GROUPS.format(other)
    strict = f"[0-9]{{1,3}}(?:{groups}[0-9]{{3}})+(?:{point}[0-9]+)?|[0-9]*{point}?[0-9]+|[0-9]+{point}"
    whole = rf"^[(+-]?\s*{_MONEY}\s*[+-]?\s*({strict})\s*{_MONEY}\s*[)-]?$"
    bare = f"regexp_replace(regexp_extract({text}, {text_literal(whole)}, 1), {text_literal(groups)}, '', 'g')"
    digits = f"replace({bare}, ',', '.')" if decimal == "," else bare
    # Nothing here may stand twice: the engine would lift it out and work it out for plain numbers too.
    written = f"(CASE WHEN contains({text}, '-') OR {text} LIKE '(%)' THEN '-' ELSE '' END || {digits})"
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
    exact = (
        f"timezone('UTC', TRY_CAST(regexp_replace({text}, '\\s*([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2') AS TIMESTAMPTZ))"
    )
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


def _bare(column: str, kind: str, odd_blanks: bool) -> str:
    if kind in _FLOATS:
        whole = f"CASE WHEN {column} = floor({column}) THEN CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN isfinite({column}) THEN {whole} ELSE CAST({column} AS VARCHAR) END END"
    plain = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    return f"trim({plain}{', ' + _BLANKS if odd_blanks else ''})"


def _said(bare: str, empty_words: tuple[str, ...]) -> str:
    if not empty_words:
        return f"nullif({bare}, '')"
    words = ", ".join(text_literal(word.lower()) for word in ("", *empty_words))
    return f"CASE WHEN lower({bare}) NOT IN ({words}) THEN {bare} END"


def _first(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"


def _formats(*days: str) -> str:
    return "[" + ", ".join(text_literal(day + clock) for day in days for clock in _CLOCKS) + "]"


def _is_number(kind: str) -> bool:
    return kind in _FLOATS or kind.split("(")[0] in _NUMERIC
