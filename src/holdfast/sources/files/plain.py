"""A text file as plain UTF-8 on disk: unpacked when gzipped or zipped, transcoded when it is not UTF-8, in bulk."""

from __future__ import annotations

import codecs
import gzip
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from holdfast.sources.files.found import TEXT
from holdfast.sources.files.problem import FileProblem

CHUNK = 1 << 24
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def plain(path: Path, scratch: Path, encoding: str = "") -> Path:
    """The path of the same text in UTF-8: the file itself, or a copy under `scratch`. Raises FileProblem.

    encoding: a Python codec name; empty means "UTF-8 when it is valid, else cp1252, else latin-1".
    """
    name, unpacked = path.name, _unpacked(path, scratch)
    with unpacked.open("rb") as file:
        head = file.read(8192)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileProblem(f"{name}: the file is empty; export it again")
    if not encoding and (utf16 := _UTF16.get(head[:2])):
        encoding = utf16
    elif b"\0" in head:
        raise FileProblem(f"{name}: this is not a text file; save it as CSV or XLSX")
    if not encoding:
        encoding = next(e for e in ("utf-8", "cp1252", "latin-1") if _decodes(unpacked, e))
    try:
        utf8 = codecs.lookup(encoding).name == "utf-8"
    except LookupError as problem:
        raise FileProblem(f"{name}: no encoding is called {encoding!r}; try utf-8 or cp1252") from problem
    if utf8 and _decodes(unpacked, "utf-8"):
        return unpacked
    return _transcoded(unpacked, scratch / f"{unpacked.name}.utf8", encoding, name)


def _unpacked(path: Path, scratch: Path) -> Path:
    if path.name.lower().endswith(".zip"):
        return _unzipped(path, scratch)
    if not path.name.lower().endswith(".gz"):
        return path
    target = scratch / path.name[:-3]
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, CHUNK)
    except (OSError, EOFError, zlib.error) as problem:
        raise FileProblem(f"{path.name}: the gzip file is broken or cut short; copy or export it again") from problem
    return target


def _unzipped(path: Path, scratch: Path) -> Path:
    """The one text file inside a zip, streamed to `scratch`; what systems add beside it is passed over."""
    try:
        with zipfile.ZipFile(path) as packed:
            member = _only_text(packed, path.name)
            target = scratch / f"{path.name}-{PurePosixPath(member.filename).name}"
            with packed.open(member) as inside, target.open("wb") as out:
                shutil.copyfileobj(inside, out, CHUNK)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as problem:
        raise FileProblem(f"{path.name}: the zip file is broken or cut short; copy or export it again") from problem
    except RuntimeError as problem:  # what zipfile says of a password
        raise FileProblem(f"{path.name}: the zip file has a password; unpack it and import what is inside") from problem
    return target


def _only_text(packed: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    inside = [
        member
        for member in packed.infolist()
        if not member.is_dir() and not {p[:1] for p in PurePosixPath(member.filename).parts} & {".", "_"}
    ]
    texts = [member for member in inside if member.filename.lower().endswith(TEXT)]
    if len(texts) != 1:
        count = f"{len(texts)} CSV files" if texts else "no CSV file"
        raise FileProblem(f"{name}: the zip holds {count}; unpack it and import what is inside")
    return texts[0]


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _transcoded(path: Path, target: Path, encoding: str, name: str) -> Path:
    try:
        with (
            path.open("r", encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            shutil.copyfileobj(source, out, CHUNK)
    except UnicodeError as problem:
        raise FileProblem(f"{name}: the text is not {encoding}; leave `encoding` out to have it detected") from problem
    return target
