"""Print the address that claims a new installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from holdfast.web import reading, tokens


class Command(BaseCommand):
    help = "Print the one-time address where the first administrator is made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", default="http://127.0.0.1:8000", help="where the server answers")

    def handle(self, *args: Any, **options: Any) -> None:
        token = tokens.welcome_token(reading.home())
        where = options["at"].rstrip("/")
        self.stdout.write(f"{where}/welcome/?token={token}" if token else f"{where}/")
