"""The fast summary is the reference summary, for every dtype and every odd value."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.capture.summaries import assert_equal, spread

from torchatlas.capture.summarize import summarize, summarize_all
from torchatlas.run import TensorSummary


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


PARTS = st.lists(st.lists(st.floats(width=32) | st.just(-0.0), max_size=20), max_size=4)


@given(PARTS, st.sampled_from([torch.float32, torch.bfloat16, torch.float16, torch.float64]))
def test_merged_parts_equal_the_summary_of_the_concatenation(
    parts: list[list[float]], dtype: torch.dtype
) -> None:
    tensors = [torch.tensor(part, dtype=torch.float64).to(dtype) for part in parts]
    merged = TensorSummary.merged([summarize(tensor) for tensor in tensors])
    assert_equal(merged, summarize(torch.cat([*tensors, torch.zeros(0, dtype=dtype)])))


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


def test_several_tensors_at_once_give_what_each_gives_alone() -> None:
    sizes = [0, 1, 5, 16_384, 16_385, 140_000, 0, 7]
    tensors = [torch.randn(size) * 10.0**place for place, size in enumerate(sizes)]
    tensors += [spread(), spread(9_000), spread().double(), spread(100).double(), torch.arange(8)]
    tensors += [torch.full((4,), float("nan")), torch.full((20_000,), float("inf"))]
    tensors += [torch.randn(3) for _ in range(200)]  # more than are counted at once
    for found, tensor in zip(summarize_all(tensors), tensors, strict=True):
        assert isinstance(found, TensorSummary)
        assert_equal(found, TensorSummary.of(tensor.numpy()))


def test_one_that_has_no_values_does_not_stop_the_others() -> None:
    one, none, meta, two = summarize_all(
        [torch.ones(1), None, torch.ones(1, device="meta"), torch.ones(2)]
    )
    assert isinstance(one, TensorSummary)
    assert isinstance(two, TensorSummary)
    assert (one.count, two.count) == (1, 2)
    assert (str(none), str(meta)) == ("there is none", "it has no values (meta or fake tensor)")


def test_a_sample_meets_every_place_of_a_kernel_alike() -> None:
    kernels = torch.zeros(512, 512, 3, 3)
    kernels[:, :, 1, 1] = 1.0
    assert summarize(kernels, sample=65_536).mean == pytest.approx(1 / 9, abs=1e-4)
