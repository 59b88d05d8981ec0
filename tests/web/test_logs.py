"""A log says what happened and where, to people or to programs, and nothing about anybody."""

from __future__ import annotations

import io
import json
import logging
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from holdfast.web.logs import Lines, NothingPrivate, Objects, error_said


def written(formatter: logging.Formatter, message: str, *, error: Exception | None = None, **more: Any) -> str:
    into = io.StringIO()
    handler = logging.StreamHandler(into)
    handler.setFormatter(formatter)
    handler.addFilter(NothingPrivate())
    caught: Any = None
    if error is not None:
        try:
            raise error
        except Exception:
            caught = sys.exc_info()
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, message, None, caught)
    record.__dict__.update(more)
    handler.handle(record)
    return into.getvalue()


@pytest.mark.parametrize("formatter", [Lines("%(levelname)s %(message)s"), Objects()], ids=["lines", "objects"])
def test_neither_form_names_a_person_a_mail_address_or_a_link_that_lets_somebody_in(formatter: Any) -> None:
    error = ValueError("no number: 'Ida Berg' of ida@kelp.example")
    told = written(formatter, "Failed: /guest/s3cret-key/ /x/ida.b+1@kelp.example/", error=error)
    assert "ValueError" in told and "no number: … of …" in told and "test_logs.py" in told and "/guest/…" in told
    for private in ("Ida", "Berg", "kelp.example", "s3cret"):
        assert private not in told


@pytest.mark.parametrize(("said", "left"), [
    ("duplicate key\nDETAIL:  Key (name)=(Ida Berg) already exists.", "duplicate key"),
    ("Key (email)=(ida@kelp.example) already exists.", "Key (email)… already exists."),
    ('“Call Ida” is done: "take it back"', "… is done: …"),
    ("couldn't find 'Ida Berg' or b'Ida'", "couldn't find … or …"),
    ("cannot convert 'Ida\nBerg' to a number", "cannot convert …"),
    ("database is locked", "database is locked"),
])  # fmt: skip
def test_what_an_error_is_about_is_left_out_and_what_went_wrong_stays(said: str, left: str) -> None:
    assert error_said(RuntimeError(said)) == left
    assert error_said(AttributeError("'Page' has no attribute 'lines'")) == "'Page' has no attribute 'lines'"


def test_for_programs_each_line_is_an_object_of_named_facts() -> None:
    request = SimpleNamespace(method="POST")
    told = written(Objects(), "Not Found: /accounts/9/", status_code=404, request=request)
    assert told.count("\n") == 1
    found = json.loads(told)
    at = datetime.fromisoformat(found.pop("at"))
    assert at.tzinfo == UTC and isinstance(found.pop("process"), int)
    assert found == {
        "level": "ERROR", "logger": "django.request", "message": "Not Found: /accounts/9/", "status": 404,
        "method": "POST",
    }  # fmt: skip
    broken = json.loads(written(Objects(), "Broken", error=KeyError("name")))
    assert broken["error"] == "KeyError" and broken["passed"][-1].endswith(" written")
