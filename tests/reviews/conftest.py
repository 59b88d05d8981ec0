from __future__ import annotations

import invented
import pytest

from holdfast.reviews.story import Story
from holdfast.reviews.telling import tell


@pytest.fixture(scope="module")
def story() -> Story:
    """Of Kelp & Co, with a year of recurring revenue."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("holdfast.reviews.findings.waterfall", lambda source, scope: invented.ledger())
        return tell(invented.given())
