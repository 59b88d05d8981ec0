"""SMS and webhooks: a signed POST to an endpoint that the settings declare, and to no other.

The body is JSON. Its signature is HMAC-SHA256 of "TIMESTAMP.BODY" with the endpoint's key, in hexadecimal, in the
header Holdfast-Signature as "t=TIMESTAMP,v1=SIGNATURE": who checks it also refuses old timestamps. Idempotency-Key is
the message's key; a webhook is handed over again after a crash, so its receiver must know a key it has seen.
"""

from __future__ import annotations

import hmac
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from holdfast.playbooks.channels import klaviyo
from holdfast.playbooks.channels.outcome import Later, Outcome, Refused, Taken, Unsure
from holdfast.playbooks.channels.settings import Endpoint, Messages
from holdfast.playbooks.channels.template import Written
from holdfast.playbooks.models import Outbox

TIMEOUT = 15  # seconds
READ = 4_096  # bytes of an answer that are read
BUSY = frozenset({408, 425, 429})
Write = Callable[[Outbox], Written]


def signature(key: str, at: int, body: bytes) -> str:
    """The header's value. at: seconds since 1970."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={digest}"


def signed_by(key: str, header: str, body: bytes, now: int, old: int = 300) -> bool:
    """Whether a header signs a body, no longer than `old` seconds ago."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if not parts.get("t", "").isdigit() or abs(now - int(parts["t"])) > old:
        return False
    return hmac.compare_digest(signature(key, int(parts["t"]), body), f"t={parts['t']},v1={parts.get('v1', '')}")


class Post:
    """One kind of call. name: the endpoint where a message's variable `endpoint` names no other."""

    def __init__(self, how: Messages, write: Write, clock: Callable[[], datetime], *, again: bool, name: str) -> None:
        self.again = again
        self._how, self._write, self._clock, self._name = how, write, clock, name

    def hand_over(self, message: Outbox) -> Outcome:
        endpoint = self._how.endpoints.get(name := message.variables.get("endpoint", self._name))
        if endpoint is None:
            return Later(f"no endpoint is called {name!r}: declare it in holdfast.toml")
        said, now = self._write(message), self._clock()
        told = klaviyo.body(message, said, now) if endpoint.by == "klaviyo" else body_of(message, said)
        body = json.dumps(told, ensure_ascii=False).encode()
        return call(endpoint, body, message.message_key, now, again=self.again)

    def close(self) -> None:
        """Each call has a line of its own."""


def body_of(message: Outbox, said: Written) -> Mapping[str, Any]:
    """What a receiver gets. An address only where the channel has one."""
    told: dict[str, Any] = {
        "id": message.message_key, "playbook": message.playbook, "step": message.step, "shop": message.shop_id,
        "customer": message.customer_id, "account": message.account_id, "text": said.text,
    }  # fmt: skip
    return told | ({"to": message.address} if message.address else {}) | ({"link": said.link} if said.link else {})


def call(endpoint: Endpoint, body: bytes, key: str, now: datetime, *, again: bool) -> Outcome:
    """again: whether an answer that is lost may be asked for once more."""
    parts = urlsplit(endpoint.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = _line(parts.scheme, str(parts.hostname), parts.port)
    try:
        line.connect()
    except OSError as problem:
        line.close()
        return Later(f"{endpoint.name} does not answer: {type(problem).__name__}")
    try:
        line.request("POST", path, body, _headers(endpoint, key, int(now.timestamp()), body))
        answer = line.getresponse()  # a redirect is an answer too: it is not followed
        answer.read(READ)
    except (OSError, http.client.HTTPException) as problem:
        why = f"{endpoint.name} broke off: {type(problem).__name__}"
        return Later(why) if again else Unsure(why)
    finally:
        line.close()
    return _read(endpoint.name, answer.status)


def _headers(endpoint: Endpoint, key: str, at: int, body: bytes) -> dict[str, str]:
    if endpoint.by == "klaviyo":
        return klaviyo.headers(endpoint.key)
    return {
        "Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "holdfast",
        "Holdfast-Signature": signature(endpoint.key, at, body),
    }  # fmt: skip


def _line(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT)


def _read(name: str, status: int) -> Outcome:
    if 200 <= status < 300:
        return Taken()
    why = f"{name} answered {status}"
    return Later(why) if status in BUSY or status >= 500 else Refused(why)
