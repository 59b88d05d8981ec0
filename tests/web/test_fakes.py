"""The invented shop goes when its test goes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LEFT_BEHIND = """
import sys
sys.path.insert(0, sys.argv[1])
import pytest
import fakes
with pytest.MonkeyPatch.context() as patch:
    fakes.install(patch)
left = [
    f"{name}.{member}"
    for name, module in list(sys.modules.items())
    if name.startswith("holdfast.")
    for member, value in vars(module).items()
    if any(value is stand_in for members in fakes.MODULES.values() for stand_in in members.values())
]
print(left)
"""


def test_no_stand_in_stays_in_the_layers_after_the_test() -> None:
    """In a process of its own, where no layer was imported before: the order in which tests run must not matter."""
    run = [sys.executable, "-c", LEFT_BEHIND, str(Path(__file__).parent)]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "[]"
