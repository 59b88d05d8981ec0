"""Where mail is handed over: an SMTP server, when an address says so."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = ("localhost", "127.0.0.1", "::1")
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """As Django's EMAIL_* settings take it."""

    backend: str = "django.core.mail.backends.dummy.EmailBackend"  # nothing is sent
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


def mail_server(url: str) -> MailServer:
    """smtp:// begins plain and goes over to TLS, except to this machine; smtps:// is TLS from the first byte."""
    if not url:
        return MailServer()
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ImproperlyConfigured("HOLDFAST_MAIL_URL is no mail server: write smtp://user:password@host:587")
    return MailServer(
        "django.core.mail.backends.smtp.EmailBackend", parts.hostname, parts.port or PORTS[parts.scheme],
        unquote(parts.username or ""), unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and parts.hostname not in LOOPBACK, tls=parts.scheme == "smtps",
    )  # fmt: skip
