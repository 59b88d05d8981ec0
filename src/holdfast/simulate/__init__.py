"""Invented shops whose truth is known: every canonical table, drawn from laws with known parameters."""

from holdfast.simulate.laws import KINDS, LAWS, Laws, Treatment, Trouble
from holdfast.simulate.portfolio import PORTFOLIO, CannotSimulate, Made, Wanted, simulate

__all__ = ["KINDS", "LAWS", "PORTFOLIO", "CannotSimulate", "Laws", "Made", "Treatment", "Trouble", "Wanted", "simulate"]
