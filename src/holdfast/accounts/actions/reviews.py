"""Reviews of an account: drawn, written on, drawn anew, issued, thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.access import access_account, access_of_account
from holdfast.accounts.act import By, act, locked
from holdfast.accounts.models import IssuedReview, ReviewDraft

LONGEST = 1_000  # characters of one slot


@dataclass(frozen=True, slots=True)
class Drawn:
    """A story as it is kept, and of what it speaks."""

    title: str
    as_of: date | None
    snapshot: str
    story: Mapping[str, Any]


def draft_review(
    account_id: int, drawn: Drawn, *, at: datetime, by: By, supersedes_id: int | None = None
) -> ReviewDraft:
    """supersedes_id: the issued review it is to take the place of; the newest one where none is named.

    Raises ValidationError, NotThere or MayNot.
    """
    account = access_account(by.user, account_id, "plan")
    newest = IssuedReview.objects.filter(account=account, superseded_by=None).order_by("-issued_at", "-id").first()
    if supersedes_id is not None:
        newest = access_of_account(by.user, IssuedReview, supersedes_id, "plan")
        if newest.account_id != account.pk:
            raise ValidationError("a review takes the place of one of the same account")
    with act("draft review", by=by, account=account) as doing:
        made = doing.create(
            ReviewDraft, account=account, story=dict(drawn.story), title=drawn.title[:160], as_of=drawn.as_of,
            snapshot=drawn.snapshot, supersedes=newest, made_by_id=by.key, changed_at=at,
        )  # fmt: skip
        doing.about = made
        return made


def write_review(draft_id: int, words: Mapping[str, str], slots: frozenset[str], *, at: datetime, by: By) -> None:
    """A person's own words, by slot; slots that are not named stay as they are. Raises ValidationError."""
    with act("write review", by=by) as doing:
        draft = _draft(draft_id, by)
        doing.account, doing.about = draft.account, draft
        if strange := sorted(words.keys() - slots):
            raise ValidationError(f"the review has no place called {strange[0]}")
        if long := [slot for slot, text in words.items() if len(text) > LONGEST]:
            raise ValidationError(f"{long[0]}: no more than {LONGEST:,} characters fit a slide")
        said = {**draft.words, **{slot: text.strip() for slot, text in words.items()}}
        if said != draft.words:
            doing.change(draft, words=said, changed_at=at)


def draw_again(draft_id: int, drawn: Drawn, *, at: datetime, by: By) -> None:
    """The numbers of now; a person's own words stay."""
    with act("draw review again", by=by) as doing:
        draft = _draft(draft_id, by)
        doing.account, doing.about = draft.account, draft
        doing.change(
            draft, story=dict(drawn.story), title=drawn.title[:160], as_of=drawn.as_of, snapshot=drawn.snapshot,
            changed_at=at,
        )  # fmt: skip


def issue_review(
    draft_id: int, *, lacks: Callable[[Mapping[str, Any], Mapping[str, str]], tuple[str, ...]], at: datetime, by: By
) -> IssuedReview:
    """Freeze it as it stands. lacks(story, words): sentences about what it cannot be issued without.

    Raises ValidationError, NotThere or MayNot.
    """
    with act("issue review", by=by) as doing:
        draft = _draft(draft_id, by)
        doing.account = draft.account
        if missing := lacks(draft.story, draft.words):
            raise ValidationError(" ".join(missing))
        replaced = draft.supersedes
        if replaced is not None and IssuedReview.objects.filter(supersedes=replaced).exists():
            raise ValidationError("another review has taken the place of the one before: draft it anew")
        made = doing.create(
            IssuedReview, account=draft.account, title=draft.title, as_of=draft.as_of, snapshot=draft.snapshot,
            story=draft.story, words=draft.words, supersedes=replaced, issued_by_id=by.key, by_name=by.called[:80],
            issued_at=at,
        )  # fmt: skip
        doing.about = made
        doing.remove(draft)
        return made


def drop_review(draft_id: int, *, by: By) -> None:
    """A draft that nobody will issue."""
    with act("drop review", by=by) as doing:
        draft = _draft(draft_id, by)
        doing.account = draft.account
        doing.remove(draft)


def _draft(draft_id: int, by: By) -> ReviewDraft:
    access_of_account(by.user, ReviewDraft, draft_id, "plan")
    return locked(ReviewDraft.objects.filter(pk=draft_id)).select_related("account", "supersedes").get()
