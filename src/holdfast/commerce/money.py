"""An amount of money in whole minor units of one currency. Floats are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from holdfast.commerce.currency import UnknownCurrency, minor_digits

__all__ = ["MixedCurrencies", "Money", "UnknownCurrency", "minor_digits"]

_EXACT = Context(prec=60)  # wide enough that only the one rounding below can happen
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


class MixedCurrencies(TypeError):
    """Two currencies met where one was needed."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(
            f"cannot put {right} and {left} together: total each currency on its own,"
            " or convert both to one currency at a stated rate first"
        )
        self.left, self.right = left, right


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: Money(1234, "GBP") is twelve pounds thirty-four."""

    minor: int  # whole minor units: pence, cents, yen; negative is owed
    currency: str  # ISO 4217, upper case

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError(f"money counts whole minor units, not {self.minor!r}; use Money.from_decimal for 12.34")
        minor_digits(self.currency)

    @classmethod
    def from_decimal(cls, amount: Decimal | str, currency: str) -> Money:
        """The amount in major units, rounded half away from zero to the currency's minor unit.

        Raises TypeError for a float (0.1 is not 0.1 there) and ValueError for a text that is not a plain number.
        """
        exact, digits = _decimal(amount), minor_digits(currency)
        try:
            rounded = exact.quantize(Decimal((0, (1,), -digits)), ROUND_HALF_UP, _EXACT)
        except InvalidOperation:
            raise ValueError(f"{amount!r} is no amount of money: it is too large") from None
        return cls(int(rounded.scaleb(digits, _EXACT)), currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: str) -> Money:
        """All amounts together; nothing adds up to zero of `currency`. Raises MixedCurrencies."""
        total = cls(0, currency)
        for amount in amounts:
            total += amount
        return total

    def to_decimal(self) -> Decimal:
        """The amount in major units, exact, with all the currency's digits."""
        digits = tuple(int(digit) for digit in str(abs(self.minor)))
        return Decimal((int(self.minor < 0), digits, -minor_digits(self.currency)))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if isinstance(times, bool) or not isinstance(times, int):
            raise TypeError(f"money is multiplied by whole numbers, not {times!r}; round with Money.from_decimal")
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __str__(self) -> str:
        return f"{self.currency} {self.to_decimal():f}"

    def _same(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"cannot put money and {other!r} together; give the amount a currency: Money(…, …)")
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
        return other.minor


def _decimal(amount: Decimal | str) -> Decimal:
    if isinstance(amount, Decimal):
        if not amount.is_finite():
            raise ValueError(f"{amount!r} is no amount of money")
        return amount
    if not isinstance(amount, str):
        raise TypeError(f"an amount is a Decimal or a text, not {type(amount).__name__} {amount!r}")
    if not _PLAIN.fullmatch(amount.strip()):
        raise ValueError(f"{amount!r} is not a plain number such as 1234.56; clean it up where the file is read")
    return Decimal(amount.strip())
