"""Money as whole minor units in SQL, by how many digits a currency has after the point."""

from __future__ import annotations

from holdfast.commerce.currency import DIGITS


def known_sql(code: str) -> str:
    """SQL: is this expression the code of a currency we know?"""
    return f"({code}) IN ({_listed(DIGITS)})"


def minor_sql(amount: str, code: str, wide: bool = False) -> str:
    """SQL: an amount in major units, DECIMAL(18,6), as whole minor units, halves rounded away from zero.

    wide: the amount may have more digits than that. A code that is a literal decides the digits here.
    Null when the amount is null or does not fit a 64-bit integer.
    """
    scaled = _scaled_wide if wide else _scaled
    if amount.startswith("CAST(NULL"):
        return "CAST(NULL AS BIGINT)"
    if code.startswith("'"):
        return scaled(amount, DIGITS[code.strip("'")])
    whens = [
        f"WHEN {code} IN ({_listed(c for c, has in DIGITS.items() if has == digits)}) THEN {scaled(amount, digits)}"
        for digits in sorted({*DIGITS.values()} - {2})
    ]
    return f"CASE {' '.join(whens)} ELSE {scaled(amount, 2)} END"


def product_sql(quantity: str, price: str, code: str) -> str:
    """SQL: quantity × price, DECIMAL(18,6) each, as whole minor units of a currency.

    A product of usual size fits 64 bits, which is far cheaper; quantities count to a thousandth.
    """
    small = f"(TRY_CAST({quantity} AS DECIMAL(8,3)) * TRY_CAST({price} AS DECIMAL(10,6)))"
    large = f"(CAST({quantity} AS DECIMAL(19,3)) * {price})"
    usual = f"abs({quantity}) < 99999 AND abs({price}) < 9999"
    return f"CASE WHEN {usual} THEN {minor_sql(small, code)} ELSE {minor_sql(large, code, wide=True)} END"


def _scaled(amount: str, digits: int) -> str:
    return f"TRY_CAST(TRY_CAST({amount} AS DECIMAL(18,{digits})) * {10**digits} AS BIGINT)"


def _scaled_wide(amount: str, digits: int) -> str:
    return f"TRY_CAST(TRY_CAST(round({amount}, {digits}) AS DECIMAL(20,{digits})) * {10**digits} AS BIGINT)"


def _listed(codes: object) -> str:
    return ", ".join(f"'{code}'" for code in codes)  # type: ignore[attr-defined]
