"""Files of one import that no one mapping can read, though each of them is clear in itself."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.sources.files.read import RawFile

DATE_WORDS = {"day first": "the day first in dates", "month first": "the month first"}
DECIMAL_WORDS = {",": "a decimal comma", ".": "a decimal point"}
Columns = list[tuple[RawFile, str]]


def by_file(columns: Columns) -> Iterable[tuple[str, Columns]]:
    """(file, its columns) of columns of several files."""
    for name in dict.fromkeys(file.name for file, _ in columns):
        yield name, [(file, header) for file, header in columns if file.name == name]


def separately(ways: dict[str, str], words: dict[str, str]) -> str:
    """What to say when each file shows one way and two files show different ones; empty when a file shows both.

    ways: file → what its cells show. words: each way that contradicts the others, in words.
    """
    if "mixed" in ways.values():
        return ""
    examples = {way: next((name for name, shown in ways.items() if shown == way), "") for way in words}
    said = " but ".join(f"{words[way]} in {name}" for way, name in examples.items() if name)
    return f"There is {said}. Import them separately: one import reads all of its files one way."
