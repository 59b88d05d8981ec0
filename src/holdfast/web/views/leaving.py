"""Leaving, confirming and choosing, by a link in a message.

The one-click POST of RFC 8058 comes from a mail program's server: without a cookie, a referrer or a session, and it
wants an answer, not another address. The signed token is what makes it safe; a stranger's form cannot hold it. GET
changes nothing: scanners open every link. Only tokens that are none of ours are counted against a visitor: one mail
program's server unsubscribes many people.
"""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from holdfast.playbooks.channels import leaving
from holdfast.playbooks.channels.links import CONFIRM, PREFERENCES, UNSUBSCRIBE
from holdfast.web.views.by_link import FromNowhere, quiet

TOO_OFTEN = "Too many visits from your address just now. Wait a minute and open the link again."
NONE_OF_OURS = "This link is not whole. Open it again from the message, or answer the message and say what you want."
ONLY = ["GET", "HEAD", "POST"]


@login_not_required
@csrf_exempt  # RFC 8058: whoever posts has no page of ours; the token stands for it
@quiet
@require_http_methods(ONLY)
@sensitive_variables()
def unsubscribe(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET shows a button, POST unsubscribes and says so, without a redirect."""
    if leaving.message_of(UNSUBSCRIBE, token) is None:
        return _none_of_ours(request)
    done = request.method == "POST" and leaving.unsubscribe(token, at=timezone.now())
    return render(request, "unsubscribe.html", {"title": "Unsubscribe", "done": done})


@login_not_required
@csrf_exempt  # checked by the next but one
@quiet
@decorator_from_middleware(FromNowhere)
@require_http_methods(ONLY)
@sensitive_variables()
def confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    if leaving.message_of(CONFIRM, token) is None:
        return _none_of_ours(request)
    asked = request.method == "POST"
    done = asked and leaving.confirm(token, at=timezone.now())
    return render(request, "confirm.html", {"title": "Confirm", "done": done, "refused": asked and not done})


@login_not_required
@csrf_exempt  # checked by the next but one
@quiet
@decorator_from_middleware(FromNowhere)
@require_http_methods(ONLY)
@sensitive_variables()
def preferences(request: HttpRequest, token: str) -> HttpResponseBase:
    message = leaving.message_of(PREFERENCES, token)
    if message is None:
        return _none_of_ours(request)
    done = request.method == "POST"
    if done:
        chosen = {choice.name: choice.name in request.POST for choice in leaving.choices(message)}
        leaving.choose(token, chosen, at=timezone.now())
    context = {"title": "Your choices", "choices": leaving.choices(message), "done": done}
    return render(request, "preferences.html", context)


def _none_of_ours(request: HttpRequest) -> HttpResponseBase:
    free = ratelimit.consume(request, app="allauth.account", action="link", limit_get=True)
    why, status = (NONE_OF_OURS, 404) if free else (TOO_OFTEN, 429)
    return render(request, "guest_closed.html", {"title": "Nothing to open", "why": why}, status=status)
