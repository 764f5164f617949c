"""What every test stands on: fixed seeds, no window, and devices that are there."""

from __future__ import annotations

import os
import random

# Before torch and matplotlib are imported. One thread: small tensors are quicker without more,
# and the order of additions stays the same on every machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "agg"
os.environ["NO_COLOR"] = "1"

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """The same random numbers in every test, whatever ran before it."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none, and say so."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))
