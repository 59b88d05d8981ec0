"""Measure what segments cost on an invented shop: forty in one pass, each alone, and their sizes at every month end.

    python benchmarks/segments.py --orders 20000000 --customers 5000000

The shop of `run.py` is imported and built. Then each part is a process of its own. The forty speak of states, scores,
tenths, days, money, countries and channels; they are put together with all, any and not.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from built_shop import built, part_table, size_of, sized
from run import CORES, Cost, cost_of, machine, shop_files

FORTY, ALONE, MONTHS = 40, 4, 12


def forty() -> list[Any]:
    """Segments that differ, most of three or more conditions."""
    from holdfast.segments.condition import All, AnyOf, Leaf, Not
    from holdfast.segments.segment import segment
    from holdfast.segments.states import STATES

    found = []
    for n in range(FORTY):
        state = Leaf("state", (("is", (STATES[n % len(STATES)],)),))
        money = Leaf("value_decile", (("at_least", float(1 + n % 10)),))
        often = Leaf("frequency", (("at_least", float(n % 4)),))
        recent = Leaf("recency", (("at_most", 30.0 * (1 + n % 12)),))
        scored = Leaf("recency_score", (("at_least", float(1 + n % 5)),))
        where = Leaf("country", (("in", ("de", "fr") if n % 2 else ("gb",)),))
        way = Leaf("channel", (("is", ("web",)),))
        when = All((state, AnyOf((money, often)), Not(recent))) if n % 2 else All((state, scored, AnyOf((where, way))))
        found.append(segment(f"s{n}", f"Segment {n}", "", "buyers", when))
    return found


def part(home: Path, name: str) -> dict[str, Any]:
    """One part, in a child of its own."""
    from holdfast.segments.kept import keep_facts
    from holdfast.segments.listing import together
    from holdfast.segments.members import members_of
    from holdfast.segments.sizes import measured
    from holdfast.warehouse.home import Home

    if name == "keep":
        return {"rows": int(keep_facts(Home(home)))}
    if name == "live":
        return {"rows": sum(one.members for one in together(Home(home), forty()[0]))}
    if name == "sizes":
        return {"rows": len(measured(Home(home), forty(), months=MONTHS))}
    if name == "alone":
        return {"rows": sum(members_of(Home(home), [one]).num_rows for one in forty()[:ALONE])}
    return {"rows": members_of(Home(home), forty()).num_rows}


def measured(arguments: argparse.Namespace) -> tuple[list[Cost], dict[str, Any]]:
    orders, customers, lines, seed = size_of(arguments)
    files, truth = shop_files(orders, customers, lines, seed)
    with built(files, f"home-segments-{orders}-{customers}", keep=arguments.keep) as home:
        costs = [
            cost_of(words, [sys.executable, __file__, "--of", home, "--part", name], home)
            for words, name in (
                (f"{FORTY} segments in one pass", "forty"),
                (f"{ALONE} of them, each alone", "alone"),
                (f"sizes of {FORTY} at {MONTHS} month ends", "sizes"),
                ("one, live, before facts are kept", "live"),
                ("facts of everybody, kept once a build", "keep"),
                ("one, live, of the facts kept", "live"),
            )
        ]
    return costs, truth | {"rows": costs[0].said["rows"]}


def told(costs: list[Cost], size: dict[str, Any]) -> str:
    """The section of docs/benchmarks.md."""
    return (
        f"{size['customers']:,} customers, {size['orders']:,} orders; {size['rows']:,} belong to one or more."
        f" Held to {CORES} cores; {machine()}.\n\n" + part_table(costs)
    )


def main() -> None:
    parser = sized(__doc__ or "", orders=4_000_000, of_a_customer=4, lines_of_ten=10)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.of:
        print(json.dumps(part(arguments.of, arguments.part)))
        return
    print(told(*measured(arguments)))


if __name__ == "__main__":
    main()
