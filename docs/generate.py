"""Write the generated pages: tables.md, work-objects.md and metrics/*.md. With --check, say which are out of date.

The declarations in the code are the source; these pages are never edited by hand.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from holdfast.accounts.kinds import needs
from holdfast.accounts.kinds.catalog import KINDS as WORK
from holdfast.accounts.kinds.declare import Kind, Machine, Move, Who
from holdfast.accounts.kinds.facts import Line, Object
from holdfast.metrics.declare import Metric
from holdfast.metrics.worked import SHOP, every_worked
from holdfast.warehouse.tables import RECORDED, TABLES, Column, Table

DOCS = Path(__file__).parent
MADE = "Generated from the code by `make docs`; do not edit."

BASE_SET = """\
Every metric leaves out test orders, cancelled, voided and failed ones, orders without merchandise value (gift cards
only, replacements; [0006](../decisions/0006-zero-value-orders-are-left-out.md)), orders of staff, of test customers and
of people whom the shop excludes ([0054](../decisions/0054-excluded-people-buy-nothing.md)) and, where customers are
counted, buyers nobody knows and orders that went back whole. Several orders of one customer on one day of the shop are
one purchase. Money in another currency than the shop's is kept apart and said. A group of fewer than ten is not
shown."""

KINDS = {
    "proportion": "a proportion, with Wilson's 95 % interval",
    "mean": "a mean, with a 95 % interval from Student's t",
    "ratio": "a ratio of two sums, with a 95 % interval by the delta method",
    "growth": "growth of a sum against an earlier one",
    "median": "a median by Kaplan–Meier with its 95 % interval: who still waits counts as waiting",
    "p90": "the time within which nine in ten are served, by Kaplan–Meier, with its 95 % interval",
    "net": "promoters less detractors in points, with a 95 % interval by the ticket model",
    "stated": "nothing: it is shown as it was brought, with who states it",
    "quotient": "a quotient of two sums over months, with a 95 % interval (delta method, logarithm) of how they differ",
    "total": "a total: everything is counted, so there is no interval",
}
EXACT = "a proportion, with Clopper and Pearson's exact 95 % interval"
SPANS = {
    "matured": "every unit whose window has closed by the day asked for",
    "trailing": "units anchored in the twelve months that end on the day asked for",
    "state": "units as they stand on the day asked for",
}
BETTER = {"up": "higher", "down": "lower", "neither": "neither direction"}


def _column_row(column: Column) -> str:
    notes = [
        *(["required"] if column.required else []),
        *([f"`{column.default}` when empty"] if column.default else []),
        *(["personal data"] if column.pii else []),
        *([f"refers to the {column.names}"] if column.names else []),
    ]
    return f"| `{column.name}` | {column.kind} | {column.meaning} | {', '.join(notes)} |"


def _table_section(table: Table) -> str:
    rows = "\n".join(_column_row(column) for column in table.columns)
    key = ", ".join(f"`{name}`" for name in table.key)
    return (
        f"## {table.name}\n\n{table.grain[0].upper()}{table.grain[1:]}. Key: {key}.\n\n"
        f"| column | kind | meaning | notes |\n|---|---|---|---|\n{rows}\n"
    )


def tables_page() -> str:
    """docs/tables.md: every canonical table and column."""
    recorded = "\n".join(_column_row(column) for column in RECORDED)
    kinds = (
        "Kinds: *key* is a whole number issued by Holdfast, *money* is whole minor units (pence, cents) in the row's "
        "currency, *price* is major units with six places, *quantity* has three places, *moment* is UTC, *flag* is "
        "true or false."
    )
    return (
        f"# The canonical tables\n\n{MADE}\n\nEvery source is turned into these tables. {kinds}\n\n"
        "Every landed row also carries:\n\n| column | kind | meaning | notes |\n|---|---|---|---|\n"
        f"{recorded}\n\n" + "\n".join(_table_section(table) for table in TABLES.values())
    )


def _decision_link(number: str) -> str:
    found = sorted((DOCS / "decisions").glob(f"{number}-*.md"))
    if not found:
        raise SystemExit(f"decision {number} has no page under docs/decisions: write it in the same change")
    return f"[{number}](../decisions/{found[0].name})"


def metric_page(metric: Metric) -> str:
    """One metric as a page: what it asks, what it counts, what is left out, and why."""
    left_out = "\n".join(f"- {line}" for line in metric.left_out)
    differs = f"## How it differs from numbers of the same name\n\n{metric.differs}\n\n" if metric.differs else ""
    facts = [
        ("Counts", metric.counted),
        ("Measures" if metric.kind in ("median", "p90") else "Out of", metric.out_of),
        ("Unit", metric.unit),
        ("Window", metric.window),
        ("Computed as", EXACT if metric.exact else KINDS[metric.kind]),
        ("Headline speaks of", SPANS[metric.span]),
        ("Better", BETTER[metric.better]),
        ("Revenue basis", metric.basis or ""),
        ("Has no value", f"{metric.never.why}: {metric.never.would_need}" if metric.never is not None else ""),
        ("Panel of", ", ".join(metric.panel)),
        ("Needs", ", ".join(f"`{need}`" for need in metric.needs)),
        ("Needs history", f"{metric.needs_months} whole months of data" if metric.needs_months else ""),
        ("Also called", ", ".join(f"`{name}`" for name in metric.aliases)),
        ("Version", str(metric.version)),
        ("Decision", _decision_link(metric.decision)),
    ]
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts if value)
    return (
        f"# {metric.name} ({metric.number})\n\n{MADE}\n\n{metric.question}\n\n| | |\n|---|---|\n{rows}\n\n"
        + (f"## Left out\n\nBeyond [what every metric leaves out](README.md):\n\n{left_out}\n\n" if left_out else "")
        + differs
        + _worked_by_hand(metric)
        + f"Id: `{metric.id}`.\n"
    )


def _worked_by_hand(metric: Metric) -> str:
    """The metric's example, with a link to the files it is counted from."""
    worked = every_worked().get(metric.id)
    if worked is None:
        raise SystemExit(f"metric {metric.id} has no example in examples/saltmarsh/worked.toml: count one by hand")
    folder = f"../../src/holdfast/examples/saltmarsh{f'/{worked.folder}' if worked.folder else ''}"
    return (
        f"## Worked by hand\n\nOver [the files]({folder}) of {SHOP}{worked.beside}:\n\n> {worked.told}\n\n"
        f"In numbers: {worked.in_numbers}. A test asks whether Holdfast finds the same.\n\n"
    )


