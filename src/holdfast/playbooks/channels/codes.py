"""Coupon codes from a pool: each is given once, and one run of a playbook gets one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from holdfast.accounts.act import keep_marks, mark
from holdfast.playbooks.models import Code

LOOKED_AT = 20  # free codes looked at in one go, where several senders draw at once


class PoolIsEmpty(Exception):
    """All codes of a pool are given."""


def fill(pool: str, codes: Iterable[str]) -> int:
    """Add codes to a pool; one that is there already stays as it is. Says how many are new."""
    before = Code.objects.filter(pool=pool).count()
    wanted = [*dict.fromkeys(code.strip() for code in codes if code.strip())]
    keep_marks([Code(pool=pool, code=code) for code in wanted])
    return Code.objects.filter(pool=pool).count() - before


def draw(pool: str, key: str, now: datetime) -> str:
    """The code of a key, the same however often it is asked for. Raises PoolIsEmpty."""
    mine = Code.objects.filter(pool=pool, given_to=key).values_list("code", flat=True)
    while (given := mine.first()) is None:
        free = list(Code.objects.filter(pool=pool, given_to=None).values_list("pk", flat=True)[:LOOKED_AT])
        if not free:
            raise PoolIsEmpty(f"all codes of the pool {pool!r} are given: fill it with `holdfast outbox codes`")
        for one in free:
            if mark(Code.objects.filter(pk=one, given_to=None), given_to=key, given_at=now):
                break
    return given


def left(pool: str) -> int:
    return Code.objects.filter(pool=pool, given_to=None).count()
