"""How allauth signs people in here: nobody signs up by themselves, and no mail is sent about it."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from holdfast.accounts.access import accounts_of


def first_page(user: AbstractBaseUser) -> str:
    """Where somebody begins: with what needs them today, or with the numbers while no account is theirs to see."""
    return reverse("today" if accounts_of(user).exists() else "scorecard")


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by an administrator; the first one through /welcome/."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        return None

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponseBase:
        """Who asked for no page in particular is taken to where their day begins."""
        response: HttpResponseBase = super().post_login(request, user, **more)
        if response.headers.get("Location") == settings.LOGIN_REDIRECT_URL:
            response.headers["Location"] = first_page(user)
        return response
