"""How many digits each currency has below its point: ISO 4217, list one of 2026-01-01.

Left out are the codes without a minor unit (gold, special drawing rights, testing): no shop sells in them.
"""

from __future__ import annotations

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DIGITS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
    YER ZAR ZMW ZWG
"""
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"

ACTIVE: dict[str, int] = {
    code: digits
    for digits, codes in ((0, _NO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS), (4, _FOUR_DIGITS))
    for code in codes.split()
}

# No longer money, but old orders were paid in them (withdrawn since 2011).
WITHDRAWN: dict[str, int] = {
    "ANG": 2,  # Netherlands Antilles, until 2025
    "BGN": 2,  # Bulgaria, until 2025
    "BYR": 0,  # Belarus, until 2016
    "CUC": 2,  # Cuba, until 2021
    "EEK": 2,  # Estonia, until 2010
    "HRK": 2,  # Croatia, until 2022
    "LTL": 2,  # Lithuania, until 2014
    "LVL": 2,  # Latvia, until 2013
    "MRO": 2,  # Mauritania, until 2017
    "SLL": 2,  # Sierra Leone, until 2023
    "STD": 2,  # São Tomé and Príncipe, until 2017
    "VEF": 2,  # Venezuela, until 2018
    "ZMK": 2,  # Zambia, until 2012
    "ZWL": 2,  # Zimbabwe, until 2024
}

DIGITS: dict[str, int] = ACTIVE | WITHDRAWN


class UnknownCurrency(ValueError):
    """A code that ISO 4217 does not know."""

    def __init__(self, code: object) -> None:
        meant = code.strip().upper() if isinstance(code, str) else ""
        hint = f"write {meant}" if meant in DIGITS else "write the three capital letters of ISO 4217, such as EUR"
        super().__init__(f"{code!r} is not a currency code: {hint}")
        self.code = code


def minor_digits(currency: str) -> int:
    """Digits below the point: 2 for GBP (pence), 0 for JPY, 3 for KWD. Raises UnknownCurrency."""
    try:
        return DIGITS[currency]
    except (KeyError, TypeError):
        raise UnknownCurrency(currency) from None
