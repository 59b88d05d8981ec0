"""How invented data say that they are: in their files, in their shop, and in whatever is told of it.

Files: a mark in their folder, the first word of their names, and one in each Parquet file. Whoever reads files asks
`mark_of`, so that nothing invented passes for real because somebody forgot to say so. Numbers: a door says once, with
`telling`, of which shops it is about to speak; what prints, renders or writes asks `told` (decision 0053).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from holdfast.warehouse.home import Shop

MARK = "simulated.json"
WORD = "simulated"
PARTLY = f"partly {WORD}"
SAID_IN_FILE = {"holdfast.simulated": "true"}

_told: ContextVar[Callable[[], str] | None] = ContextVar("simulated", default=None)


def label_of(shops: Iterable[Shop]) -> str:
    """ "simulated", "partly simulated" or "", by how many of the shops are."""
    found = {shop.simulated for shop in shops}
    return "" if True not in found else PARTLY if False in found else WORD


def tell(shops: Iterable[Shop]) -> None:
    """From here on, what is told is about these shops."""
    label = label_of(shops)
    _told.set(lambda: label)


@contextmanager
def telling(find: Callable[[], Iterable[Shop]]) -> Iterator[None]:
    """What is told within is about the shops that `find` gives: asked once, where anybody wants to know."""
    before = _told.set(cache(lambda: label_of(find())))
    try:
        yield
    finally:
        _told.reset(before)


def told() -> str:
    """The label of what is being told; empty where all of it is real, or nobody said of which shops it is."""
    find = _told.get()
    return find() if find else ""


def said_of_which() -> bool:
    """Whether a door has said of which shops it speaks."""
    return _told.get() is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mark of a folder says of the shop whose files lie there; empty where it does not."""

    shop: str = ""
    account: str = ""
    zone: str = ""
    currency: str = ""


def mark_of(path: Path) -> Mark | None:
    """The mark of a folder, of the folder it or a file lies in, or of the file itself; None where nothing says so."""
    folder = path if path.is_dir() else path.parent
    for marked in (folder / MARK, folder.resolve().parent / MARK):
        if marked.is_file():
            return _read(marked)
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    return Mark() if any(_says_so(file) for file in inside) else None


def shops_in(path: Path) -> list[Path]:
    """The folders of a portfolio's shops; [] where the folder is none."""
    try:
        said = json.loads((path / MARK).read_text())
        return [path / str(name) for name in said.get("shops", [])]
    except (OSError, ValueError, AttributeError):
        return []


def _read(path: Path) -> Mark:
    """A mark that cannot be read is a mark still: it only says no more than that."""
    try:
        said = json.loads(path.read_text())
        return Mark(*(str(said.get(name, "")) for name in ("shop", "account", "zone", "currency")))
    except (OSError, ValueError, AttributeError):
        return Mark()


def _says_so(path: Path) -> bool:
    if path.name.lower().startswith(f"{WORD}_"):
        return True
    if path.suffix.lower() != ".parquet":
        return False
    import pyarrow.parquet as pq

    try:
        said = pq.read_schema(str(path)).metadata or {}
    except (OSError, ValueError):  # the reader of files says what is wrong with it
        return False
    return said.get(b"holdfast.simulated") == b"true"
