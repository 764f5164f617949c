"""Tensors that are not plain: nested, sparse, complex, quantised, and subclasses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn
from torch.utils import _pytree as pytree

BETA = "ignore:(Sparse CSR tensor support|The PyTorch API of nested tensors):UserWarning"
pytestmark = pytest.mark.filterwarnings(BETA)
case = Collection()


@case
def jagged_nested_tensors() -> Case:
    def forward(self: Any, a: Any, b: Any) -> Any:
        both = torch.nested.nested_tensor_from_jagged(torch.cat([a, b]), torch.tensor([0, 2, 5]))
        return self.inner(both).values()

    model, inputs = Runs(forward, inner=nn.Linear(4, 4)), (torch.randn(2, 4), torch.randn(3, 4))
    model(*inputs)  # torch keeps what the first nested tensor of a process makes
    return Case(
        model,
        inputs,
        edges={
            ("input:a", "/cat:0"),
            ("input:b", "/cat:0"),
            ("/cat:0", "/_nested_view_from_jagged:0"),
            ("/_nested_view_from_jagged:0", "inner/linear:0"),
            ("inner/linear:0", "/_nested_get_values:0"),
            ("/_nested_get_values:0", "output:0"),
        },
        only=False,
    )


@case
def strided_nested_tensors() -> Case:
    def forward(self: Any, a: Any, b: Any) -> Any:
        both = torch.nested.as_nested_tensor([a, b * 2])
        return torch.nested.to_padded_tensor(self.inner(both), 0.0)

    return Case(
        Runs(forward, inner=nn.Linear(4, 4)),
        (torch.randn(2, 4), torch.randn(3, 4)),
        edges={
            ("input:b", "/mul:0"),
            ("input:a", "/_nested_tensor_from_tensor_list:0"),
            ("/mul:0", "/_nested_tensor_from_tensor_list:0"),
            ("/_nested_tensor_from_tensor_list:0", "inner/linear:0"),
            ("inner/linear:0", "/nested_to_padded_tensor:0"),
            ("/nested_to_padded_tensor:0", "output:0"),
        },
    )


@case
def a_nested_tensor_as_input_and_output() -> Case:
    jagged = torch.nested.nested_tensor([torch.ones(2, 4), torch.ones(3, 4)], layout=torch.jagged)
    model = Runs(lambda self, x: x * 2)
    return Case(model, (jagged,), edges={("input:x", "/mul:0"), ("/mul:0", "output:0")})


@case
def sparse_coordinates() -> Case:
    model = Runs(lambda self, x: torch.sparse.mm(x.to_sparse(), x.t()).relu())
    return Case(
        model,
        torch.eye(4),
        edges={
            ("input:x", "/to_sparse:0"),
            ("/to_sparse:0", "/_sparse_mm:0"),
            ("input:x", "/t:0"),
            ("/t:0", "/_sparse_mm:0"),
            ("/_sparse_mm:0", "/relu:0"),
            ("/relu:0", "output:0"),
        },
    )


@case
def sparse_rows() -> Case:
    def forward(self: Any, x: Any) -> Any:
        return x.to_sparse_csr() @ self.weight

    return Case(
        Runs(forward, weight=nn.Parameter(torch.ones(4, 2))),
        torch.eye(4),
        edges={
            ("input:x", "/to_sparse_csr:0"),
            ("/to_sparse_csr:0", "/matmul:0"),
            ("weight", "/matmul:0"),
            ("/matmul:0", "output:0"),
        },
    )


@case
def a_sparse_adjacency_built_from_its_parts() -> Case:
    def forward(self: Any, edge_index: Any, weight: Any, x: Any) -> Any:
        adjacency = torch.sparse_coo_tensor(edge_index, weight, (3, 3), check_invariants=False)
        return (adjacency.coalesce() @ x).sum(1)

    return Case(
        Runs(forward),
        (torch.tensor([[0, 1], [1, 2]]), torch.ones(2), torch.ones(3, 2)),
        edges={
            ("input:edge_index", "/sparse_coo_tensor:0"),
            ("input:weight", "/sparse_coo_tensor:0"),
            ("/sparse_coo_tensor:0", "/coalesce:0"),
            ("/coalesce:0", "/matmul:0"),
            ("input:x", "/matmul:0"),
            ("/matmul:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
    )


@case
def a_sparse_embedding() -> Case:
    model = nn.EmbeddingBag(5, 2, mode="sum", sparse=True)
    edges = {("input:input", "/embedding_bag:0"), ("/embedding_bag:0", "output:0")}
    return Case(model, (torch.tensor([[0, 1]]),), edges=edges, only=False)


@case
def complex_numbers_and_fft() -> Case:
    def forward(self: Any, x: Any) -> Any:
        spectrum = torch.fft.rfft(x) * 2j
        spectrum.real.zero_()
        return torch.fft.irfft(torch.complex(spectrum.real, spectrum.imag)), spectrum.abs()

    return Case(
        Runs(forward),
        torch.randn(2, 4),
        edges={
            ("input:x", "/fft_rfft:0"),
            ("/fft_rfft:0", "/mul:0"),
            ("/mul:0", "/real:0"),
            ("/real:0", "/zero_:0"),
            ("/zero_:0", "/real:1"),
            ("/zero_:0", "/imag:0"),
            ("/real:1", "/complex:0"),
            ("/imag:0", "/complex:0"),
            ("/complex:0", "/fft_irfft:0"),
            ("/fft_irfft:0", "output:0"),
            ("/zero_:0", "/abs:0"),
            ("/abs:0", "output:1"),
        },
    )


@case
def complex_as_pairs_of_real_numbers() -> Case:
    def forward(self: Any, x: Any) -> Any:
        turned = torch.view_as_complex(x) * torch.polar(torch.ones(2), torch.ones(2))
        return torch.view_as_real(turned).flatten(-2)

    return Case(
        Runs(forward),
        torch.randn(2, 2),
        edges={
            ("input:x", "/view_as_complex:0"),
            ("/view_as_complex:0", "/mul:0"),
            ("/polar:0", "/mul:0"),
            ("/mul:0", "/view_as_real:0"),
            ("/view_as_real:0", "/flatten:0"),
            ("/flatten:0", "output:0"),
        },
        only=False,
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_quantised_tensors() -> None:
    def forward(self: Any, x: Any) -> Any:
        quantised = torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)
        return quantised.dequantize() + 1

    edges = {
        ("input:x", "/quantize_per_tensor:0"),
        ("/quantize_per_tensor:0", "/dequantize:0"),
        ("/dequantize:0", "/add:0"),
        ("/add:0", "output:0"),
    }
    check(Case(Runs(forward), torch.ones(2), edges=edges))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_dynamically_quantised_layers() -> None:
    if "onednn" not in torch.backends.quantized.supported_engines:
        pytest.skip("this build of torch has no engine for quantised layers")
    inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    model = torch.ao.quantization.quantize_dynamic(inner, {nn.Linear}, dtype=torch.qint8)
    edges = {
        ("input:input", "0/linear_dynamic:0"),
        ("0/linear_dynamic:0", "1/relu:0"),
        ("1/relu:0", "2/linear_dynamic:0"),
        ("2/linear_dynamic:0", "output:0"),
    }
    check(Case(model, (torch.randn(2, 4),), edges=edges))


class Tagged(torch.Tensor):
    """A subclass that only has a name, as fastai's and MONAI's have."""


class Logged(torch.Tensor):
    seen: list[str] = []  # noqa: RUF012

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        cls.seen.append(getattr(func, "__name__", "?"))
        return super().__torch_function__(func, types, args, kwargs)


@case
def a_subclass_by_name() -> Case:
    model = Runs(lambda self, x: (self.inner(x) + 1).relu(), inner=nn.Linear(2, 2))
    return Case(
        model,
        (torch.ones(1, 2).as_subclass(Tagged),),
        edges={
            ("input:x", "inner/linear:0"),
            ("inner/linear:0", "/add:0"),
            ("/add:0", "/relu:0"),
            ("/relu:0", "output:0"),
        },
    )


@case
def a_subclass_with_a_torch_function() -> Case:
    model = Runs(lambda self, x: (x * 2).sum())
    edges = {("input:x", "/mul:0"), ("/mul:0", "/sum:0"), ("/sum:0", "output:0")}
    return Case(model, (torch.ones(2).as_subclass(Logged),), edges=edges)


class Wrapped(torch.Tensor):
    """Holds another tensor and computes with that."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Wrapped:
        made = torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        plain = pytree.tree_map_only(Wrapped, lambda t: t.inner, (args, kwargs or {}))
        out = func(*plain[0], **plain[1])
        return pytree.tree_map_only(torch.Tensor, Wrapped, out)

    def to_local(self) -> torch.Tensor:
        return self.inner


@case
def a_wrapper_subclass_with_a_torch_dispatch() -> Case:
    model = Runs(lambda self, x: (x * 2).sum())
    edges = {("input:x", "/mul:0"), ("/mul:0", "/sum:0"), ("/sum:0", "output:0")}
    return Case(model, (Wrapped(torch.ones(2)),), edges=edges)


@case
def a_wrapper_made_inside_forward() -> Case:
    def forward(self: Any, x: Any) -> Any:
        return (Wrapped(x + 1) * 2).inner.sum()

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/add:0"),
            ("/add:0", "/mul:0"),
            ("/mul:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
