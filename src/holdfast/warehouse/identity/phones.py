"""Telephone numbers as people type them, in the one form in which equal numbers are equal: E.164.

A rule for bulk work, in SQL: digits, the country's own way of dialling out and its trunk prefix, and how long its
numbers are. It does not judge whether a number is in use. `calling_codes.csv` holds the facts of each region; the
tests hold the rule against a full library.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import text

_ONE_DIGIT, _TWO_DIGITS = ("1", "7"), (
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
)  # fmt: skip
_EXTENSION = r"(?:;ext=|ext(?:ension)?\.?|x|#|poste|durchwahl)\s*:?\s*\d{1,7}$"


@cache
def regions() -> dict[str, dict[str, str]]:
    """ISO 3166 code → calling code, trunk prefix, how to dial out, shortest and longest number."""
    lines = Path(__file__).with_name("calling_codes.csv").read_text(encoding="utf-8").splitlines()
    return {row["region"]: row for row in csv.DictReader(lines)}


@cache
def region_of_zone(zone: str) -> str:
    """The country whose clock an IANA zone is ("Europe/Amsterdam" is NL); empty where it is nobody's."""
    table = resources.files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#") and line.split("\t")[2] == zone:
            return line.split("\t")[0]
    return ""


def region_of(country: str, default: str) -> str:
    """SQL: the region of a country as a source writes it (two letters), else the default; null when neither is one."""
    code = f"CASE upper(trim({country})) WHEN 'UK' THEN 'GB' ELSE upper(trim({country})) END"
    fallback = text(default) if default in regions() else "CAST(NULL AS VARCHAR)"
    return f"CASE WHEN length(trim({country})) = 2 THEN {code} ELSE {fallback} END"


def know_regions(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave the temporary tables that `e164` reads."""
    rows = ", ".join(
        f"('{r['region']}', '{r['code']}', '{r['trunk']}', '{r['dial_out']}', {r['shortest']}, {r['longest']})"
        for r in regions().values()
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE phone_region AS SELECT * FROM"
        f" (VALUES {rows}) AS t(home, home_code, home_trunk, dial_out, home_shortest, home_longest)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE phone_code AS SELECT home_code AS far_code, min(home_trunk) AS trunk,"
        " min(home_shortest) AS shortest, max(home_longest) AS longest FROM phone_region GROUP BY home_code"
    )


def e164(source: str, phone: str, region: str) -> str:
    """SQL: the rows of `source` with one column more, `e164` ("+31612345678"); null for what is no number.

    region: SQL of the ISO 3166 code that a number without a country belongs to; without one it is no number.
    """
    bare = f"regexp_replace(regexp_replace(lower(trim({phone})), '{_EXTENSION}', ''), '^tel:|\\(0\\)', '', 'g')"
    digits = (
        f"SELECT *, regexp_matches(phone_bare, '[a-z@]') AS phone_wordy, starts_with(phone_bare, '+') AS phone_plus,"
        " regexp_replace(phone_bare, '[^0-9]', '', 'g') AS phone_digits FROM"
        f" (SELECT *, {bare} AS phone_bare, {region} AS phone_own_region FROM {source})"
    )
    # What is dialled from abroad, without what is dialled to get abroad; null for a number of the region itself.
    abroad = (
        "CASE WHEN phone_plus THEN phone_digits WHEN starts_with(phone_digits, dial_out) THEN"
        " substr(phone_digits, length(dial_out) + 1) WHEN starts_with(phone_digits, '00') AND length(phone_digits) > 9"
        " THEN substr(phone_digits, 3)"
        # The country's code without a plus: where numbers have a trunk prefix, one without is not its own.
        " WHEN starts_with(phone_digits, home_code)"
        " AND NOT (home_trunk <> '' AND starts_with(phone_digits, home_trunk))"
        " AND length(phone_digits) - length(home_code) BETWEEN home_shortest AND home_longest"
        " AND (home_trunk <> '' OR length(phone_digits) > home_longest) THEN phone_digits END"
    )
    one, two = (", ".join(map(text, codes)) for codes in (_ONE_DIGIT, _TWO_DIGITS))
    size = f"CASE WHEN substr(abroad, 1, 1) IN ({one}) THEN 1 WHEN substr(abroad, 1, 2) IN ({two}) THEN 2 ELSE 3 END"
    split = (
        f"SELECT *, coalesce(substr(abroad, 1, {size}), home_code) AS phone_code,"
        f" coalesce(substr(abroad, {size} + 1), phone_digits) AS phone_rest FROM"
        f" (SELECT *, {abroad} AS abroad FROM ({digits}) LEFT JOIN phone_region ON home = phone_own_region)"
    )
    rest = (
        "CASE WHEN trunk <> '' AND starts_with(phone_rest, trunk) AND"
        " (starts_with(trunk, '0') OR length(phone_rest) > longest)"
        " THEN substr(phone_rest, length(trunk) + 1) ELSE phone_rest END"
    )
    made = (
        "CASE WHEN length(phone_own) BETWEEN shortest AND longest AND NOT phone_wordy"
        " AND replace(phone_own, substr(phone_own, 1, 1), '') <> '' THEN '+' || phone_code || phone_own END"
    )
    helpers = (
        "phone_bare, phone_own_region, phone_wordy, phone_plus, phone_digits, home, home_code, home_trunk, dial_out,"
        " home_shortest, home_longest, abroad, phone_code, phone_rest, far_code, trunk, shortest, longest, phone_own"
    )
    return (
        f"SELECT * EXCLUDE ({helpers}), {made} AS e164 FROM (SELECT *, {rest} AS phone_own"
        f" FROM ({split}) LEFT JOIN phone_code ON far_code = phone_code)"
    )
