"""What templates may call: how numbers are written, addresses, static files, icons. No template computes."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from holdfast.commerce.unknown import Unknown
from holdfast.web import criteria, formatting, naming


@cache
def icon(name: str, kind: str = "i") -> Markup:
    """An icon of the sprite; decoration only, so the words beside it carry the meaning."""
    address = escape(f"{static('web/icons.svg')}#i-{name}")
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>').format(kind, address)


@cache
def shape(name: str) -> Markup:
    address = escape(f"{static('web/icons.svg')}#s-{name}")
    return Markup('<svg aria-hidden="true"><use href="{}"/></svg>').format(address)


def url(name: str, *args: Any, **query: Any) -> str:
    """url("metric", id, scope="shop:uk"): empty query values are left out."""
    asked = query_with(query)
    return reverse(name, args=args) + (f"?{asked}" if asked else "")


def query_with(query: dict[str, Any], **more: Any) -> str:
    """What follows the question mark: `query` with some values changed; empty ones are left out."""
    return urlencode(
        {k: v for k, v in {**query, **{k.rstrip("_"): v for k, v in more.items()}}.items() if v not in ("", None)}
    )


def environment(**options: Any) -> Environment:
    env = Environment(  # noqa: S701 - Django passes autoescape=True
        **{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    )
    env.globals.update(
        static=static,
        url=url,
        query_with=query_with,
        icon=icon,
        shape=shape,
        fmt=formatting,
        criteria=criteria,
        naming=naming,
        is_unknown=lambda v: isinstance(v, Unknown),
    )
    env.filters["capitalize_first"] = formatting.as_sentence
    env.filters["spaced"] = formatting.spaced
    env.filters["dated"] = formatting.dated
    env.filters["whole_day"] = formatting.whole_day
    env.filters["zip_with"] = lambda keys, words: list(zip(keys, words, strict=True))
    return env
