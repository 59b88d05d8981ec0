"""What the columns of a file are: ours by their names, and those that other systems call otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from holdfast.sources.files.dialect import folded

Kind = Literal["accounts", "contacts", "contracts"]
CUSTOM = "custom: "  # a field of the merchant's own, as exports write it
ASIDE = ""  # a column that is not taken in


@dataclass(frozen=True, slots=True)
class Column:
    """name: as Holdfast exports it; words: what it is called elsewhere."""

    name: str
    label: str
    words: tuple[str, ...] = ()


_ACCOUNT = ("account", "company", "customer", "client", "merchant", "organisation", "organization", "company name",
            "customer name", "client name", "merchant name")  # fmt: skip
_THEIRS = (
    Column("account_id", "Account, its number", ("holdfast account",)),
    Column("account_source", "Account, as the data know it"),
    Column("account", "Account, its name", ("account name", *_ACCOUNT)),
)
COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    "accounts": (
        Column("id", "Number", ("account id", "holdfast id")),
        Column("name", "Name", ("account name", *_ACCOUNT)),
        Column("source", "As the data know it"),
        Column("book", "Book", ("portfolio", "territory")),
        Column(
            "owner", "Owner", ("account owner", "csm", "account manager", "customer success manager", "assigned to")
        ),
        Column("parent", "Part of", ("parent account", "parent company", "part of", "group")),
        Column("segment", "Segment"),
        Column("archetype", "Archetype"),
        Column("motion", "Motion"),
        Column("tier", "Tier", ("service level", "touch")),
        Column("stage", "Stage", ("lifecycle stage", "lifecycle", "phase", "status")),
        Column("since", "Since", ("customer since", "start date", "became a customer", "created", "created on")),
        Column("tags", "Tags", ("labels", "keywords")),
    ),
    "contacts": (
        Column("id", "Number", ("contact id",)),
        *_THEIRS,
        Column("name", "Name", ("contact", "contact name", "full name", "person")),
        Column("first_name", "First name", ("given name", "forename")),
        Column("last_name", "Last name", ("family name", "surname")),
        Column("title", "Title", ("job title", "position", "function")),
        Column("email", "E-mail", ("e-mail address", "mail", "contact email")),
        Column("part", "Part", ("role", "buying role")),
        Column("influence", "Influence 0–5"),
        Column("interest", "Interest 0–5"),
        Column("stance", "Stance", ("sentiment",)),
        Column("stance_why", "What they said or did", ("stance why",)),
        Column("stance_on", "Stance on"),
        Column("concern", "Concern"),
        Column("reports_to", "Reports to", ("manager",)),
    ),
    "contracts": (
        Column("id", "Number", ("contract id",)),
        *_THEIRS,
        Column("name", "Name", ("contract", "contract name", "agreement", "contract number")),
        Column("value", "Value a year", ("annual value", "acv", "arr", "amount", "annual recurring revenue")),
        Column("currency", "Currency", ("currency code",)),
        Column("starts", "Starts", ("start", "start date", "from", "begins")),
        Column("ends", "Ends", ("end", "end date", "until", "expires", "renewal date")),
        Column("notice_on", "Last day for notice", ("notice date", "notice by", "notice")),
        Column("auto_renew", "Renews itself", ("auto renewal", "automatic renewal", "auto renews")),
        Column("budget_cycle", "Budget cycle"),
        Column("price_rights", "Price rights"),
        Column("approver", "Approver"),
    ),
}


def kind_of(header: Sequence[str]) -> Kind:
    """What most of the columns speak of; a file that could be either is one of accounts."""
    known = {kind: len({name for name in guess(header, kind).values() if name}) for kind in COLUMNS}
    return max(COLUMNS, key=lambda kind: known[kind])


def guess(header: Sequence[str], kind: Kind, customs: Iterable[str] = ()) -> dict[str, str]:
    """Header → the column it is, "custom: <name>" for a field of the merchant's own, or nothing. None is said twice."""
    by_word = {folded(word): one.name for one in reversed(COLUMNS[kind]) for word in (*one.words[::-1], one.label)}
    by_word |= {folded(one.name): one.name for one in COLUMNS[kind]}
    if kind == "accounts":
        by_word = {folded(name): CUSTOM + name for name in customs} | by_word
    found: dict[str, str] = {}
    for head in header:
        said = by_word.get(folded(head), ASIDE)
        if (
            kind == "accounts"
            and head.casefold().startswith(CUSTOM.strip())
            and (own := head[len("custom:") :].strip())
        ):
            said = CUSTOM + own
        found[head] = said if said not in found.values() else ASIDE
    return found


def options(head: str, kind: Kind) -> list[tuple[str, str]]:
    """What a column of the file can be said to be: key, words."""
    own = [(CUSTOM + head, f"own field “{head}”")] if kind == "accounts" and not head.startswith(CUSTOM) else []
    return [(ASIDE, "left aside"), *((one.name, one.label) for one in COLUMNS[kind]), *own]


def settled(header: Sequence[str], kind: Kind, said: Mapping[str, str]) -> dict[str, str]:
    """What a person said of the columns, where it can be so. Raises ValueError, with a sentence."""
    known = {one.name: one.label for one in COLUMNS[kind]}
    found = {head: said.get(head, ASIDE) for head in header}
    for name in filter(None, found.values()):
        if name not in known and not (kind == "accounts" and name.startswith(CUSTOM) and name != CUSTOM):
            raise ValueError(f"there is no column {name}")
        if sum(one == name for one in found.values()) > 1:
            raise ValueError(f"two columns are said to be “{known.get(name, name)}”: leave one of them aside")
    return found
