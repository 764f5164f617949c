"""What cuts an edge is said, what cannot be traced is refused by name, and what fails is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from tests.zoo.cases import Case, Runs, Snapshot, check, check_invariants, edges_of
from torch import nn

import torchatlas as ta


def test_a_numpy_round_trip_that_cuts_the_only_edge() -> None:
    def forward(self: Any, x: Any) -> Any:
        return torch.from_numpy(np.sqrt(x.detach().numpy())) + 1

    edges = {("input:x", "/detach:0"), ("/add:0", "output:0")}
    graph = check(
        Case(Runs(forward), torch.ones(2), edges=edges, only=False, unlinked=("output:0",))
    )
    assert graph.capture.unlinked[0].startswith(
        "output:0: no path of tensors leads to it from an input"
    )
    assert "/numpy:0" in graph.capture.unlinked[0]
    assert graph.capture.host_reads == ("/numpy:0",)


def test_a_numpy_round_trip_beside_other_edges_is_noted() -> None:
    def forward(self: Any, x: Any) -> Any:
        weights = torch.tensor(np.asarray(x.detach()) / 2)
        return x * weights

    graph = check(
        Case(
            Runs(forward),
            torch.ones(2),
            edges={("input:x", "/detach:0"), ("input:x", "/mul:0"), ("/mul:0", "output:0")},
            only=False,
        )
    )
    assert graph.capture.status == "complete"
    assert len(graph.capture.host_reads) == 1


@pytest.mark.parametrize(
    ("read", "node_id"),
    [
        (lambda x: x.sum().item(), "/item:0"),
        (lambda x: x.tolist()[0], "/tolist:0"),
        (lambda x: float(x.sum()), "/float:0"),
        (lambda x: int(x.sum()), "/int:0"),
        (lambda x: 1 if x.sum() else 2, "/bool:0"),
        (lambda x: x.numpy()[0], "/numpy:0"),
        (lambda x: [5, 6, 7][x.sum().long() - 2], "/index:0"),
    ],
)
def test_every_way_to_read_a_value_is_noted(read: Any, node_id: str) -> None:
    model = Runs(lambda self, x: x * read(x))
    edges = {("input:x", "/mul:0"), ("/mul:0", "output:0")}
    graph = check(Case(model, torch.ones(2), edges=edges, only=False))
    assert graph.capture.host_reads == (node_id,)
    assert graph.nodes[node_id].inputs[0].shape in ((), (2,))


def test_a_change_of_type_reads_nothing() -> None:
    model = Runs(lambda self, x: x.float().int().bool())
    edges = {
        ("input:x", "/float:0"),
        ("/float:0", "/int:0"),
        ("/int:0", "/bool:0"),
        ("/bool:0", "output:0"),
    }
    assert check(Case(model, torch.ones(2).long(), edges=edges)).capture.host_reads == ()


def test_an_output_that_hangs_on_nothing() -> None:
    model = Runs(lambda self, x: (x + 1, torch.ones(3) * 2))
    edges = {("input:x", "/add:0"), ("/add:0", "output:0"), ("/ones:0", "/mul:0")}
    check(Case(model, torch.ones(3), edges=edges, only=False, unlinked=("output:1",)))


def test_a_lazy_model_is_refused_by_the_name_of_its_layer() -> None:
    model = nn.Sequential(nn.ReLU(), nn.LazyLinear(2))
    with pytest.raises(ta.CaptureError, match=r"1\.weight has no shape yet \(a lazy module\)"):
        ta.trace(model, torch.ones(1, 2))
    model(torch.ones(1, 3))
    edges = {("input:input", "0/relu:0"), ("0/relu:0", "1/linear:0"), ("1/linear:0", "output:0")}
    check(Case(model, torch.ones(1, 3), edges=edges))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Linear, "the model is a type, not a torch.nn.Module"),
        (lambda x: x, "the model is a function, not a torch.nn.Module"),
        ({"weight": torch.ones(1)}, "the model is a dict, not a torch.nn.Module"),
    ],
)
def test_what_is_no_model_is_refused(model: Any, words: str) -> None:
    with pytest.raises(ta.CaptureError, match=words):
        ta.trace(model, torch.ones(1))


def test_arguments_of_the_wrong_kind_are_refused() -> None:
    words = "kwargs is a list; keyword arguments are a dict of name and value"
    with pytest.raises(ta.CaptureError, match=words):
        ta.trace(nn.ReLU(), torch.ones(1), [torch.ones(1)])  # type: ignore[arg-type]


class OnlyOne:
    def __init__(self) -> None:
        self.value = torch.ones(2)

    def __copy__(self) -> Any:
        raise RuntimeError("there is only one of me")

    __deepcopy__ = None


def test_an_input_that_cannot_be_copied_is_named_where_a_copy_is_needed() -> None:
    model = Runs(lambda self, x: x.value * 2)
    edges = {("input:x.value", "/mul:0"), ("/mul:0", "output:0")}
    check(Case(model, (OnlyOne(),), edges=edges))
    words = "cannot copy the tensors inside a OnlyOne; trace with mode='real'"
    with pytest.raises(ta.CaptureError, match=words):
        ta.trace(model, (OnlyOne(),), mode="fake")


def test_what_other_threads_compute_is_said_to_be_missing() -> None:
    """torch's modes are of one thread: what another one makes comes from nowhere."""

    def forward(self: Any, x: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(torch.exp, x).result() + 1

    edges = {("/constant:0", "/add:0"), ("/add:0", "output:0")}
    case = Case(Runs(forward), torch.ones(2), edges=edges, unlinked=("output:0",), verify=False)
    graph = check(case)
    assert "output:0: no path of tensors leads to it" in graph.capture.unlinked[0]


@pytest.mark.parametrize("training", [True, False])
def test_a_failing_model_is_left_as_it_was(training: bool) -> None:
    def forward(self: Any, x: Any) -> Any:
        self.norm(x)
        self.counter += 1
        torch.rand(1)
        return self.second(self.first(x))

    model = Runs(forward, norm=nn.BatchNorm1d(4), first=nn.Linear(4, 3), second=nn.Linear(5, 2))
    model.register_buffer("counter", torch.zeros(()))
    model.train(training)
    x = torch.randn(2, 4)
    before = Snapshot(model, x)
    traced = ta.trace(model, x)
    before.assert_same(Snapshot(model, x))
    assert isinstance(traced.error, RuntimeError)
    assert traced.graph.capture.status == "partial"
    assert traced.graph.capture.failed_node == "second/linear:0"
    assert {("input:x", "first/linear:0"), ("first/linear:0", "second/linear:0")} <= edges_of(
        traced.graph
    )
    check_invariants(traced.graph)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_passes_and_leaves_the_model_as_it_was(stop: type[BaseException]) -> None:
    def forward(self: Any, x: Any) -> Any:
        self.norm(x)
        raise stop

    model = Runs(forward, norm=nn.BatchNorm1d(4)).train()
    x = torch.randn(2, 4)
    before = Snapshot(model)
    with pytest.raises(stop):
        ta.trace(model, x)
    before.assert_same(Snapshot(model))


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "missing 1 required positional argument: 'x'"),
        ((torch.ones(1), torch.ones(1)), {}, "takes 2 positional arguments but 3 were given"),
        ((torch.ones(1),), {"mask": None}, "unexpected keyword argument 'mask'"),
    ],
)
def test_wrong_arguments_are_told_in_python_s_words(args: Any, kwargs: Any, words: str) -> None:
    traced = ta.trace(Runs(lambda self, x: x), args, kwargs)
    assert isinstance(traced.error, TypeError)
    assert words in (traced.graph.capture.error or "")
    assert traced.graph.capture.failed_node == "."


def test_in_fake_mode_a_branch_on_data_falls_back_to_real_or_says_what_it_needs() -> None:
    model = Runs(lambda self, x: x * 2 if x.sum() > 0 else x - 3)
    traced = ta.trace(model, torch.ones(2), mode="fake")
    assert ("input:x", "/mul:0") in edges_of(traced.graph)
    assert traced.graph.capture.status == "complete"
    assert any("real" in note for note in traced.graph.capture.notes)
