"""Mail goes over TLS to a server that is who it says it is, with a name and a password, or it does not go."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from holdfast.playbooks.channels.mail import Mail
from holdfast.playbooks.channels.outcome import Later, Taken
from holdfast.playbooks.channels.settings import Messages, Server
from holdfast.playbooks.channels.template import Written
from holdfast.playbooks.models import Outbox

# A server that begins with TLS needs none on top, which the library cannot know.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, signed by itself; with its key in one file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path


class Took:
    def __init__(self) -> None:
        self.letters: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content)
        return "250 OK"


def known(server: Any, session: Any, envelope: Any, mechanism: str, told: LoginPassword) -> AuthResult:
    return AuthResult(success=(told.login, told.password) == (b"holdfast", b"kelp"), handled=False)


@pytest.fixture(params=["starttls", "tls"])
def server(request: Any, certificate: Path) -> Iterator[tuple[int, Took, str]]:
    """The port of a server that wants TLS and a name, what it took, and how it begins."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    took, loop = Took(), asyncio.new_event_loop()
    later = {"tls_context": context, "require_starttls": True} if request.param == "starttls" else {}

    def speak() -> SMTP:
        return SMTP(
            took, auth_required=True, authenticator=known, auth_require_tls=request.param == "starttls", **later
        )

    at_once = context if request.param == "tls" else None
    listening = loop.run_until_complete(loop.create_server(speak, "127.0.0.1", 0, ssl=at_once))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield listening.sockets[0].getsockname()[1], took, request.param
    asyncio.run_coroutine_threadsafe(_closed(listening), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def _closed(listening: asyncio.Server) -> None:
    listening.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0.05)


def handed_over(server: tuple[int, Took, str], password: str) -> object:
    port, _, how = server
    told = Messages(
        sender="Kelp <hello@kelp.example>", postal_address="1 Quay", public_url="https://s.example",
        server=Server("localhost", port, "holdfast", password, starttls=how == "starttls", tls=how == "tls"),
    )  # fmt: skip
    message = Outbox(message_key="a" * 32, address="ann@kelp.example", put_at=NOW, service=True)
    mail = Mail(told, lambda _: Written("Hello", "Hello", "<p>Hello</p>", ""))
    try:
        return mail.hand_over(message)
    finally:
        mail.close()


def test_a_mail_goes_over_tls_with_a_name_and_a_password(server, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert isinstance(handed_over(server, "kelp"), Taken)
    assert len(server[1].letters) == 1


def test_a_server_that_is_not_who_it_says_gets_neither_mail_nor_password(server):
    outcome = handed_over(server, "kelp")
    assert isinstance(outcome, Later) and "SSLCertVerificationError" in outcome.why
    assert server[1].letters == []


def test_a_wrong_password_is_said_without_being_told(server, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outcome = handed_over(server, "guess")
    assert isinstance(outcome, Later) and "name and password" in outcome.why and "guess" not in outcome.why
    assert server[1].letters == []
