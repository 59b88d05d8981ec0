"""Words by which rows are found: folded, so that "ete" finds "Été"; pure, written by the write path."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 40  # characters of a word; what is longer is found by its beginning
MOST = 24  # words of a row


@dataclass(frozen=True, slots=True)
class Searched:
    """A model that is searched: the kind its words have, the fields they stand in, and the fields that say whose."""

    kind: str
    fields: tuple[str, ...]
    whose: tuple[str, ...]

    def heeds(self, change: Mapping[str, Any]) -> bool:
        """Whether a change, as an entry tells it, moves words or whose they are."""
        told = {**(change["before"] or {}), **(change["after"] or {})}
        return bool(told.keys() & {*self.fields, *self.whose})


SEARCHED = {
    "accounts.Account": Searched("account", ("name", "source"), ()),
    "accounts.Contact": Searched("contact", ("name", "email", "title"), ("account_id",)),
    "accounts.WorkObject": Searched("work", ("title",), ("account_id", "book_id")),
}


def words_in(text: str) -> list[str]:
    """ "Été & Co, ann@kelp.example" → ete, co, ann, kelp, example."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return [word[:LONGEST] for word in re.findall(r"[^\W_]+", plain)]


def words_of(searched: Searched, row: Any) -> list[str]:
    """Each once."""
    told = {name: str(getattr(row, name) or "") for name in searched.fields}
    if "source" in told:
        told["source"] = told["source"].partition(":")[2]  # "shops:Kelp": the name that the data have for it
    said = " ".join(told.values())
    return list(dict.fromkeys(words_in(said)))[:MOST]


def index_of(label: str, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The index rows, as fields, of rows of one model."""
    searched = SEARCHED[label]
    return [
        {
            "word": word, "kind": searched.kind, "row_id": row.pk,
            "account_id": row.account_id if "account_id" in searched.whose else row.pk,
            "book_id": row.book_id if "book_id" in searched.whose else None,
        }
        for row in rows for word in words_of(searched, row)
    ]  # fmt: skip
