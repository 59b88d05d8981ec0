"""The ledger of value: every claim with its grade, interval, versions, cost and net value."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import escape

from holdfast.accounts.reading.narratives import narratives
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.ledger import BASES, Claim, totals
from holdfast.web import trying
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import file_format
from holdfast.web.views.experiments import SHAPES

KINDS = (
    ("measured", "Measured by lot", "against customers, or accounts, kept aside"),
    ("indicated", "Compared without a lot", "against customers who looked alike: it holds only under its condition"),
)
UNREAD = "Nothing can be told of it yet: nobody was assigned, or nothing is built."
COLUMNS = (
    "id", "name", "shop", "unit", "owner", "kind", "grade", "verdict", "outcome", "metric", "version", "days", "as_of",
    "treated", "effect", "low", "high", "cost", "net_value", "net_low", "net_high", "currency", "basis", "sentence",
)  # fmt: skip


def page(request: HttpRequest) -> HttpResponseBase:
    claims = trying.claims()
    taken = file_format(request)
    if taken:
        return download(Table("value", COLUMNS, [_row(claim) for claim in claims]), taken)
    context = {
        "title": "Value", "claims": claims, "totals": totals(claims), "kinds": KINDS, "bases": BASES, "shapes": SHAPES,
        "told": narratives(request.user),
        "effect": trying.effect_said, "amount": amount, "money": lambda minor, of: trying.write(minor, "money", of),
    }  # fmt: skip
    return render(request, "claims.html", context)


def one(request: HttpRequest) -> HttpResponse:
    """One claim in a sentence with its grade, for who is about to link it."""
    asked = request.GET.get("claim", "")
    found = trying.claim(asked) if asked else None
    said = "" if not asked else UNREAD if found is None else f"{found.grade}, {found.verdict.word}. {found.sentence}"
    return HttpResponse(escape(said))


def amount(value: Estimate, currency: str) -> str:
    """£1,200 (£300 to £2,100), of minor units."""
    point, low, high = (
        None if one is None else trying.write(one, "money", currency) for one in (value.point, value.low, value.high)
    )
    return str(point) if low is None or high is None else f"{point} ({low} to {high})"


def _row(claim: Claim) -> tuple[object, ...]:
    r = (None,) * 3 if isinstance(claim.relative, Unknown) else _ends(claim.relative)
    v = (None,) * 3 if isinstance(claim.value, Unknown) else tuple(_major(one, claim) for one in _ends(claim.value))
    return (
        claim.id, claim.name, claim.shop, claim.unit, claim.owner, claim.kind, str(claim.grade), claim.verdict.word,
        claim.outcome,
        claim.metric, claim.version, claim.days, claim.as_of, claim.treated, *r, _major(claim.cost_minor, claim), *v,
        claim.currency, claim.basis, claim.sentence,
    )  # fmt: skip


def _major(minor: float | None, claim: Claim) -> float | None:
    return None if minor is None or not claim.currency else trying.major(minor, claim.currency)


def _ends(one: Estimate) -> tuple[float, float | None, float | None]:
    return one.point, one.low, one.high
