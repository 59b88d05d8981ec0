"""Take a lost second factor away, on the machine Holdfast runs on: for the one administrator who has lost theirs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from holdfast.accounts.act import By
from holdfast.accounts.actions import people


class Command(BaseCommand):
    help = "Take somebody's second factor away; their password alone signs them in until they set up another."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        """Whoever may read the home may do everything in it."""
        model, name = get_user_model(), options["name"]
        user = model.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"nobody called {name!r} signs in here")
        by = By(model(username="cli", is_superuser=True), "cli", "the command line")
        try:
            people.take_second_factor(user.pk, at=timezone.now(), by=by)
        except ValidationError as refused:
            raise CommandError("; ".join(refused.messages)) from refused
        self.stdout.write(f"{name} signs in with the password alone now, until there is a new second factor.")
