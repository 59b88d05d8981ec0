"""SQL that turns one cell, as it stood in a file, into a typed value; null when it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from holdfast.sources.files.currency import known_sql
from holdfast.sources.files.field import Field
from holdfast.sources.files.mapping import Format
from holdfast.sources.files.read import RawFile, quoted, text_literal

_BLANKS = "' \t\r\n\u00a0\u202f'"
_GROUPS = "[ '\u2019\u00a0\u202f{}]"
_MONEY = r"(?:[A-Za-z]{2,3}\.?\$?|\p{Sc}|kr\.?|zł)?"
_OFFSET = r"\d:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)$"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
_YES = "('true', 't', 'yes', 'y', '1', 'x', 'ja', 'oui', 'si', 'sí', 'sim', 'wahr')"
_NO = "('false', 'f', 'no', 'n', '0', 'nein', 'non', 'não', 'nee', 'falsch')"
_USUAL = (1990, 2040)  # years whose moments are moved by arithmetic; for others the rules are asked per row
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
    text: from those; null when they hold nothing. mark: from `"<field> text"`; whether a moment says its own offset.
    read: from text and `"<field> mark"`. utc: from `"<field> read"`; a moment moved out of the zone.
    value: from `"<field> utc"`; null when the cell cannot be used.
    """

    bare: tuple[str, ...]
    text: str
    read: str
    mark: str = "false"
    utc: str = ""
    value: str = ""


Span = tuple[datetime, datetime]


def cell(
    field: Field, headers: list[tuple[str, str]], form: Format, zone: str, file: RawFile, span: Span | None = None
) -> Cell:
    """The SQL for a field fed by (header, DuckDB type) pairs; a text takes the first that is not empty.

    span: the first and last moment of a column of moments, where that is known.
    """
    header, kind = headers[0]
    column, text, first = quoted(header), quoted(f"{field.name} text"), quoted(f"{field.name} bare 0")
    if field.kind == "number" and _is_number(kind):
        held = f"CASE WHEN NOT isnan({first}) THEN {first} END" if kind in _FLOATS else first
        return Cell((column,), held, number_from_typed(text, kind))
    if field.kind == "moment" and kind.startswith(("TIMESTAMP", "DATE")):
        return _moment(field, (column,), first, _moment_from_typed(text, kind), _mark_of_typed(kind), zone, span)
    if field.kind == "day" and kind.startswith(("TIMESTAMP", "DATE")):
        return Cell((column,), first, f"CAST({text} AS DATE)")
    if field.kind == "flag" and kind == "BOOLEAN":
        return Cell((column,), first, text)
    if field.kind == "whole":
        return Cell((column,), first, f"CAST({text} AS BIGINT)")
    if field.kind == "id" and is_whole(kind) and not any(word.isdigit() for word in form.empty_words):
        return Cell((column,), first, f"CAST({text} AS VARCHAR)")
    usable = headers if field.kind == "text" else headers[:1]
    bare = tuple(_bare(quoted(name), type_, file.odd_blanks) for name, type_ in usable)
    held = _first([_said(quoted(f"{field.name} bare {n}"), form.empty_words) for n in range(len(bare))])
    if field.kind == "moment":
        read = moment_from_text(text, quoted(f"{field.name} mark"), form.dates)
        return _moment(field, bare, held, read, _mark_of_text(text, form.dates), zone)
    if field.kind == "day":
        moment = moment_from_text(text, "false", form.dates)
        return Cell(bare, held, moment, utc=quoted(f"{field.name} read"), value=_day(quoted(f"{field.name} utc")))
    return Cell(bare, held, _from_text(field.kind, text, form, file.plain_numbers))


def as_it_stands(field: Field, header: str) -> Cell:
    """The SQL for a field of text of which each cell is known to read as it stands."""
    return Cell((quoted(header),), quoted(f"{field.name} bare 0"), quoted(f"{field.name} text"))


def _moment(
    field: Field, bare: tuple[str, ...], text: str, read: str, mark: str, zone: str, span: Span | None = None
) -> Cell:
    as_read, utc = quoted(f"{field.name} read"), quoted(f"{field.name} utc")
    moved = local_to_utc(as_read, zone, span)
    if moved != as_read and mark != "false":
        moved = (
            as_read if mark == "true" else f"CASE WHEN {quoted(f'{field.name} mark')} THEN {as_read} ELSE {moved} END"
        )
    return Cell(bare, text, read, mark, moved, utc if span and _usual(span) else _in_bounds(utc))


def _from_text(kind: str, text: str, form: Format, plain_numbers: bool) -> str:
    match kind:
        case "number":
            return number_from_text(text, form.decimal, plain_numbers)
        case "flag":
            return f"CASE WHEN lower({text}) IN {_YES} THEN true WHEN lower({text}) IN {_NO} THEN false END"
        case "currency":
            return f"CASE WHEN {known_sql(f'upper({text})')} THEN upper({text}) END"
        case "word":
            return f"lower({text})"
        case "zone":
            return f"CASE WHEN {text} IN ({_zones()}) THEN {text} END"
        case "id":
            whole = f"regexp_replace({text}, '^(\\d+)\\.0+$', '\\1')"
            odd = f"nullif(ltrim(CASE WHEN contains({text}, '.0') THEN {whole} ELSE {text} END, ''''), '')"
            return f"CASE WHEN contains({text}, '.0') OR starts_with({text}, '''') THEN {odd} ELSE {text} END"
        case _:
            return text


