"""Summaries taken without waiting: the same numbers as those of `summarize`."""

from __future__ import annotations

import pytest
import torch
from tests.capture.summaries import assert_equal, spread

from torchatlas.capture.summarize import summarize
from torchatlas.capture.summary_slab import SummarySlab, queue
from torchatlas.capture.tensor_values import NotSummarizable, real_values
from torchatlas.run import TensorSummary


def counted(tensors: list[torch.Tensor], sample: int | None = None) -> list[TensorSummary]:
    """The path of a GPU, run on the CPU."""
    batch = queue([(place, real_values(t)) for place, t in enumerate(tensors)], sample)
    assert batch.counts.ready()
    return list(batch.summaries().values())


DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float8_e5m2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_counting_as_on_a_gpu_equals_the_summary(dtype: torch.dtype) -> None:
    values = spread().to(dtype)
    (found,) = counted([values])
    assert_equal(found, summarize(values))


def test_tensors_of_all_sizes_stay_apart() -> None:
    sizes = [0, 1, 4_095, 4_096, 4_097, 3, 2_200_000, 70_000]
    tensors = [torch.randn(size) * 10.0**place for place, size in enumerate(sizes)]
    for found, tensor in zip(counted(tensors), tensors, strict=True):
        assert_equal(found, summarize(tensor))


def test_whole_numbers_and_truth_values_are_counted_too() -> None:
    tensors = [torch.arange(-5, 2**40, 2**30), torch.tensor([True, False, True])]
    for found, tensor in zip(counted(tensors), tensors, strict=True):
        assert_equal(found, summarize(tensor))


def test_an_expanded_tensor_counts_every_repetition() -> None:
    tensor = torch.tensor([[1.0], [-2.0]]).expand(2, 7)
    assert_equal(counted([tensor])[0], summarize(tensor.contiguous()))


@pytest.mark.parametrize(
    ("bad", "name"),
    [("nan", "nan"), ("inf", "positive_infinity"), ("-inf", "negative_infinity")],
)
def test_a_sample_shows_that_something_outside_it_is_not_finite(bad: str, name: str) -> None:
    tensor = torch.randn(100_000)
    (fine,) = counted([tensor], 10_000)
    assert (fine.nonfinite, fine.count) == (0, 9_091)
    tensor[77_778] = float(bad)
    (found,) = counted([tensor], 10_000)
    assert getattr(found, name) == 1
    assert found.finite == 9_091
    assert found.count == 9_092


def test_the_slab_gives_summaries_and_reasons_in_order() -> None:
    tensors = [torch.ones(3), None, torch.ones(2, device="meta"), torch.zeros(2, 2)]
    pending = SummarySlab().take(tensors)
    assert pending.ready()
    assert pending.elements == (3, 0, 2, 4)
    ones, none, meta, zeros = pending.summaries()
    assert isinstance(ones, TensorSummary)
    assert ones.total == 3
    assert isinstance(none, NotSummarizable)
    assert str(none) == "there is none"
    assert isinstance(meta, NotSummarizable)
    assert str(meta) == "it has no values (meta or fake tensor)"
    assert isinstance(zeros, TensorSummary)
    assert zeros.zero == 4


def test_what_was_taken_stays_as_it_was() -> None:
    tensor = torch.ones(5)
    pending = SummarySlab().take([tensor])
    tensor.zero_()
    assert pending.summaries()[0].total == 5  # type: ignore[union-attr]


def test_a_slab_looks_at_a_sample() -> None:
    pending = SummarySlab(sample=10_000).take([torch.randn(100_000)])
    (summary,) = pending.summaries()
    assert isinstance(summary, TensorSummary)
    assert 5_000 <= summary.count <= 10_000
    assert pending.elements == (100_000,)


@pytest.mark.gpu
@pytest.mark.parametrize("sample", [None, 5_000])
def test_nothing_waits_for_the_gpu(sample: int | None) -> None:
    """Without a GPU this is skipped, and pytest says so in its summary."""
    plain = [spread(), torch.randn(300, 700), torch.randn(50).half(), torch.arange(9)]
    tensors = [tensor.cuda() for tensor in plain]
    slab = SummarySlab(sample)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        pending = slab.take(tensors)
        pending.ready()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for found, tensor in zip(pending.summaries(), plain, strict=True):
        assert isinstance(found, TensorSummary)
        if sample is None:
            assert_equal(found, summarize(tensor))
    assert pending.ready()


@pytest.mark.gpu
def test_the_gpu_counts_what_the_cpu_counts() -> None:
    tensors = [torch.randn(size) for size in (0, 1, 4_097, 2_200_000)]
    tensors += [spread().to(dtype) for dtype in DTYPES]
    pending = SummarySlab().take([tensor.cuda() for tensor in tensors])
    for found, tensor in zip(pending.summaries(), tensors, strict=True):
        assert isinstance(found, TensorSummary)
        assert_equal(found, summarize(tensor))
