"""The app as Django knows it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "holdfast.accounts"
    label = "accounts"
    verbose_name = "Book of work"
