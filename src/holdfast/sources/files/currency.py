"""How many digits a currency has after the point (ISO 4217), and money as whole minor units in SQL."""

from __future__ import annotations

_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

DIGITS: dict[str, int] = (
    dict.fromkeys(_TWO.split(), 2) | dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)
)


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
    none = _listed(c for c, digits in DIGITS.items() if digits == 0)
    three = _listed(c for c, digits in DIGITS.items() if digits == 3)
    return (
        f"CASE WHEN {code} IN ({none}) THEN {scaled(amount, 0)}"
        f" WHEN {code} IN ({three}) THEN {scaled(amount, 3)} ELSE {scaled(amount, 2)} END"
    )


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
