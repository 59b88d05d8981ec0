"""Which movements a change of monthly money is made of: the same rule for a subscription and for who pays.

Every row of a ledger holds all of them, signed, in minor units; before + their sum = after, to the cent.
"""

from __future__ import annotations

import ibis

MOVES = (
    "new", "reactivation", "resume", "expansion", "price", "fx", "contraction", "pause",
    "churn_voluntary", "churn_involuntary",
)  # fmt: skip
COLUMNS = tuple(f"{move}_minor" for move in MOVES)


def movements(c: ibis.Table) -> dict[str, ibis.Value]:
    """Column → its part of the change.

    c has before_minor, after_minor, was and standing (paying, paused, gone), paid_before, voluntary, and the parts of
    the change known by themselves: price_minor, fx_minor, held_minor (given to a pause, or come back from one).
    What comes back from nothing is asked about before what merely grew: money from zero is never expansion.
    """
    moved = c.after_minor - c.before_minor
    begins = (c.before_minor == 0) & (c.after_minor > 0)
    ends = (c.before_minor > 0) & (c.after_minor == 0)
    goes_on = (c.before_minor > 0) & (c.after_minor > 0)
    rest = moved - c.price_minor - c.fx_minor - c.held_minor
    said = {
        "new": (begins & ~c.paid_before, moved),
        "reactivation": (begins & c.paid_before & (c.was != "paused"), moved),
        "resume": (begins & c.paid_before & (c.was == "paused"), moved),
        "expansion": (goes_on & (rest > 0), rest),
        "price": (goes_on, c.price_minor),
        "fx": (goes_on, c.fx_minor),
        "contraction": (goes_on & (rest < 0), rest),
        "pause": (ends & (c.standing == "paused"), moved),
        "churn_voluntary": (ends & (c.standing != "paused") & c.voluntary, moved),
        "churn_involuntary": (ends & (c.standing != "paused") & ~c.voluntary, moved),
    }
    # Part of the money paused or come back while the rest went on being paid.
    also = {
        "resume": (goes_on & (c.held_minor > 0), c.held_minor),
        "pause": (goes_on & (c.held_minor < 0), c.held_minor),
    }
    return {
        f"{move}_minor": ibis.cases(*(part for part in (said[move], also.get(move)) if part), else_=0).cast("int64")
        for move in MOVES
    }
