"""E-mail by SMTP: one line for many messages, text and HTML, and headers that let people leave with a click."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from holdfast.playbooks.channels.links import PREFERENCES, UNSUBSCRIBE, link
from holdfast.playbooks.channels.outcome import Later, Outcome, Refused, Taken, Unsure
from holdfast.playbooks.channels.settings import Messages, Server
from holdfast.playbooks.channels.template import Written
from holdfast.playbooks.models import Outbox
from holdfast.warehouse.home import HomeProblem

TIMEOUT = 30  # seconds for every answer of the server
NO_SUCH_BOX = frozenset({550, 551, 553})  # to RCPT: the address is at fault (RFC 5321, 4.2.3)
Write = Callable[[Outbox], Written]


class Mail:
    """A mail server, spoken to from the first message on. again: a mail handed over twice arrives twice."""

    again = False

    def __init__(self, how: Messages, write: Write) -> None:
        if how.server is None or not parseaddr(how.sender)[1]:
            raise HomeProblem("say in holdfast.toml, under [messages], the smtp server and whom mail is from")
        if not how.postal_address or not how.public_url:
            raise HomeProblem(
                "say in holdfast.toml, under [messages], postal_address and public_url: marketing mail tells both"
            )
        self._how, self._server, self._write = how, how.server, write
        self._line: smtplib.SMTP | None = None

    def hand_over(self, message: Outbox) -> Outcome:
        try:
            message.address.encode("ascii")  # few servers take others (RFC 6531), and none is asked here
            letter = letter_of(message, self._write(message), self._how).as_bytes(policy=SMTP)
        except ValueError as problem:  # a line break in an address, a character that it cannot have
            return Refused(f"it cannot be written as mail: {type(problem).__name__}")
        try:
            line = self._opened()
        except smtplib.SMTPAuthenticationError:
            return Later("the mail server does not take our name and password")
        except (OSError, smtplib.SMTPException) as problem:
            return Later(f"the mail server does not answer: {type(problem).__name__}")
        return self._handed(line, message.address, letter)

    def close(self) -> None:
        if self._line is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._line.quit()
            self._line = None

    def _opened(self) -> smtplib.SMTP:
        if self._line is None:
            self._line = connect(self._server)
        return self._line

    def _handed(self, line: smtplib.SMTP, address: str, letter: bytes) -> Outcome:
        try:
            for code, said, of_address in (
                (*line.mail(parseaddr(self._how.sender)[1]), False), (*line.rcpt(address), True),
            ):  # fmt: skip
                if code not in (250, 251):
                    self._start_over()
                    return _said_no(code, said, of_address)
        except (OSError, smtplib.SMTPException) as problem:
            self._lost()
            return Later(f"the line broke: {type(problem).__name__}")
        try:
            code, said = line.data(letter)
        except smtplib.SMTPDataError as problem:  # it did not want to hear it
            self._start_over()
            return _said_no(problem.smtp_code, problem.smtp_error, False)
        except (OSError, smtplib.SMTPException) as problem:
            self._lost()
            return Unsure(f"the line broke while it was handed over: {type(problem).__name__}")
        return Taken() if code == 250 else _said_no(code, said, False)

    def _start_over(self) -> None:
        try:
            if self._line is not None:
                self._line.rset()
        except (OSError, smtplib.SMTPException):
            self._lost()

    def _lost(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def connect(server: Server) -> smtplib.SMTP:
    """Signed in, and under TLS unless the server is this machine. Raises OSError and SMTPException."""
    context = ssl.create_default_context()
    line: smtplib.SMTP = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        if server.tls
        else smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    )
    try:
        line.ehlo()
        if server.starttls:
            line.starttls(context=context)
            line.ehlo()
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


def _said_no(code: int, said: bytes | str, of_address: bool) -> Outcome:
    """What the server says may hold the address, so only its code and the status at its beginning are kept."""
    words = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    first = words.split(" ", 1)[0]
    status = first if first[:2] in ("2.", "4.", "5.") and first.replace(".", "").isdigit() else ""
    why = f"the mail server said {code} {status}".strip()
    if 500 <= code < 600:
        return Refused(why, dead=of_address and code in NO_SUCH_BOX and not status.startswith("5.7"))
    return Later(why)


def letter_of(message: Outbox, said: Written, how: Messages) -> EmailMessage:
    """The mail as it leaves. Raises ValueError for what no header holds."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = how.sender, message.address, said.subject
    letter["Message-ID"] = f"<{message.message_key}@{how.host}>"
    letter["Date"] = format_datetime(message.put_at)
    letter["Auto-Submitted"] = "auto-generated"
    if how.reply_to:
        letter["Reply-To"] = how.reply_to
    text, html = said.text.rstrip(), said.html
    if not message.service:
        leave = link(how.public_url, UNSUBSCRIBE, message.message_key)
        letter["List-Unsubscribe"] = f"<{leave}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        choose = link(how.public_url, PREFERENCES, message.message_key)
        text += f"\n\n-- \n{how.postal_address}\nUnsubscribe: {leave}\nYour choices: {choose}\n"
        html += _foot(how.postal_address, leave, choose)
    letter.set_content(text)
    letter.add_alternative(f"<!doctype html><html><body>{html}</body></html>\n", subtype="html")
    return letter


def _foot(postal: str, leave: str, choose: str) -> str:
    return (
        f'<hr><p><small>{escape(postal)}<br><a href="{escape(leave)}">Unsubscribe</a> · '
        f'<a href="{escape(choose)}">Your choices</a></small></p>'
    )
