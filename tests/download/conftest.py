from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from pulumi_opsmanager.download import inflater


@pytest.fixture(scope="module", params=[*(["isal"] if inflater.HAS_ISAL else []), "zlib"])
def library(request: pytest.FixtureRequest) -> Iterator[str]:
    """The library that inflates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inflater, "HAS_ISAL", request.param == "isal")
        yield request.param


@pytest.fixture
def traced() -> Callable[[Callable[[], object]], int]:
    """Measures the peak of the allocated bytes of a call: the least of three, because other threads add bytes."""

    def peak(call: Callable[[], object]) -> int:
        return min(once(call) for _ in range(3))

    def once(call: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            call()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return peak
