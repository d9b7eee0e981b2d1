from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from pulumi.runtime import settings


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """Mocks are Pulumi's globals; other tests get theirs back."""
    before = dict(vars(settings.SETTINGS))
    yield
    vars(settings.SETTINGS).update(before)
    # Outputs of a failed resource complain when they are forgotten; let it be here, where pytest keeps it.
    gc.collect()
