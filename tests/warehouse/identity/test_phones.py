"""Telephone numbers become E.164 in SQL as the phonenumbers library makes them, region by region."""

import duckdb
import phonenumbers as library
import pytest
from phonenumbers import PhoneNumberFormat as Format
from phonenumbers import PhoneNumberType as Type

from holdfast.warehouse.identity.phones import e164, know_regions, region_of, region_of_zone, regions

# Argentina writes a 15 into mobile numbers at home and a 9 abroad, Belarus dials 8 and then 0: rules that nobody shares.
APART = {"AR", "BY"}


@pytest.fixture(scope="module")
def dial():
    """Numbers given as (as typed, region) → what each becomes."""
    connection = duckdb.connect()
    know_regions(connection)

    def run(typed):
        connection.execute("CREATE OR REPLACE TABLE typed (n INT, phone VARCHAR, region VARCHAR)")
        connection.executemany("INSERT INTO typed VALUES (?, ?, ?)", [(n, *one) for n, one in enumerate(typed)])
        rows = connection.execute(f"SELECT e164 FROM ({e164('typed', 'phone', 'region')}) ORDER BY n").fetchall()
        return [one for (one,) in rows]

    yield run
    connection.close()


def examples():
    """An ordinary landline and mobile number of each region, with each way of writing it."""
    for region in sorted(set(regions()) - APART):
        for kind in (Type.FIXED_LINE, Type.MOBILE):
            number = library.example_number_for_type(region, kind)
            if number is None or not library.is_valid_number(number):
                continue
            truth = library.format_number(number, Format.E164)
            abroad = library.format_number(number, Format.INTERNATIONAL)
            yield truth, truth, region
            yield abroad, truth, region
            yield library.format_number(number, Format.RFC3966), truth, None
            yield library.format_number(number, Format.NATIONAL), truth, region
            yield f"00{truth[1:]}", truth, "DE"
            yield f"{abroad} ext. 12", truth, "US"


def test_every_way_of_writing_a_number_becomes_what_the_library_makes_of_it(dial):
    cases = list(examples())
    made = dial([(typed, region) for typed, _, region in cases])
    wrong = [(*case, found) for case, found in zip(cases, made, strict=True) if found != case[1]]
    assert len(cases) > 2500
    assert wrong == []


@pytest.mark.parametrize(
    ("typed", "region", "becomes"),
    [
        ("06 - 1234 5678", "NL", "+31612345678"),
        ("0031 6 12345678", "NL", "+31612345678"),
        ("31612345678", "NL", "+31612345678"),
        ("+31 (0)6 12345678", "DE", "+31612345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("06 698 12345", "IT", "+390669812345"),
        ("020 7946 0000 x12", "GB", "+442079460000"),
        ("0000000000", "NL", None),
        ("1111111111", "US", None),
        ("12", "NL", None),
        ("call me", "NL", None),
        ("anonymous", "NL", None),
        ("0612345678", None, None),
        ("", "NL", None),
        (None, "NL", None),
    ],
)
def test_numbers_as_people_type_them(dial, typed, region, becomes):
    assert dial([(typed, region)]) == [becomes]


def test_a_row_keeps_its_other_columns_and_none_is_lost_or_doubled(dial):
    connection = duckdb.connect()
    know_regions(connection)
    connection.execute("CREATE TABLE t AS SELECT range AS n, '0612345678' AS phone FROM range(50)")
    query = f"SELECT * FROM ({e164('t', 'phone', region_of('NULL::VARCHAR', 'NL'))}) ORDER BY n"
    assert connection.execute(query).fetchall() == [(n, "0612345678", "+31612345678") for n in range(50)]


def test_a_zone_says_whose_numbers_have_no_country():
    assert region_of_zone("Europe/Amsterdam") == "NL"
    assert region_of_zone("America/New_York") == "US"
    assert region_of_zone("UTC") == ""
