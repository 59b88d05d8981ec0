"""Keep the readings of the serving snapshot as the worker does: with what the book of work knows of each account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from holdfast.web import wellbeing


class Command(BaseCommand):
    help = "Keep the readings of health of the snapshot that serves; says how many are new."

    def handle(self, *args: Any, **options: Any) -> str:
        return str(wellbeing.keep(timezone.now()))
