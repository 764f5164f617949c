"""Values with everything odd among them, and whether two summaries say the same of them."""

from __future__ import annotations

import pytest
import torch

from torchatlas.run import TensorSummary

COUNTS = ("count", "nan", "positive_infinity", "negative_infinity", "zero", "subnormal")


def assert_equal(found: TensorSummary, expected: TensorSummary) -> None:
    """Counts, extremes and bins are the same, and sums to what `summarize` promises."""
    for name in COUNTS:
        assert getattr(found, name) == getattr(expected, name), name
    assert (found.minimum, found.maximum) == (expected.minimum, expected.maximum)
    scale = max(expected.total_absolute, 1e-300)
    assert found.total == pytest.approx(expected.total, rel=1e-5, abs=1e-5 * scale)
    assert found.total_squares == pytest.approx(expected.total_squares, rel=1e-5)
    assert found.total_absolute == pytest.approx(expected.total_absolute, rel=1e-5)
    assert found.bin_keys.tolist() == expected.bin_keys.tolist()
    assert found.bin_counts.tolist() == expected.bin_counts.tolist()


def spread(count: int = 150_001) -> torch.Tensor:
    """Values from far below the normal range to 1e4, with everything odd among them."""
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(count, generator=generator) * torch.logspace(-44, 4, count)
    values[:5] = torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0, -0.0])
    return values
