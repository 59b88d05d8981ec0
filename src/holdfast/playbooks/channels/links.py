"""Addresses in messages that open without signing in: a signed token, which tells nothing of a person."""

from __future__ import annotations

from django.core import signing

UNSUBSCRIBE, CONFIRM, PREFERENCES = "unsubscribe", "confirm", "preferences"


def token(purpose: str, key: str) -> str:
    """key: of a message, or of a word that is to be confirmed. It opens this purpose and no other."""
    return signing.Signer(salt=f"holdfast.{purpose}", sep=".").sign(key)


def key_in(purpose: str, told: str) -> str | None:
    """None for a token that we did not make for this."""
    try:
        return signing.Signer(salt=f"holdfast.{purpose}", sep=".").unsign(told)
    except signing.BadSignature:
        return None


def link(public_url: str, purpose: str, key: str) -> str:
    return f"{public_url}/{purpose}/{token(purpose, key)}/"
