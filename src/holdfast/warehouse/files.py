"""Publishing folders whole: written beside, flushed to disk, then renamed into place."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

# What a full disk, a used-up quota or a limit on file sizes says; DuckDB passes the words on, not the number.
_FULL = ("no space left", "disk full", "disk quota exceeded", "file too large", "max_temp_directory_size")
_FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = ("permission denied", "read-only file system", "operation not permitted")
_CLOSED_NUMBERS = (errno.EACCES, errno.EPERM, errno.EROFS)


class DiskProblem(Exception):
    """The disk refused; nothing was changed."""


class TooLittleMemory(Exception):
    """The engine may not use as much memory as the work needs; nothing was changed."""


def refusal(problem: BaseException, where: Path) -> DiskProblem | TooLittleMemory | None:
    """What to tell a person when this error means that the disk or the memory refused, else None."""
    said, number = str(problem).lower(), getattr(problem, "errno", None)
    if number in _FULL_NUMBERS or any(word in said for word in _FULL):
        return _disk_full(where)
    if number in _CLOSED_NUMBERS or any(word in said for word in _CLOSED):
        which = getattr(problem, "filename", None) or where
        return DiskProblem(
            f"cannot read or write {which}: {getattr(problem, 'strerror', None) or 'permission denied'}."
            f" Give the user who runs Holdfast the right to write everything in {where} and run this again;"
            " nothing was changed."
        )
    if "out of memory error" in said:
        return TooLittleMemory(
            "the memory that imports and builds may use (`holdfast doctor` says how much) is not enough for this."
            " Set HOLDFAST_MEMORY to more, such as 12GB, or bring fewer files at a time, and run this again;"
            " nothing was changed."
        )
    return None


def _disk_full(where: Path) -> DiskProblem:
    try:
        free = shutil.disk_usage(where).free >> 20
    except OSError:
        free = 0
    return DiskProblem(
        f"the disk that holds {where} is full ({free} MiB free). Make room and run this again; nothing was changed."
    )


def publish_folder(beside: Path, place: Path) -> None:
    """Make a finished folder visible at once: flush every file, then rename."""
    for path in beside.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode & ~0o222)  # what is published is never written again
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


def keep_also(made: Path, kept: Path) -> None:
    """Give a finished file a second place that outlives the first; a copy where the disk knows no hard links."""
    try:
        kept.hardlink_to(made)
    except OSError:
        beside = kept.with_name(kept.name + ".new")
        shutil.copyfile(made, beside)
        _flush(beside)
        os.replace(beside, kept)
    _flush(kept.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
