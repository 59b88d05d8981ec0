"""A deck as PDF, where LibreOffice is on this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

SECONDS = 120
NO_OFFICE = (
    "There is no LibreOffice on this machine, which makes the PDF: install it, or print the HTML file from a browser."
)


class CannotPrint(Exception):
    """No PDF; the message says what to do."""


def pdf_of(deck: bytes) -> bytes:
    """Raises CannotPrint."""
    office = shutil.which("soffice")
    if office is None:
        raise CannotPrint(NO_OFFICE)
    with TemporaryDirectory(prefix="holdfast-pdf-") as name:
        folder = Path(name)
        (folder / "review.pptx").write_bytes(deck)
        # A profile of its own: a running office, or another conversion, would answer instead.
        ask = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
               "--outdir", name, str(folder / "review.pptx")]  # fmt: skip
        try:
            subprocess.run(ask, capture_output=True, timeout=SECONDS, check=True)
            return (folder / "review.pdf").read_bytes()
        except (OSError, subprocess.SubprocessError) as problem:
            raise CannotPrint(
                "LibreOffice could not turn the deck into a PDF; print the HTML file instead."
            ) from problem
