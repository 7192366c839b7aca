"""What tests of the posterior share."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """On few rows the threads of the linear algebra wait for each other more than they compute."""
    with threadpool_limits(1):
        yield
