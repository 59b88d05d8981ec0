"""How messages leave, as `holdfast.toml` has it under [messages]; secrets from files of their owner or the environment.

  [messages]
  live = false                      # until true nothing leaves but by `holdfast outbox send --live`
  from = "Kelp & Co <hello@kelp.example>"
  postal_address = "Kelp & Co, 1 Quay, Bristol BS1 4RB"
  public_url = "https://success.kelp.example"   # where unsubscribe links lead; else HOLDFAST_PUBLIC_URL
  smtp = "smtp://user@mail.kelp.example:587"    # smtps:// for TLS from the first byte

  [messages.endpoints.texts]        # for SMS and webhooks, by name; only these addresses are ever called
  url = "https://texts.example/send"
  by = "signed"                     # "klaviyo": an event of its API, https://a.klaviyo.com/api/events; of email and sms

The password of the mail server and the keys that sign calls: `secrets/smtp`, `secrets/texts` in the home, readable by
their owner only, or HOLDFAST_SECRET_SMTP, HOLDFAST_SECRET_TEXTS.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from holdfast.warehouse.home import Home, HomeProblem

LOOPBACK = ("localhost", "127.0.0.1", "::1")
BY = ("signed", "klaviyo")
PORTS = {"smtp": 587, "smtps": 465}
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server. starttls: goes over to TLS; tls: speaks it from the first byte."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that may be called, and the key its calls are signed with. by: in whose words."""

    name: str
    url: str
    key: str = field(repr=False)
    by: str = "signed"


@dataclass(frozen=True, slots=True)
class Messages:
    """service_again: a service message of which nobody knows whether it went is sent again, by itself."""

    live: bool = False
    sender: str = ""
    reply_to: str = ""
    postal_address: str = ""
    public_url: str = ""
    server: Server | None = None
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    service_again: bool = False

    @property
    def by_event(self) -> frozenset[str]:
        """Channels whose messages go as events that are recorded once: handing over twice does nothing."""
        return frozenset(name for name in ("email", "sms") if (e := self.endpoints.get(name)) and e.by == "klaviyo")

    @property
    def host(self) -> str:
        """Of the sender, for Message-IDs."""
        return parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"


def messages(home: Home) -> Messages:
    """Raises HomeProblem with what to mend."""
    path = home.path / "holdfast.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("messages", {})
        return _read(home, told)
    except (tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError) as problem:
        raise HomeProblem(f"[messages] in {path} cannot be read: {problem}") from problem


def secret(home: Home, name: str) -> str:
    """Empty where there is none. Raises HomeProblem for a file that others may read."""
    if told := os.environ.get(f"HOLDFAST_SECRET_{name.upper().replace('-', '_')}"):
        return told
    path = home.path / "secrets" / name
    if not path.is_file():
        return ""
    if path.stat().st_mode & 0o077:
        raise HomeProblem(f"{path} can be read by others: run chmod 600 on it")
    return path.read_text(encoding="utf-8").strip()


def _read(home: Home, told: Mapping[str, Any]) -> Messages:
    return Messages(
        live=told.get("live", False) is True,
        sender=str(told.get("from", "")),
        reply_to=str(told.get("reply_to", "")),
        postal_address=str(told.get("postal_address", "")),
        public_url=str(told.get("public_url") or os.environ.get("HOLDFAST_PUBLIC_URL", "")).rstrip("/"),
        server=_server(home, str(told["smtp"])) if told.get("smtp") else None,
        endpoints={
            name: _endpoint(home, name, facts["url"], str(facts.get("by", "signed")))
            for name, facts in told.get("endpoints", {}).items()
        },
        service_again=told.get("service_again", False) is True,
    )


def _server(home: Home, url: str) -> Server:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("smtp is written smtp://user@host:587")
    if parts.password:
        raise ValueError("smtp holds a password: write it to secrets/smtp instead")
    return Server(
        parts.hostname, parts.port or PORTS[parts.scheme], unquote(parts.username or ""), secret(home, "smtp"),
        starttls=parts.scheme == "smtp" and parts.hostname not in LOOPBACK, tls=parts.scheme == "smtps",
    )  # fmt: skip


def _endpoint(home: Home, name: str, url: str, by: str) -> Endpoint:
    parts = urlsplit(url)
    if by not in BY:
        raise ValueError(f"endpoint {name} is called by one of {', '.join(BY)}, not {by!r}")
    if not NAME.fullmatch(name):
        raise ValueError(f"an endpoint is called by small letters, not {name!r}")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise ValueError(f"endpoint {name} needs an address that begins with https://")
    key = secret(home, name)
    if not key:
        raise ValueError(f"endpoint {name} has no key to sign with: write one to secrets/{name}")
    return Endpoint(name, url, key, by)
