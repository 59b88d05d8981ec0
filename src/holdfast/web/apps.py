"""The Django app of the browser door."""

from __future__ import annotations

from django.apps import AppConfig


class Web(AppConfig):
    name = "holdfast.web"
    label = "web"
    verbose_name = "Holdfast"
    default_auto_field = "django.db.models.BigAutoField"
