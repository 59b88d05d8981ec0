"""The customer experience as a panel: M38 names the measures that stand for it, and adds nothing up."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.effects import nobody

# First reply, resolution, resolved; recommendation, satisfaction, effort; parcels on time, what goes back.
PANEL = ("M13", "M14", "M15", "M35", "M36", "M37", "M38b", "M60")


@metric(
    number="M38",
    name="Customer experience panel",
    question="How do customers fare with the shop, seen from every side that is measured?",
    unit="measures",
    counted="nothing of its own: each measure of the panel stands by itself",
    out_of="nothing",
    window="that of each measure",
    kind="mean",
    scale="share",
    span="state",
    version=1,
    decision="0029",
    needs=("order",),
    differs="A composite score hides that one side got better while another got worse; none is made.",
    never=Unknown("a panel, not one number", "look at the measures it names"),
    panel=PANEL,
)
def experience_panel(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)
