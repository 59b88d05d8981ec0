"""The rules of restraint, as data: `restraint.toml` in the home, else the one that ships."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal

from holdfast.warehouse.home import Home, HomeProblem

SHIPPED = Path(__file__).with_name("restraint.toml")
ALL = "all"
Needs = Literal["opt-in", "no opt-out"]
NEEDS: tuple[Needs, ...] = ("opt-in", "no opt-out")


@dataclass(frozen=True, slots=True)
class Channel:
    """consent: whose word marketing needs ("" for none). address: "email", "phone" or "" where it needs none."""

    name: str
    consent: str
    address: str
    quiet: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many of a channel (or of all that are counted) in rolling days, or a calendar day (days None)."""

    channel: str
    most: int
    days: int | None

    def covers(self, channel: Channel) -> bool:
        return channel.counted and self.channel in (ALL, channel.name)

    @property
    def window(self) -> timedelta | None:
        return None if self.days is None else timedelta(days=self.days)

    @property
    def said(self) -> str:
        what = "messages" if self.channel == ALL else self.channel
        return f"at most {self.most} {what} {'a day' if self.days is None else f'in {self.days} days'}"


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one time of day to another, which may lie on the next; none where both are the same."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Restraint:
    """All of it. consent: channel → what marketing needs there."""

    channels: Mapping[str, Channel]
    consent: Mapping[str, Needs]
    caps: tuple[Cap, ...]
    quiet: Quiet
    quiet_unknown_zone: Quiet
    soft_bounces: int


def restraint(home: Home) -> Restraint:
    """As it holds in a home. Raises HomeProblem with the key that cannot be read."""
    own = home.path / "restraint.toml"
    path = own if own.is_file() else SHIPPED
    try:
        return read(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise HomeProblem(
            f"{path} cannot be read: {problem}. Mend it, or move it away to have what ships."
        ) from problem


def read(told: Mapping[str, Any]) -> Restraint:
    """Raises KeyError, TypeError or ValueError."""
    channels = {name: _channel(name, facts) for name, facts in told["channels"].items()}
    quiet = told["quiet"]
    return Restraint(
        channels,
        {name: _needs(needs) for name, needs in told["consent"].items()},
        tuple(_cap(one, channels) for one in told.get("caps", [])),
        _quiet(quiet),
        _quiet(quiet["unknown_zone"]),
        _above(0, int(told["bounces"]["soft"]), "bounces.soft"),
    )


def _channel(name: str, told: Mapping[str, Any]) -> Channel:
    if told["address"] not in ("email", "phone", ""):
        raise ValueError(f'channels.{name}.address is "email", "phone" or ""')
    return Channel(name, str(told["consent"]), told["address"], bool(told["quiet"]), bool(told["counted"]))


def _needs(said: str) -> Needs:
    for known in NEEDS:
        if said == known:
            return known
    raise ValueError(f'consent is "opt-in" or "no opt-out", not {said!r}')


def _cap(told: Mapping[str, Any], channels: Mapping[str, Channel]) -> Cap:
    channel = str(told["channel"])
    if channel != ALL and channel not in channels:
        raise ValueError(f"a cap names the channel {channel!r}, which is not declared")
    if ("days" in told) == ("each" in told) or told.get("each", "day") != "day":
        raise ValueError('a cap says days = 7, or each = "day"')
    days = _above(0, int(told["days"]), "days") if "days" in told else None
    return Cap(channel, _above(0, int(told["most"]), "most"), days)


def _above(least: int, value: int, name: str) -> int:
    if value <= least:
        raise ValueError(f"{name} is above {least}")
    return value


def _quiet(told: Mapping[str, Any]) -> Quiet:
    return Quiet(time.fromisoformat(told["from"]), time.fromisoformat(told["until"]))
