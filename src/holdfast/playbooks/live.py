"""A playbook that is switched on: its version in force, those that runs still hold to, and its place in the bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.playbooks.declare import Playbook

MOST_SLOTS = 63  # bits of one whole number that every engine holds


@dataclass(frozen=True, slots=True)
class Live:
    """slot: its bit in what is kept of everybody, for ever. salt: of its lot. first: nothing was decided yet."""

    slot: int
    version: int
    playbook: Playbook
    versions: Mapping[int, Playbook]
    salt: str = ""
    on: bool = True
    first: bool = False

    @property
    def bit(self) -> str:
        """In SQL."""
        return f"{1 << self.slot}::UBIGINT"

    def all_versions(self) -> tuple[tuple[int, Playbook], ...]:
        return tuple(sorted((dict(self.versions) | {self.version: self.playbook}).items()))
