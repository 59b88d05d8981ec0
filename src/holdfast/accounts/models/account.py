"""An account: a business relationship somebody owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models

SHOPS = "shops:"  # begins the source of an account that shops are declared under; its name there follows
COMPANY = "company:"  # of a company of the account table; its key there follows


def source_of(facts_name: str) -> str:
    """The source of the account of that name in the facts."""
    return SHOPS + facts_name


class Account(models.Model):
    """A merchant with shops, or a company that buys from one.

    `source` says where the facts know it: "shops:<name>" for the account that shops are declared under,
    "company:<account_id>" for a company of the account table; empty for one the facts do not know.
    """

    class Archetype(models.TextChoices):
        ADOPT = "adopt", "Adopt"
        ADOPT_RETAIN = "adopt_retain", "Adopt + retain"
        COMMERCIAL = "commercial", "Commercial"
        TECHNICAL = "technical", "Technical"
        SCALE = "scale", "Scale"

    class Motion(models.TextChoices):
        ADOPTION = "adoption", "Adoption"
        RENEWAL = "renewal", "Renewal"
        UPSELL = "upsell", "Upsell"
        CROSS_SELL = "cross_sell", "Cross-sell"

    class Tier(models.TextChoices):
        NAMED = "named", "Named"
        POOLED = "pooled", "Pooled"
        AUTOMATED = "automated", "Automated"

    class Stage(models.TextChoices):
        ONBOARDING = "onboarding", "Onboarding"
        STEADY = "steady", "Steady"
        LEAVING = "leaving", "Leaving"
        LEFT = "left", "Left"

    name = models.CharField(max_length=120)
    source = models.CharField(max_length=140, blank=True)
    book = models.ForeignKey("accounts.Book", null=True, blank=True, on_delete=models.SET_NULL, related_name="accounts")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_accounts"
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    segment = models.CharField(max_length=40, blank=True)  # of the framework, or the merchant's own
    archetype = models.CharField(max_length=16, choices=Archetype, blank=True)
    motion = models.CharField(max_length=16, choices=Motion, blank=True)
    tier = models.CharField(max_length=16, choices=Tier, default=Tier.NAMED)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.STEADY)
    since = models.DateField(null=True, blank=True)  # an account since
    tags = models.JSONField(default=list, blank=True)  # of text
    custom = models.JSONField(default=dict, blank=True)  # the merchant's own fields: name → text
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="absorbed")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["book", "name"])]
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=~models.Q(source=""), name="one_account_a_source")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def facts_name(self) -> str:
        """What its shops are declared under in the facts; empty where there are none."""
        return self.source.removeprefix(SHOPS) if self.source.startswith(SHOPS) else ""


class SavedView(models.Model):
    """Filters of the list of accounts under a name. shared: everybody may open it, and sees their own accounts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)  # as the address names it
    shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_view_a_name")]
