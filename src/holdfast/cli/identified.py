"""Identity in words, for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.cli import figures

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rich.console import Console

    from holdfast.warehouse.identity.decisions import Decision
    from holdfast.warehouse.identity.listing import Overview
    from holdfast.warehouse.identity.suggest import Contact, Suggestion
    from holdfast.warehouse.identity.why import Link, Seen, Why

_HASH = 12  # digits of a hash that are shown
_PLACES = {"customer": "the customer's profile", "order": "an order", "refund": "a refund"}


def show_why(out: Console, found: Why) -> None:
    one, oldest = found.profile, found.members[0]
    if len(found.members) == 1:
        out.print(f"{one.label} ({one.shop}) stands alone: nothing joins it with another profile.", markup=False)
    else:
        out.print(f"{one.label} ({one.shop}) is one person with {_others(found)}.", style="bold", markup=False)
        if found.chain:
            said = f"It is counted under {oldest.label} (#{oldest.customer_id}) since batch {found.batch}."
            out.print(said, markup=False)
            out.print(f"Weakest link: {found.confidence}.", style="dim", markup=False)
        else:
            out.print("It is the oldest of them; the others are counted under it.", markup=False)
    for number, link in enumerate(found.chain, start=1):
        _link(out, number, link)
    if found.aside:
        out.print("\nWhat does not count:", style="bold")
    for seen, value, state in found.aside:
        out.print(f"  {seen.rule.split('_')[0]} {value[:_HASH]}: {state}", markup=False)
        out.print(f"    {_seen(seen)}", style="dim", markup=False)
    for held in found.apart:
        about = " and ".join(f"#{who}" for who in held.customers)
        said = f"\nHeld apart: {about}, decision {held.number} of {held.by}, {figures.moment(held.at)}: {held.why}"
        out.print(said, markup=False)
    if found.changes:
        out.print("\nHow its key changed:", style="bold")
    for change in found.changes:
        when = figures.moment(change.built_at)
        out.print(f"  {when}, batch {change.batch}: #{change.was} → #{change.became}", markup=False)


def _others(found: Why) -> str:
    rest = [one for one in found.members if one.customer_id != found.profile.customer_id]
    named = ", ".join(f"{one.label} ({one.shop})" for one in rest[:6])
    return named + (f" and {len(rest) - 6} more" if len(rest) > 6 else "")


def _link(out: Console, number: int, link: Link) -> None:
    if link.decision is not None:
        said = (
            f"{number}. {link.one.label} and {link.other.label}: decision {link.decision.number} of {link.decision.by},"
        )
        out.print(f"{said} {figures.moment(link.decision.at)}: {link.decision.why}", markup=False)
        return
    same = f"{link.identifier_type} {link.identifier_hash[:_HASH]}"
    out.print(f"{number}. {link.one.label} and {link.other.label} gave the same {same} ({link.words}):", markup=False)
    for seen in link.seen:
        out.print(f"   {seen.profile.label}: {_seen(seen)}", markup=False)


def _seen(seen: Seen) -> str:
    place = _PLACES.get(seen.seen_in, f"a row of {seen.seen_in.replace('_', ' ')}")
    when = "no day told"
    if seen.first_seen and seen.last_seen:
        first, last = figures.day(seen.first_seen.date()), figures.day(seen.last_seen.date())
        when = f"first {first}, last {last}"
    files = ", ".join(seen.files[:2]) + (f" and {len(seen.files) - 2} more" if len(seen.files) > 2 else "")
    return f"on {place}, {when}; load {seen.load_id} ({files or 'unknown file'})"


def show_overview(out: Console, found: Overview) -> None:
    merged = found.profiles - found.persons
    be = "is" if found.profiles == 1 else "are"
    said = f"{figures.plural(found.profiles, 'profiles')} {be} {figures.plural(found.persons, 'persons')}"
    out.print(
        f"{said}; {figures.number(merged)} {'is' if merged == 1 else 'are'} part of another profile's person.",
        style="bold",
        markup=False,
    )
    for what, known, of in (
        ("orders", found.orders_of_somebody, found.orders),
        ("visits", found.sessions_of_somebody, found.sessions),
    ):
        if of:
            share = figures.measured(known / of, "share")
            out.print(f"  {share} of {figures.plural(of, what)} belong to somebody", markup=False)
    have = "has" if found.many_emails == 1 else "have"
    out.print(f"  {figures.plural(found.many_emails, 'persons')} {have} more than 5 e-mails", markup=False)
    if found.largest:
        _table(
            out, "largest persons", ("key", "customer", "profiles", "shops", "weakest link"),
            [(f"#{p.customer_key}", p.label, str(p.profiles), str(p.shops), p.weakest) for p in found.largest],
        )  # fmt: skip
    if found.aside:
        _table(
            out, "joins nobody", ("kind", "hash", "profiles", "why"),
            [(a.identifier_type, a.identifier_hash[:_HASH], figures.number(a.profiles), a.state) for a in found.aside],
        )  # fmt: skip
    _table(
        out, "merges a week", ("week of", "merges", "splits"),
        [(str(w.begins_on), figures.number(w.merges), figures.number(w.splits)) for w in found.weeks],
    )  # fmt: skip


def show_suggestions(out: Console, persons: Sequence[Suggestion], contacts: Sequence[Contact]) -> None:
    if not persons and not contacts:
        out.print("Nobody looks like somebody else.")
        return
    if persons:
        _table(
            out, "may be one person", ("one", "other", "shop", "why"),
            [(_named(s.one), _named(s.other), s.one.shop, s.why) for s in persons],
        )  # fmt: skip
        out.print(
            "Look, then say: holdfast identity merge ONE OTHER --why …, or unmerge ONE OTHER --why …", style="dim"
        )
    if contacts:
        _table(
            out, "may speak for an account", ("person", "account", "why"),
            [(_named(c.profile), c.account, c.why) for c in contacts],
        )  # fmt: skip


def _named(profile) -> str:  # type: ignore[no-untyped-def]
    return f"#{profile.customer_id} {profile.number or ''}".strip()


def show_decisions(out: Console, said: Sequence[Decision], holds: Collection[int]) -> None:
    if not said:
        out.print("Nobody has decided anything yet.")
        return
    rows = []
    for one in said:
        about = " and ".join(f"#{who}" for who in one.customers) or (
            f"{one.identifier[0]} {one.identifier[1][:_HASH]}" if one.identifier else f"decision {one.undoes}"
        )
        stands = "holds" if one.number in holds else ("" if one.kind == "undo" else "taken back")
        rows.append((str(one.number), one.kind, about, one.by, figures.moment(one.at), stands, one.why))
    _table(out, "decisions", ("no", "what", "about", "by", "when", "", "why"), rows)


def _table(out: Console, title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)
