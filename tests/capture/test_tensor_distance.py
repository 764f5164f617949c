"""How far two tensors are apart, beside the plain formulas in fp64."""

from __future__ import annotations

import math

import pytest
import torch

from torchatlas.capture.checkpoint import CannotRead
from torchatlas.capture.tensor_distance import tensor_distance


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_the_formulas(dtype: torch.dtype) -> None:
    before = torch.randn(300, 700).to(dtype)
    after = (before.float() + 0.01 * torch.randn(300, 700)).to(dtype)
    after[0] = before[0]
    x, y = before.double().flatten(), after.double().flatten()
    found = tensor_distance(before, after)
    assert found.difference_norm == pytest.approx(float((y - x).norm()))
    assert found.relative == pytest.approx(float((y - x).norm() / x.norm()))
    assert found.cosine == pytest.approx(float(torch.cosine_similarity(x, y, dim=0)))
    assert found.largest == float((y - x).abs().max())
    assert found.changed == int((x != y).sum())


def test_equal_tensors_are_the_same_also_where_they_are_nan() -> None:
    tensor = torch.tensor([1.0, math.nan, math.inf, -2.0])
    found = tensor_distance(tensor, tensor.clone())
    assert (found.changed, found.nonfinite, found.difference_norm) == (0, 2, 0.0)
    assert found.cosine == pytest.approx(1.0)
    assert tensor_distance(tensor[1:3], tensor[1:3]).largest is None


def test_opposite_orthogonal_and_zero() -> None:
    one, other = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0])
    assert tensor_distance(one, -one).cosine == -1.0
    assert tensor_distance(one, other).cosine == 0.0
    zero = tensor_distance(torch.zeros(2), one)
    assert (zero.cosine, zero.relative) == (None, math.inf)
    assert tensor_distance(torch.zeros(2), torch.zeros(2)).relative == 0.0


def test_whole_numbers_beyond_fp64_complex_bool_fp8_empty_and_0d() -> None:
    large = torch.tensor([2**60, 5])
    assert tensor_distance(large, large + torch.tensor([1, 0])).changed == 1
    assert tensor_distance(torch.tensor([1j]), torch.tensor([2j])).difference_norm == 1.0
    assert tensor_distance(torch.tensor([True]), torch.tensor([False])).changed == 1
    eight = torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn)
    assert tensor_distance(eight, eight.float() * 2).difference_norm == pytest.approx(math.sqrt(5))
    assert tensor_distance(torch.empty(0), torch.empty(0)).changed == 0
    assert tensor_distance(torch.tensor(3.0), torch.tensor(4.0)).difference_norm == 1.0


def test_a_complex_value_counts_once() -> None:
    before = torch.tensor([1 + 1j, 2j, 3 + 0j, complex(1, math.nan), complex(math.inf, math.nan)])
    after = torch.tensor([2 + 2j, 3j, 3 + 0j, complex(1, math.nan), complex(1, 2)])
    found = tensor_distance(before, after)
    assert (found.changed, found.nonfinite) == (3, 2)
    assert tensor_distance(before[:3], after[:3]).changed == 2
    assert tensor_distance(torch.tensor([1.0, 2.0]), torch.tensor([1 + 0j, 2 + 1j])).changed == 1
    large = torch.ones(100_000, dtype=torch.complex64)
    assert tensor_distance(large, large + 1 + 1j).changed == 100_000


@pytest.mark.filterwarnings("ignore:.*quantiz")
def test_quantised_values_are_compared_and_sparse_ones_are_not() -> None:
    one = torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 0, torch.qint8)
    assert tensor_distance(one, torch.tensor([1.0, 3.0])).difference_norm == 1.0
    with pytest.raises(CannotRead, match="are not compared"):
        tensor_distance(torch.eye(2).to_sparse(), torch.eye(2))
    with pytest.raises(ValueError, match="are not one"):
        tensor_distance(torch.ones(2), torch.ones(3))