def is_read_as_it_stands(kind: str, column: str) -> bool:
    """Whether a kind of cell takes no parsing from a column of this DuckDB type: reading it twice costs little."""
    match kind:
        case "number":
            return _is_number(column)
        case "moment":
            return column.startswith(("TIMESTAMP", "DATE"))
        case "flag":
            return column == "BOOLEAN"
        case "whole":
            return True
        case _:
            return column == "VARCHAR" or is_whole(column)


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


def moment_from_text(text: str, mark: str, dates: str) -> str:
    """A moment: in UTC where the cell says its offset (`mark`), else what the clock of the zone showed."""
    if "%" in dates:
        return f"try_strptime({text}, {text_literal(dates)})"
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
    local = f"coalesce({straight}, try_strptime({tidy}, {orders}), {named})"
    exact = (
        f"timezone('UTC', TRY_CAST(regexp_replace({text}, '\\s*([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2') AS TIMESTAMPTZ))"
    )
    return (
        f"CASE WHEN {_plainly_iso(text)} THEN TRY_CAST({text} AS TIMESTAMP) WHEN {mark} THEN {exact} ELSE {local} END"
    )


def _mark_of_text(text: str, dates: str) -> str:
    """SQL: the cell says its own offset. A pattern with % reads every moment as the zone's clock."""
    if "%" in dates:
        return "false"
    return f"CASE WHEN {_plainly_iso(text)} THEN false ELSE regexp_matches({text}, {text_literal(_OFFSET)}) END"


def _plainly_iso(text: str) -> str:
    """SQL: 2025-12-31 23:59:59 and nothing behind it, which is most cells and needs no pattern matching."""
    return f"{text} LIKE '____-__-__ __:__:__'"


def _usual(span: Span) -> bool:
    return _USUAL[0] <= span[0].year and span[1].year < _USUAL[1]


def local_to_utc(moment: str, zone: str, span: Span | None = None) -> str:
    """A wall-clock TIMESTAMP of a zone as a naive UTC TIMESTAMP; `moment` is a column, it stands here many times.

    In the hour that autumn repeats, the second passing (winter time) is meant; in the hour that spring
    leaves out, the clock reads one hour later. span: no moment lies before the first or after the second.
    """
    if zone == "UTC":
        return moment
    if span and _usual(span):
        changes = _offsets(zone)
        last_before = max(place for place, (begins, _) in enumerate(changes) if begins <= span[0] or place == 0)
        return _moved(moment, [c for c in changes[last_before:] if c[0] <= span[1]] or changes[:1])
    asked = f"timezone('UTC', timezone({text_literal(zone)}, {moment}))"
    usual = f"{moment} >= TIMESTAMP '{_USUAL[0]}-01-01' AND {moment} < TIMESTAMP '{_USUAL[1]}-01-01'"
    return f"CASE WHEN {usual} THEN {_moved(moment, _offsets(zone))} ELSE {asked} END"


def _moved(moment: str, changes: list[tuple[datetime, int]]) -> str:
    """SQL: the moment less its offset, by halving the list of (wall clock from which it holds, seconds)."""
    if len(changes) == 1:
        return f"{moment} - INTERVAL ({changes[0][1]}) SECOND" if changes[0][1] else moment
    half = len(changes) // 2
    return (
        f"CASE WHEN {moment} < TIMESTAMP '{changes[half][0]}' THEN {_moved(moment, changes[:half])}"
        f" ELSE {_moved(moment, changes[half:])} END"
    )


@cache
def _zones() -> str:
    """SQL: every IANA zone that this Python can reckon with."""
    return ", ".join(text_literal(zone) for zone in sorted(available_timezones()))


@cache
def _offsets(zone: str) -> list[tuple[datetime, int]]:
    """(wall clock from which it holds, seconds ahead of UTC), ascending, over the usual years.

    An offset holds from the moment its own clock shows at the change: then the hour that comes twice is
    read with the new offset, and the hour that is left out with the old one.
    """
    rule = ZoneInfo(zone)

    def ahead(moment: datetime) -> int:
        shift = moment.replace(tzinfo=UTC).astimezone(rule).utcoffset()
        return int(shift.total_seconds()) if shift is not None else 0

    day = datetime(_USUAL[0] - 1, 12, 30)
    found = [(day, ahead(day))]
    while day.year <= _USUAL[1]:
        following = day + timedelta(days=5)
        if (seconds := ahead(following)) != found[-1][1]:
            low, high = day, following
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (low, middle) if ahead(middle) == seconds else (middle, high)
            found.append((high + timedelta(seconds=seconds), seconds))
        day = following
    return found


def utc_to_local(moment: str, zone: str) -> str:
    return moment if zone == "UTC" else f"timezone({text_literal(zone)}, timezone('UTC', {moment}))"


def _moment_from_typed(column: str, kind: str) -> str:
    return f"timezone('UTC', {column})" if kind == "TIMESTAMP WITH TIME ZONE" else f"CAST({column} AS TIMESTAMP)"


def _mark_of_typed(kind: str) -> str:
    return "true" if kind == "TIMESTAMP WITH TIME ZONE" else "false"


def _in_bounds(moment: str) -> str:
    return f"CASE WHEN ({moment}) BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2199-12-31' THEN {moment} END"


def _day(moment: str) -> str:
    return f"CAST({_in_bounds(moment)} AS DATE)"


def bare_text(column: str, kind: str, odd_blanks: bool) -> str:
    """SQL: a cell of any type as the text it shows, without blanks around it."""
    return _bare(column, kind, odd_blanks)


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


def is_whole(kind: str) -> bool:
    return kind in _NUMERIC and kind != "DECIMAL"
