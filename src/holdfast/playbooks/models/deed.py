"""What playbooks did in the book of work, each once."""

from __future__ import annotations

from django.db import models


class Deed(models.Model):
    """One step and turn of one run, done in the book of work. The five columns of its key make it one."""

    of_the_machine = True

    playbook = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    run = models.BigIntegerField()
    step = models.CharField(max_length=80)
    turn = models.PositiveIntegerField()
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.SET_NULL, related_name="+")
    audit = models.ForeignKey("accounts.Audit", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    problem = models.CharField(max_length=200, blank=True)  # why nothing was done

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["playbook", "version", "run", "step", "turn"], name="one_deed_a_step_and_turn"
            )
        ]
