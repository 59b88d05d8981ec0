"""The app as Django knows it."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "holdfast.playbooks"
    label = "playbooks"
    verbose_name = "Playbooks"
