import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # evidence

from evidence import Bench


@pytest.fixture(scope="package")
def bench_():
    bench = Bench()
    yield bench
    bench.con.close()


@pytest.fixture
def bench(bench_):
    """Empty tables and one shop."""
    bench_.clear()
    bench_.shops({1: "account"})
    return bench_
