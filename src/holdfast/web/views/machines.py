"""What machines ask without a browser: a shop's page for what a slot shows, a mail provider to tell what came back."""

from __future__ import annotations

import hmac
import json
import time

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from holdfast.accounts.act import By
from holdfast.playbooks.channels import bounces
from holdfast.playbooks.channels.post import signed_by
from holdfast.playbooks.channels.settings import secret
from holdfast.playbooks.channels.slot import shown
from holdfast.playbooks.restraint.people import person
from holdfast.web import reading

MOST = 1_000  # events in one call


@login_not_required
@require_GET
def slot(request: HttpRequest, shop_id: int, slot: str) -> HttpResponseBase:
    """What a slot shows to ?customer=NUMBER now; {"content": null} where that is what it shows to everybody.

    The shop's server asks, with "Authorization: Bearer KEY", the key of `secrets/slots`. A browser is not to hold it.
    """
    key, told = secret(reading.home(), "slots"), request.headers.get("Authorization", "")
    if not key or not hmac.compare_digest(f"Bearer {key}".encode(), told.encode()):
        return _turned_away(request)
    who = person(reading.home(), shop_id, request.GET.get("customer", ""))
    found = None if who is None else shown(shop_id, list(who.keys), slot, timezone.now())
    return JsonResponse({"content": found})


@login_not_required
@csrf_exempt  # a provider's server posts, and signs what it posts
@require_POST
def events(request: HttpRequest) -> HttpResponseBase:
    """Bounces, complaints and deliveries, signed with the key of `secrets/events` as our own calls are signed."""
    home = reading.home()
    key, header = secret(home, "events"), request.headers.get("Holdfast-Signature", "")
    if not key or not signed_by(key, header, request.body, int(time.time())):
        return _turned_away(request)
    try:
        told = bounces.read_call(json.loads(request.body))
        if len(told) > MOST:
            raise bounces.NotAnEvent(f"send at most {MOST} events at once")
    except ValueError as problem:  # NotAnEvent, or no JSON
        return JsonResponse({"problem": str(problem)}, status=400)
    by = By(request.user, "api", "a mail provider")
    return JsonResponse({"taken": dict(bounces.take(home, told, by=by))})


def _turned_away(request: HttpRequest) -> HttpResponseBase:
    free = ratelimit.consume(request, app="allauth.account", action="link", limit_get=True)
    return JsonResponse({"problem": "not signed"}, status=401 if free else 429)
