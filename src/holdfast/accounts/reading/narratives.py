"""Value narratives (A11) of the accounts somebody sees, for the ledger of value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.accounts.access import work_of

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

NARRATIVE, MOST = "A11", 200


@dataclass(frozen=True, slots=True)
class Told:
    """One of them. grade: "E0" … "E5", as its writer graded it; only a comparison by lot is E4."""

    work_id: int
    account: str
    title: str
    outcome: str
    grade: str


def narratives(user: Anybody) -> tuple[Told, ...]:
    """The newest first, without drafts."""
    works = work_of(user).filter(kind=NARRATIVE).exclude(state="draft").select_related("account").order_by("-pk")[:MOST]
    return tuple(
        Told(
            w.pk, w.account.name if w.account else "", w.title, w.fields.get("outcome", ""), w.fields.get("grade", "E0")
        )
        for w in works
    )