WHO = {
    Who.WE: "we", Who.CUSTOMER: "the customer", Who.EITHER: "either side", Who.BOTH: "both sides",
    Who.ANOTHER: "one of us who had no hand in it", Who.PAIR: "who gives and who receives",
}  # fmt: skip
NOTHING = Object("", date(2000, 1, 1), date(2000, 1, 1), owes=True)  # what an object lacks that has nothing


def _asked(need: needs.Need, labels: dict[str, str]) -> str:
    """A need in words: what it says of an object that has nothing."""
    nothing = replace(NOTHING, labels=labels)
    if isinstance(need, needs.Every):
        wanted = " or ".join(need.states) if need.states else f"with {nothing.called(*need.filled)}"
        return f"every {need.part} {wanted}".replace("_", " ")
    if isinstance(need, needs.Short):
        return f"no longer than {need.characters:,} characters"
    if isinstance(need, needs.Below):
        return f"every {need.part} under it {' or '.join(need.states)}"
    if isinstance(need, needs.Months):
        times = f"{need.times:g} times {need.threshold}"
        return f"{need.months} months of {need.table} below {times}" if need.below else f"the last month at {times}"
    if isinstance(need, needs.Good):
        return f"{nothing.called(need.name)} is still to come"
    if isinstance(need, needs.Is):
        return f"{need.name} is {' or '.join(need.answers)}"
    if isinstance(need, needs.CustomerLine):
        return "somebody of the customer owns a line"
    if isinstance(need, needs.Lines):
        return need.missing(nothing, None).partition(";")[0]
    return need.missing(nothing, Line(0, "", "", "it"))


def _moves(machine: Machine, labels: dict[str, str]) -> str:
    names = {state.name: state.label for state in machine.states}

    def row(move: Move) -> str:
        asks = "; ".join(_asked(need, labels) for need in move.needs)
        return f"| {names[move.start]} | {names[move.end]} | {WHO[move.who]} | {asks} |"

    return "| from | to | who | needs |\n|---|---|---|---|\n" + "\n".join(row(move) for move in machine.moves) + "\n"


def _kind_section(kind: Kind) -> str:
    fields = "\n".join(
        f"- **{field.label}** {f'({field.help})' if field.help else ''}".rstrip() for field in kind.fields
    )
    parts = "".join(
        f"\nLines: **{part.label}**"
        + (f", with {', '.join(column.label.lower() for column in part.columns)}" if part.columns else "")
        + f".\n\n{_moves(part.machine, kind.labels)}"
        for part in kind.parts
    )
    with_lines = f" It holds until the first {kind.expires_with.partition('.')[0]} ends." if kind.expires_with else ""
    return (
        f"## {kind.id} {kind.name}\n\n{kind.question} Who owns it: {kind.owner}. Useful when {kind.useful}; "
        f"theatre when {kind.theatre}.{with_lines}\n\n{fields}\n\n{_moves(kind.machine, kind.labels)}{parts}"
    )


def work_objects_page() -> str:
    """docs/work-objects.md: every kind of work object with its fields and its moves."""
    return (
        f"# Work objects\n\n{MADE}\n\nWhy they are kept so: {_decision_link('0075').replace('../', '')}.\n\n"
        + "\n".join(_kind_section(kind) for kind in WORK.values())
    )


def _metrics() -> list[Metric]:
    """The declared metrics in the order a reader meets them."""
    if find_spec("holdfast.metrics.registry") is None:
        return []
    from holdfast.metrics.registry import METRICS

    return list(METRICS.values())


def _metrics_index(metrics: list[Metric]) -> str:
    rows = "\n".join(f"| {m.number} | [{m.name}]({m.id}.md) | {m.question} | {m.version} |" for m in metrics)
    return f"# Metrics\n\n{MADE}\n\n{BASE_SET}\n\n| number | metric | question | version |\n|---|---|---|---|\n{rows}\n"


def pages() -> dict[Path, str]:
    """Path → text of every generated page."""
    metrics = _metrics()
    made = {DOCS / "tables.md": tables_page(), DOCS / "work-objects.md": work_objects_page()}
    made |= {DOCS / "metrics" / f"{metric.id}.md": metric_page(metric) for metric in metrics}
    if metrics:
        made[DOCS / "metrics" / "README.md"] = _metrics_index(metrics)
    return made


def stale() -> list[Path]:
    """Generated pages that differ from the code, are missing, or belong to nothing any more."""
    made = pages()
    wrong = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return sorted(wrong + [path for path in (DOCS / "metrics").glob("*.md") if path not in made])


def main(arguments: list[str]) -> int:
    out_of_date = stale()
    names = ", ".join(str(path.relative_to(DOCS.parent)) for path in out_of_date)
    if "--check" in arguments:
        print(f"out of date: {names}. Run `make docs` and commit the result." if names else "all up to date")
        return 1 if names else 0
    made = pages()
    for path in out_of_date:
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
        else:
            path.unlink()
    print(f"written: {names}" if names else "all up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
