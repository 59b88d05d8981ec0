"""What machines ask without a browser: a shop's page for what a slot shows, a mail provider to tell what came back."""

from __future__ import annotations

import hmac
import json
import time

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from holdfast.accounts.act import By
from holdfast.playbooks.channels import bounces
from holdfast.playbooks.channels import events as told_events
from holdfast.playbooks.channels.leaving import ask_for_confirmation
from holdfast.playbooks.channels.post import signed_by
from holdfast.playbooks.channels.settings import secret
from holdfast.playbooks.channels.slot import shown
from holdfast.playbooks.restraint.people import person
from holdfast.warehouse.home import HomeProblem
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
@csrf_exempt  # the shop's server posts, and signs what it posts
@require_POST
def signup(request: HttpRequest) -> HttpResponseBase:
    """Somebody signed up in a form of the shop: they are asked by mail to confirm it, and nothing else is sent before.

    {"shop": 1, "email": "…", "wording": "newsletter 3", "source": "footer form", "customer": "1042"}, signed with the
    key of `secrets/signup`; wording and customer where they are known. The answer does not tell who is known here.
    """
    home = reading.home()
    if not _is_signed(request, "signup"):
        return _turned_away(request)
    try:
        told = json.loads(request.body)
        ask_for_confirmation(home, told, by=By(request.user, "api", "a sign-up form"), at=timezone.now())
    except (ValueError, KeyError, TypeError, ValidationError, HomeProblem) as problem:
        return JsonResponse({"problem": _said(problem)}, status=400)
    return JsonResponse({"asked": True})


@login_not_required
@csrf_exempt  # a provider's server posts, and signs what it posts
@require_POST
def events(request: HttpRequest) -> HttpResponseBase:
    """Bounces, complaints, deliveries, opens, clicks and exposures of slots, signed with the key of `secrets/events` as
    our own calls are signed."""
    home = reading.home()
    if not _is_signed(request, "events"):
        return _turned_away(request)
    try:
        told = told_events.read_call(json.loads(request.body))
        if len(told) > MOST:
            raise told_events.NotAnEvent(f"send at most {MOST} events at once")
    except ValueError as problem:  # NotAnEvent, or no JSON
        return JsonResponse({"problem": str(problem)}, status=400)
    by = By(request.user, "api", "a mail provider")
    return JsonResponse({"taken": dict(bounces.take(home, told, by=by))})


def _is_signed(request: HttpRequest, name: str) -> bool:
    """With the key of that name; without a key in the home nobody is heard."""
    key, header = secret(reading.home(), name), request.headers.get("Holdfast-Signature", "")
    return bool(key) and signed_by(key, header, request.body, int(time.time()))


def _said(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        return "; ".join(problem.messages)
    return f"{problem.args[0]} is missing" if isinstance(problem, KeyError) else str(problem)


def _turned_away(request: HttpRequest) -> HttpResponseBase:
    free = ratelimit.consume(request, app="allauth.account", action="link", limit_get=True)
    return JsonResponse({"problem": "not signed"}, status=401 if free else 429)
