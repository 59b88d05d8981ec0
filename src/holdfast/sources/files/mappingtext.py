"""A mapping as TOML that a person can edit: presets keep their comments, guessed ones explain themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import tomlkit

from holdfast.sources.files.fields import FIELDS, KINDS
from holdfast.sources.files.mapping import Mapping, preset, preset_text

_SECTIONS = ("format", "constants", "rules")
_COMMENTS = {
    "delimiter": "between cells; empty: detected",
    "encoding": "empty: UTF-8, else cp1252",
    "decimal": '"." or ","; "ask" stops the import until you say it',
    "dates": '"iso" (2025-12-31), "day first" (31/12/2025), "month first" (12/31/2025), or "%d-%b-%y %H:%M"',
    "zone": "IANA zone of times without an offset; empty: the shop's",
    "empty_words": "cells that mean nothing",
    "currency": "ISO 4217, for files without a currency column; empty: the shop's",
    "channel": "for files without a channel column",
    "country": "for files without a country column",
    "cancellation_prefix": "order numbers that begin so are credit notes",
    "adjustment_prefix": "order numbers that begin so correct the books",
    "adjustment_kind": "what such a correction is called",
    "zero_value_orders": '"left out" or "purchase": whether an order of no value counts as a purchase',
    "order_level_cells": '"every row" repeats date, total and buyer; "first row" has them once an order',
    "negative_quantity": '"refund": pieces below zero came back; "stock": they correct the stock',
    "value_without_lines": '"its total": an order without lines or subtotal: that less tax and shipping; "nothing"',
    "guest_ids": "customer numbers that mean a buyer without an account",
}

_PER_GRAIN = {
    "written": "what is read in place of the cell; {} is the cell, and without it every row says the same",
    "empty_cells": "cells that say nothing in this field",
}


def to_toml(mapping: Mapping, unused: Sequence[str] = ()) -> str:
    """The TOML of a mapping. unused: headers to list as not used. `Mapping.parse` of it gives the mapping back."""
    if mapping.preset:
        return _preset_toml(mapping)
    return _generic_toml(mapping, unused)


def _preset_toml(mapping: Mapping) -> str:
    """The preset's own text with what differs written in."""
    document, original = tomlkit.parse(preset_text(mapping.preset)), preset(mapping.preset)
    document["name"] = mapping.name
    if mapping.unused:
        document["unused"] = list(mapping.unused)
    for section in _SECTIONS:
        said, was = getattr(mapping, section), getattr(original, section)
        for f in fields(said):
            value = getattr(said, f.name)
            if value != getattr(was, f.name):
                table = document.setdefault(section, tomlkit.table())
                table[f.name] = list(value) if isinstance(value, tuple) else value
    return tomlkit.dumps(document)


def _generic_toml(mapping: Mapping, unused: Sequence[str]) -> str:
    lines = [
        "# How the columns of these files become orders, customers and products.",
        "# Guessed from the headers: read it, change it, import again. It is used whenever the headers fit.",
        f"name = {_written(mapping.name)}",
        f"unused = {_written(mapping.unused)}  # headers that are to feed nothing, though they could",
    ]
    for section in _SECTIONS:
        lines += ["", f"[{section}]"]
        said = getattr(mapping, section)
        lines += [f"{f.name} = {_written(getattr(said, f.name))}  # {_COMMENTS[f.name]}" for f in fields(said)]
    lines += ["", "# product code = kind of line, one of " + ", ".join(KINDS), "[kinds]"]
    lines += [f"{_written(code)} = {_written(kind)}" for code, kind in mapping.kinds.items()]
    for grain, columns in mapping.columns.items():
        lines += [
            "",
            f"# canonical field = header in the file; one row is one of the {grain.replace('_', ' ')}",
            f"[{grain}]",
        ]
        lines += [f"{name} = {_written(names)}  # {FIELDS[grain][name].meaning}" for name, names in columns.items()]
        rest = [name for name in FIELDS[grain] if name not in columns]
        lines += ["# could also be mapped: " + ", ".join(rest)] if rest else []
    for section, said in (("written", mapping.written), ("empty_cells", mapping.empty_cells)):
        for grain, texts in said.items():
            lines += ["", f"# {_PER_GRAIN[section]}", f"[{section}.{grain}]"]
            lines += [f"{name} = {_written(value)}" for name, value in texts.items()]
    lines += ["", "# not used: " + ", ".join(" ".join(header.split()) for header in unused)] if unused else []
    return "\n".join(lines) + "\n"


def _written(value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return tomlkit.string(value).as_string()
