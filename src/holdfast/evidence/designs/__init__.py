"""Comparisons that nobody drew by lot: never more than E3, and never "changed" without their condition."""
