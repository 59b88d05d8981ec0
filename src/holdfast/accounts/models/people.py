"""Who works here: people with a role, teams, and books of accounts with seats in them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models


class Role(models.TextChoices):
    """What a person may do. Where they may do it is said by their seats in books."""

    ADMINISTRATOR = "administrator", "Administrator"
    MANAGER = "manager", "Manager"
    CSM = "csm", "CSA or CSM"
    SUPPORT = "support", "Support"
    ANALYST = "analyst", "Analyst"
    EXECUTIVE = "executive", "Executive"
    READER = "reader", "Read only"


class Person(models.Model):
    """One who signs in. Somebody without a seat sees no account, unless the role sees all of them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person")
    role = models.CharField(max_length=16, choices=Role, default=Role.READER)
    name = models.CharField(max_length=80, blank=True)  # as others see it; empty: the name they sign in with
    # What they can hold; null: nobody said, and `decide.capacity` has a number for that.
    touchpoints_a_week = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])

    def __str__(self) -> str:
        return self.name or self.user.get_username()


class Team(models.Model):
    """People under one manager: whoever manages it reaches all of its books."""

    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """Accounts that somebody looks after."""

    name = models.CharField(max_length=80, unique=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="books")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_books"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """One person in one book, or a manager over all books of a team."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seats")
    book = models.ForeignKey(Book, null=True, blank=True, on_delete=models.CASCADE, related_name="seats")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="seats")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "book"], name="one_seat_a_person_and_book"),
            models.UniqueConstraint(fields=["user", "team"], name="one_seat_a_person_and_team"),
            models.CheckConstraint(
                condition=models.Q(book=None, team__isnull=False) | models.Q(book__isnull=False, team=None),
                name="a_seat_is_in_a_book_or_over_a_team",
            ),
        ]
