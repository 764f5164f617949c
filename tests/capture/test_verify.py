"""The recorded ops alone give the outputs, and a graph that lacks something is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from torchatlas.capture.builder import Draft, GraphBuilder
from torchatlas.capture.trace import trace


class Function(nn.Module):
    """Runs a function as its forward."""

    def __init__(self, forward: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, *args: Any) -> Any:
        return self._forward(self, *args)


def writes_through_a_view(_: Any, x: torch.Tensor) -> torch.Tensor:
    h = x + 1
    h[:, 2:4].mul_(3)
    return h.sum(1)


def writes_to_its_input(_: Any, x: torch.Tensor) -> torch.Tensor:
    x.mul_(2)
    return x + 1


def writes_to_its_weight(self: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        self.weight.mul_(2)
    return x * self.weight


def complex_views(_: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    spectrum = torch.fft.rfft(x).conj()
    return spectrum * 2, torch.view_as_real(torch.fft.fft(x)).sum(-1)


def own_generator(_: Any, x: torch.Tensor) -> torch.Tensor:
    return x + torch.rand(x.shape, generator=torch.Generator().manual_seed(3))


def sparse(_: Any, x: torch.Tensor) -> torch.Tensor:
    return torch.sparse.mm(x.to_sparse(), x.t())


def gradient_within_forward(self: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        u = (x @ self.weight).tanh().square().sum()
        (gradient,) = torch.autograd.grad(u, x, create_graph=True)
    return u, gradient * 2


def vmapped(self: Any, x: torch.Tensor) -> torch.Tensor:
    return torch.func.vmap(lambda row: row @ self.weight)(x)


def gradient(_: Any, x: torch.Tensor) -> torch.Tensor:
    return torch.func.grad(lambda row: (row**2).sum())(x)


X = torch.linspace(-1, 1, 12).reshape(2, 6)
CASES: dict[str, tuple[nn.Module, torch.Tensor]] = {
    "a view": (Function(writes_through_a_view), X),
    "its input": (Function(writes_to_its_input), X.clone()),
    "its weight": (Function(writes_to_its_weight, weight=nn.Parameter(torch.ones(6))), X),
    "complex": (Function(complex_views), X),
    "own generator": (Function(own_generator), X),
    "sparse": (Function(sparse), torch.eye(4)),
    "vmap": (Function(vmapped, weight=nn.Parameter(torch.ones(6, 3))), X),
    "grad": (Function(gradient), X),
    "gradient within forward": (
        Function(gradient_within_forward, weight=nn.Parameter(torch.ones(6, 3))),
        X,
    ),
    "dropout": (nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 4), nn.Dropout(0.5)), X),
    "batch norm in training": (nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 4)), X),
    "lstm": (nn.LSTM(6, 8, 2, bidirectional=True, dropout=0.3), X),
    "pass-through": (nn.Identity(), X),
}


@pytest.mark.parametrize("level", ["user", "executed"])
@pytest.mark.parametrize("name", CASES)
def test_the_recorded_ops_give_the_outputs_bit_for_bit(name: str, level: Any) -> None:
    model, x = CASES[name]
    before = [x.clone(), *(weight.clone() for weight in model.state_dict().values())]
    verification = trace(model, x, level=level).verify()
    assert verification.ok, verification.reason
    assert verification.max_abs_diff == 0.0
    assert verification.reason.endswith("agree bit for bit")
    assert verification.constants == 0
    after = [x, *model.state_dict().values()]
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))


def test_an_edge_that_is_missing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = GraphBuilder.connect

    def forgetful(self: GraphBuilder, draft: Draft, sources: Any) -> None:
        connect(self, draft, [] if draft.type == "sum" else sources)

    monkeypatch.setattr(GraphBuilder, "connect", forgetful)
    verification = trace(Function(writes_through_a_view), X).verify()
    assert not verification.ok
    assert verification.reason.startswith("/sum:0 uses a tensor whose maker no edge leads to")


def test_a_write_that_no_edge_tells_of_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchatlas.capture.makers.Makers.wrote", lambda *_: None)
    verification = trace(Function(writes_through_a_view), X).verify()
    assert not verification.ok
    assert verification.max_abs_diff is not None
    assert verification.max_abs_diff > 1
    assert verification.reason.startswith("1 of 1 outputs differ, by up to ")


def residual(_: Any, x: torch.Tensor) -> torch.Tensor:
    h = x + 1
    return h.exp() + h


def change_edges(patch: pytest.MonkeyPatch, change: Callable[[Draft, list[Any]], Any]) -> None:
    connect = GraphBuilder.connect

    def changed(self: GraphBuilder, draft: Draft, sources: list[Any]) -> None:
        connect(self, draft, change(draft, sources))

    patch.setattr(GraphBuilder, "connect", changed)


def test_an_edge_that_is_missing_beside_another_way_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_the_skip(draft: Draft, sources: list[Any]) -> list[Any]:
        return [s for s in sources if (s[0], draft.id) != ("/add:0", "/add:1")]

    change_edges(monkeypatch, without_the_skip)
    verification = trace(Function(residual), X).verify()
    assert not verification.ok
    assert verification.max_abs_diff == 0.0, "the ops are all there"
    assert "/add:1 reads what /add:0 left, and no edge says so" in verification.reason


def test_an_edge_too_many_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_one_more(draft: Draft, sources: list[Any]) -> list[Any]:
        known = dict(sources)
        return [*sources, ("input:args.0", known["/add:0"])] if draft.id == "/exp:0" else sources

    change_edges(monkeypatch, with_one_more)
    verification = trace(Function(residual), X).verify()
    assert not verification.ok
    assert "/exp:0 is given nothing of input:args.0, and an edge says so" in verification.reason


def test_an_output_that_hangs_on_the_wrong_op_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_the_sum(draft: Draft, sources: list[Any]) -> list[Any]:
        return [("/add:0", sources[0][1])] if draft.id == "output:0" else sources

    change_edges(monkeypatch, of_the_sum)
    both = Function(lambda _, x: (e := (x + 1).exp(), e.sum()))
    verification = trace(both, X).verify()
    assert not verification.ok
    assert "output:0 reads what /exp:0 left, and no edge says so" in verification.reason


def test_a_tensor_that_no_op_made_is_counted() -> None:
    model = Function(lambda _, x: torch.from_numpy(x.numpy() * 2) + x)
    verification = trace(model, X).verify()
    assert verification.ok
    assert verification.constants == 1


def test_a_model_that_changes_at_each_call_is_not_said_to_be_verified() -> None:
    calls = []

    def forward(_: Any, x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return x.sin() if len(calls) > 1 else x.cos()

    verification = trace(Function(forward), X).verify()
    assert not verification.ok
    assert "took another path" in verification.reason


def test_random_control_flow_takes_the_same_path_again() -> None:
    model = Function(lambda _, x: x.sin() if torch.rand(1).item() > 0.5 else x.cos())
    for seed in range(4):
        torch.manual_seed(seed)
        traced = trace(model, X)
        torch.manual_seed(seed + 100)
        assert traced.verify().ok


def test_a_generator_given_as_input_is_run_through_again() -> None:
    model = Function(lambda _, rows: torch.stack([row * 2 for row in rows]).sum())
    traced = trace(model, ((torch.ones(2) for _ in range(3)),))
    assert traced.error is None
    assert traced.verify().ok


def test_a_container_that_forward_empties_is_the_users_own_again() -> None:
    given = {"x": X, "label": torch.ones(1)}
    model = Function(lambda _, batch: batch.pop("x") * 2 + batch.pop("label"))
    traced = trace(model, (given,))
    assert set(given) == {"x", "label"}
    assert traced.verify().ok


@pytest.mark.parametrize(
    ("model", "mode", "reason"),
    [
        (nn.Linear(6, 2), "fake", "fake tensors, which have no values; trace with mode='real'"),
        (nn.Linear(5, 2), "real", "forward raised: RuntimeError: addmm: mat1 and mat2 shapes"),
        (Function(lambda _, x: None), "real", "the model returned no tensors"),
    ],
)
def test_why_there_is_nothing_to_verify(model: nn.Module, mode: Any, reason: str) -> None:
    verification = trace(model, X, mode=mode).verify()
    assert not verification.ok
    assert verification.compared == 0
    assert verification.max_abs_diff is None
    assert reason in verification.reason
