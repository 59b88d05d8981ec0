"""Where mail is handed over, from one address."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from holdfast.web.mail import MailServer, mail_server


def test_without_an_address_nothing_is_sent():
    assert mail_server("").backend.endswith("dummy.EmailBackend")


def test_a_server_elsewhere_is_spoken_to_over_tls_and_one_here_need_not_be():
    there = mail_server("smtp://me%40kelp.example:p%3Aw@mail.kelp.example")
    assert (there.host, there.port, there.user, there.password, there.starttls, there.tls) == (
        "mail.kelp.example",
        587,
        "me@kelp.example",
        "p:w",
        True,
        False,
    )
    assert mail_server("smtps://mail.kelp.example").tls and mail_server("smtps://mail.kelp.example").port == 465
    assert mail_server("smtp://127.0.0.1:1025") == MailServer(
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 1025
    )


def test_what_is_no_mail_server_is_refused_without_the_password():
    with pytest.raises(ImproperlyConfigured, match="write smtp://") as said:
        mail_server("https://me:secret@mail.example")
    assert "secret" not in str(said.value)
