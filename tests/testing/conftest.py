from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from pulumi.runtime import settings


@pytest.fixture(scope="package", autouse=True)
def older_objects() -> Iterator[None]:
    """Collections of these tests skip what other packages have left, which takes a tenth of a second each."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """Mocks change Pulumi's global settings; other tests get the old ones back."""
    before = dict(vars(settings.SETTINGS))
    yield
    vars(settings.SETTINGS).update(before)
    # Outputs of a failed resource complain when they are collected: here, where pytest captures it.
    gc.collect()
