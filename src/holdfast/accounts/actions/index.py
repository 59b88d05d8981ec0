"""The index of the search, where rows came in beside the write path: a restored copy, an older version."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Exists, OuterRef

from holdfast.accounts.act import index_rows
from holdfast.accounts.models import Word
from holdfast.accounts.words import SEARCHED


def mend_index() -> int:
    """Index what has no word, and forget words of what is gone; how many rows that were."""
    mended = 0
    for label, searched in SEARCHED.items():
        rows = apps.get_model(label)._default_manager.order_by()
        words = Word.objects.filter(kind=searched.kind).order_by()
        bare = rows.filter(~Exists(words.filter(row_id=OuterRef("pk")))).values_list("pk", flat=True)
        gone = words.filter(~Exists(rows.filter(pk=OuterRef("row_id")))).values_list("row_id", flat=True)
        keys = sorted({*bare, *gone})
        index_rows(label, keys)
        mended += len(keys)
    return mended
