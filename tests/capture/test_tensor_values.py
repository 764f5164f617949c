"""Every kind of tensor: its real values, or why it has none."""

from __future__ import annotations

import pytest
import torch
from tests.capture.summaries import assert_equal
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from torchatlas.capture.summarize import summarize
from torchatlas.capture.tensor_values import NotSummarizable, real_values
from torchatlas.run import TensorSummary

FP8 = [
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.float8_e4m3fnuz,
    torch.float8_e5m2fnuz,
    torch.float8_e8m0fnu,
]


@pytest.mark.parametrize("dtype", FP8)
def test_every_pattern_of_fp8_is_read(dtype: torch.dtype) -> None:
    values = torch.arange(256, dtype=torch.uint8).view(dtype)
    found = summarize(values)
    expected = TensorSummary.of(values.float().double().numpy())
    assert found.subnormal == _subnormal(values)
    assert (found.count, found.nan, found.zero) == (256, expected.nan, expected.zero)
    assert found.bin_keys.tolist() == expected.bin_keys.tolist()
    assert found.bin_counts.tolist() == expected.bin_counts.tolist()
    assert found.total_squares == pytest.approx(expected.total_squares)


def _subnormal(values: torch.Tensor) -> int:
    size = values.double().abs()
    return int(((size > 0) & (size < torch.finfo(values.dtype).tiny)).sum())


def test_fp8_subnormals_are_those_of_fp8() -> None:
    assert summarize(torch.arange(128, dtype=torch.uint8).view(torch.float8_e4m3fn)).subnormal == 7


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int8, torch.int16, torch.uint16, torch.uint32, torch.uint64]
)
def test_whole_numbers(dtype: torch.dtype) -> None:
    values = torch.arange(0, 127).to(dtype)
    assert_equal(summarize(values), TensorSummary.of(values.numpy().astype("float64")))


def test_a_large_whole_number_is_not_rounded_to_fp32() -> None:
    assert summarize(torch.tensor([2**31 - 1], dtype=torch.int32)).maximum == 2**31 - 1


LAYOUTS = [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc]


@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_sparse_values_and_the_zeros_between_them(layout: torch.layout) -> None:
    dense = torch.zeros(4, 6)
    dense[0, 1], dense[2, 2], dense[3, 5] = 3.0, -2.0, 7.0
    blocks = (2, 2) if layout in (torch.sparse_bsr, torch.sparse_bsc) else None
    sparse = dense.to_sparse(layout=layout, blocksize=blocks)
    assert_equal(summarize(sparse), summarize(dense))


def test_entries_of_one_place_are_added_as_they_count() -> None:
    sparse = torch.sparse_coo_tensor([[0, 0, 2]], [1.0, 2.0, -5.0], (4,), check_invariants=True)
    assert_equal(summarize(sparse), summarize(torch.tensor([3.0, 0.0, -5.0, 0.0])))


def test_a_sparse_tensor_of_zeros_alone() -> None:
    empty = torch.zeros(5).to_sparse()
    assert_equal(summarize(empty), summarize(torch.zeros(5)))


@pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")  # which torch gives but once
def test_quantised_values_are_the_numbers_that_they_stand_for() -> None:
    values = torch.tensor([-1.0, 0.0, 0.52])
    quantised = torch.quantize_per_tensor(values, 0.1, 0, torch.qint8)
    assert_equal(summarize(quantised), summarize(quantised.dequantize()))
    assert summarize(quantised).maximum == pytest.approx(0.5)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_tensors_give_all_their_parts(layout: torch.layout) -> None:
    parts = [torch.randn(2, 3), torch.randn(5, 3)]
    nested = torch.nested.nested_tensor(parts, layout=layout)
    whole = torch.cat([part.reshape(-1) for part in parts])
    assert_equal(summarize(nested), summarize(whole))


def test_an_expanded_tensor_is_not_written_out() -> None:
    tensor = torch.tensor([[1.5], [-2.0], [0.0]]).expand(3, 10**12)
    summary = summarize(tensor)
    assert (summary.count, summary.zero) == (3 * 10**12, 10**12)
    assert summary.total == -0.5 * 10**12
    assert real_values(tensor).flat.numel() == 3


def test_views_scalars_and_nothing() -> None:
    base = torch.randn(6, 8)
    for view in (base.t(), base[1:, ::3], base[2, 3], base[:0], base.flip(0)):
        assert_equal(summarize(view), TensorSummary.of(view.numpy()))


def test_reading_changes_nothing() -> None:
    values = torch.tensor([1.0, -2.0, 0.0], requires_grad=True)
    summarize(values, sample=2)
    assert values.tolist() == [1.0, -2.0, 0.0]
    assert values._version == 0


def fake() -> torch.Tensor:
    with FakeTensorMode():
        return torch.ones(3)


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.ones(2, dtype=torch.complex64), "has no single order of values"),
        (torch.ones(2, device="meta"), "it has no values"),
        (fake(), "it has no values"),
        (nn.LazyLinear(3).weight, "it is not initialised yet"),
        (torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2), "torch cannot read"),
        (torch.zeros(2, dtype=torch.uint8).view(torch.uint4), "torch cannot read"),
    ],
)
def test_what_has_no_real_values_says_why(tensor: torch.Tensor, reason: str) -> None:
    with pytest.raises(NotSummarizable, match=reason):
        summarize(tensor)
