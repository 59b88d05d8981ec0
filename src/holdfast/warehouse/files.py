"""Publishing folders whole: written beside, flushed to disk, then renamed into place."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path


class DiskProblem(Exception):
    """The disk refused; nothing was changed."""


def is_disk_full(problem: BaseException) -> bool:
    """Did this error, or one it came from, say that there is no space left?"""
    said = str(problem).lower()
    return "no space left" in said or "disk full" in said or getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def disk_full(where: Path) -> DiskProblem:
    try:
        free = shutil.disk_usage(where).free >> 20
    except OSError:
        free = 0
    return DiskProblem(f"the disk that holds {where} is full ({free} MiB free). Make room and run this again; nothing was changed.")


def publish_folder(beside: Path, place: Path) -> None:
    """Make a finished folder visible at once: flush every file, then rename."""
    for path in beside.rglob("*"):
        if path.is_file():
            _flush(path)
    _flush(beside)
    os.rename(beside, place)
    _flush(place.parent)


def point(link: Path, target: str) -> None:
    """Switch a symbolic link to `target` in one step; readers see the old one or the new one."""
    beside = link.with_name(link.name + ".new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    os.replace(beside, link)
    _flush(link.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
