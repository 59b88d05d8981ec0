"""How many examples a law draws: few in `make test`, all of them in `make test-all`, where HOLDFAST_LAWS is long."""

import os

from hypothesis import settings

LONG = os.environ.get("HOLDFAST_LAWS") == "long"


def drawn(few: int, many: int, **more: object) -> settings:
    """For laws of which each example builds or measures a shop. The first example is always the plainest there is."""
    return settings(max_examples=many if LONG else few, deadline=None, **more)
