"""The index of the search: which words name which rows. It follows from the rows and can be made again from them."""

from __future__ import annotations

from django.db import models


class Word(models.Model):
    """One word of the name of an account, of a person there, or of a work object; of somebody's account or book."""

    of_the_machine = True

    class Kind(models.TextChoices):
        ACCOUNT = "account", "Account"
        CONTACT = "contact", "Person"
        WORK = "work", "Plan"

    word = models.CharField(max_length=40)  # folded
    kind = models.CharField(max_length=8, choices=Kind)
    row_id = models.BigIntegerField()
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.CASCADE, related_name="+")
    book = models.ForeignKey("accounts.Book", null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["kind", "row_id"], name="words_of_a_row"),
            models.Index(  # for beginnings; PostgreSQL needs to be told that they are not of a language
                fields=["kind", "word"], name="words_by_beginning", opclasses=["varchar_pattern_ops"] * 2
            ),
        ]
