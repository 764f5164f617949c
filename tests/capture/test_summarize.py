"""The fast summary is the reference summary, for every dtype and every odd value."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.capture.summarize import NotSummarizable, summarize
from torchatlas.run import TensorSummary


def assert_equal(found: TensorSummary, expected: TensorSummary) -> None:
    for name in ("count", "nan", "positive_infinity", "negative_infinity", "zero", "subnormal"):
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float64])
def test_floats_equal_the_reference(dtype: torch.dtype) -> None:
    values = spread().to(dtype)
    assert_equal(summarize(values), TensorSummary.of(values.numpy()))


def test_bfloat16_is_read_exactly() -> None:
    values = spread().bfloat16()
    assert_equal(summarize(values), TensorSummary.of(values.float().numpy()))


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool])
def test_whole_numbers_equal_the_reference(dtype: torch.dtype) -> None:
    values = torch.arange(0, 127).to(dtype)
    assert_equal(summarize(values), TensorSummary.of(values.numpy().astype("float64")))


@given(st.lists(st.floats(width=32), max_size=50))
def test_any_floats_equal_the_reference(values: list[float]) -> None:
    tensor = torch.tensor(values, dtype=torch.float32)
    assert_equal(summarize(tensor), TensorSummary.of(tensor.numpy()))


def test_sums_do_not_overflow_or_vanish() -> None:
    large, small = torch.full((100_000,), 1e30), torch.full((100_000,), 1e-30)
    assert summarize(large).total_squares == pytest.approx(1e65, rel=1e-6)
    assert summarize(small).total_squares == pytest.approx(1e-55, rel=1e-6)


def test_shape_stride_history_and_emptiness_do_not_matter() -> None:
    values = torch.randn(4, 6, requires_grad=True)
    assert_equal(summarize(values.t()[1:]), TensorSummary.of(values.detach().numpy()[:, 1:]))
    assert summarize(torch.zeros(0)).count == 0
    assert summarize(torch.tensor(2.0)).maximum == 2.0


def test_a_sample_is_smaller_but_never_hides_what_is_not_finite() -> None:
    values = torch.randn(100_000)
    assert 5_000 <= summarize(values, sample=10_000).count <= 10_000
    values[77_777] = float("nan")
    assert summarize(values, sample=10_000).nan == 1


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.ones(2, dtype=torch.complex64), "has no single order of values"),
        (torch.ones(2, device="meta"), "it has no values"),
        (torch.eye(2).to_sparse(), "is not dense"),
    ],
)
def test_what_has_no_real_values_says_why(tensor: torch.Tensor, reason: str) -> None:
    with pytest.raises(NotSummarizable, match=reason):
        summarize(tensor)


@pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")  # which torch gives but once
def test_quantised_values_are_refused_too() -> None:
    quantised = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
    with pytest.raises(NotSummarizable, match="has no single order of values"):
        summarize(quantised)


def test_a_sample_meets_every_place_of_a_kernel_alike() -> None:
    kernels = torch.zeros(512, 512, 3, 3)
    kernels[:, :, 1, 1] = 1.0
    assert summarize(kernels, sample=65_536).mean == pytest.approx(1 / 9, abs=1e-4)
