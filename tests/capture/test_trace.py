"""The graph is complete and true: every edge is a tensor that really flowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from torchatlas.capture.trace import trace
from torchatlas.errors import CaptureError
from torchatlas.run import ROOT, Graph


def edges_of(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.act(self.norm(self.conv(x)))
        out += x
        return self.act(out)


def test_a_residual_block_has_exactly_its_nodes_and_edges() -> None:
    graph = trace(Residual().eval(), torch.randn(2, 3, 8, 8)).graph
    assert list(graph.nodes) == [
        "input:x",
        ".",
        "conv",
        "conv/conv2d:0",
        "norm",
        "norm/batch_norm:0",
        "act",
        "act/relu:0",
        "/add_:0",
        "act#1",
        "act#1/relu:0",
        "output:0",
    ]
    assert edges_of(graph) == {
        ("input:x", "conv/conv2d:0"),
        ("conv/conv2d:0", "norm/batch_norm:0"),
        ("norm/batch_norm:0", "act/relu:0"),
        ("act/relu:0", "/add_:0"),
        ("input:x", "/add_:0"),
        ("/add_:0", "act#1/relu:0"),
        ("act#1/relu:0", "output:0"),
    }
    assert graph.capture.status == "complete"
    assert graph.capture.unlinked == ()


def test_a_node_knows_shapes_settings_parameters_flops_and_source() -> None:
    node = trace(Residual().eval(), torch.randn(2, 3, 8, 8)).graph.nodes["conv"]
    assert (node.kind, node.type, node.parent, node.atomic) == ("module", "Conv2d", ROOT, True)
    assert node.outputs[0].shape == (2, 3, 8, 8)
    assert node.outputs[0].size_bytes == 2 * 3 * 8 * 8 * 4
    assert node.parameters == ("conv.weight",)
    assert node.attributes["kernel_size"] == "3×3"
    assert node.flops == 2 * (2 * 3 * 8 * 8) * 3 * 3 * 3
    assert node.source is not None
    assert node.source.file == __file__
    assert node.source.text == "out = self.act(self.norm(self.conv(x)))"


def test_flops_of_a_group_are_the_sum_and_elementwise_ops_are_not_counted_as_zero() -> None:
    graph = trace(Residual().eval(), torch.randn(2, 3, 8, 8)).graph
    assert graph.nodes[ROOT].flops == graph.nodes["conv"].flops
    assert graph.nodes["/add_:0"].flops is None


def test_a_write_through_a_view_keeps_its_edge() -> None:
    class Writes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = x + 1
            part = h[:, 2:4]
            part.mul_(3)
            return h.sum()

    graph = trace(Writes(), torch.randn(2, 6)).graph
    assert ("/mul_:0", "/sum:0") in edges_of(graph)


def test_setitem_and_out_arguments_are_writes() -> None:
    class Writes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = torch.zeros(2, 4)
            h[:, 0] = x[:, 0]
            total = torch.empty(2, 4)
            torch.add(h, x, out=total)
            return total * 2

    found = edges_of(trace(Writes(), torch.randn(2, 4)).graph)
    assert ("/setitem:0", "/add:0") in found
    assert ("/add:0", "/mul:0") in found


@dataclass
class Pair:
    left: torch.Tensor
    right: torch.Tensor


class Named(NamedTuple):
    total: torch.Tensor
    parts: list[torch.Tensor]


class Nested(nn.Module):
    def forward(self, pair: Pair, scale: float, extra: dict[str, Any], note: str = "") -> Named:
        assert note == "hello"
        total = pair.left * scale + pair.right
        return Named(total, [extra["deep"]["x"] - 1, total])


def test_nested_inputs_and_outputs_are_linked_by_name() -> None:
    pair = Pair(torch.ones(2), torch.ones(2))
    extra = {"deep": {"x": torch.ones(3)}, "none": None}
    graph = trace(Nested(), (pair, 2.0), {"extra": extra, "note": "hello"}).graph
    found = edges_of(graph)
    assert ("input:pair.left", "/mul:0") in found
    assert ("input:pair.right", "/add:0") in found
    assert ("input:extra.deep.x", "/sub:0") in found
    assert ("/add:0", "output:total") in found
    assert ("/sub:0", "output:parts.0") in found
    assert ("/add:0", "output:parts.1") in found
    assert graph.nodes["/mul:0"].attributes["other"] == 2.0


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.embed = nn.Embedding(10, 4)
        self.scale = nn.Parameter(torch.ones(4))
        self.register_buffer("offset", torch.zeros(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.layer(self.layer(self.embed(x))) * self.scale + self.offset
        return F.linear(h, self.embed.weight)


def test_calls_of_a_shared_module_are_told_apart_and_loose_weights_are_nodes() -> None:
    graph = trace(Shared(), torch.arange(3)).graph
    found = edges_of(graph)
    assert ("layer/linear:0", "layer#1/linear:0") in found
    assert ("scale", "/mul:0") in found
    assert ("offset", "/add:0") in found
    assert ("embed.weight", "/linear:0") in found
    assert graph.nodes["scale"].kind == "parameter"
    assert graph.nodes["offset"].kind == "buffer"
    assert graph.nodes["embed.weight"].parent == "embed"


def test_modules_in_a_plain_list_are_named_by_where_they_are_kept() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.__dict__["blocks"] = [nn.Linear(4, 4), nn.Linear(4, 4)]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for block in self.blocks:
                x = block(x)
            return x

    graph = trace(Hidden(), torch.ones(1, 4)).graph
    assert ("blocks[0]/linear:0", "blocks[1]/linear:0") in edges_of(graph)


def test_identity_and_pass_through_keep_the_path() -> None:
    model = nn.Sequential(nn.Identity(), nn.Dropout(0.5), nn.Linear(3, 3)).eval()
    graph = trace(model, torch.ones(1, 3)).graph
    assert graph.capture.status == "complete"
    assert ("0/identity:0", "1/dropout:0") in edges_of(graph)
    alone = trace(nn.Identity(), torch.ones(1)).graph
    assert edges_of(alone) == {("input:input", "/identity:0"), ("/identity:0", "output:0")}


def sine_plus_one(x: torch.Tensor) -> torch.Tensor:
    return x.sin() + 1


def test_ops_without_a_user_level_call_become_nodes() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        scripted = torch.jit.script(sine_plus_one)

    class Uses(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return scripted(x) * 2

    graph = trace(Uses(), torch.ones(3)).graph
    assert graph.capture.status == "complete"
    assert ("/aten.sin:0", "/aten.add:0") in edges_of(graph)


def test_an_output_that_no_input_reaches_is_said() -> None:
    class Detached(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x + 1, torch.ones(3) * 2

    capture = trace(Detached(), torch.ones(3)).graph.capture
    assert capture.status == "partial"
    assert capture.unlinked == ("output:1: no path of tensors leads to it from an input",)


def test_values_read_on_the_host_and_unused_parameters_are_noted() -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.spare = nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * x.sum().item()

    graph = trace(Reads(), torch.ones(3)).graph
    assert graph.capture.host_reads == ("/item:0",)
    assert ("/sum:0", "/item:0") in edges_of(graph)
    assert graph.capture.unreached_parameters == ("spare.weight", "spare.bias")


def test_when_forward_raises_the_graph_so_far_and_the_exception_are_kept() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(5, 2))
    traced = trace(model, torch.ones(1, 4))
    assert traced.graph.capture.status == "partial"
    assert traced.graph.capture.failed_node == "2/linear:0"
    assert isinstance(traced.error, RuntimeError)
    assert "shapes cannot be multiplied" in (traced.graph.capture.error or "")
    assert ("1/relu:0", "2/linear:0") in edges_of(traced.graph)


def test_an_error_between_ops_marks_the_module_that_raised() -> None:
    class Picky(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError(f"not on Sundays, got {x.dim()} dimensions")

    traced = trace(nn.Sequential(nn.ReLU(), Picky()), torch.ones(1))
    assert traced.graph.capture.failed_node == "1"
    assert traced.graph.capture.error == "ValueError: not on Sundays, got 1 dimensions"


def test_fake_mode_needs_no_memory_and_meta_parameters_choose_it() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(100_000, 100_000), nn.ReLU())
    graph = trace(model, torch.empty(2, 100_000, device="meta")).graph
    assert graph.capture.status == "complete"
    assert graph.nodes["0"].outputs[0].shape == (2, 100_000)


@pytest.mark.parametrize("training", [True, False])
def test_the_same_model_traced_twice_gives_the_same_graph(training: bool) -> None:
    model = Residual().train(training)
    x = torch.randn(2, 3, 8, 8)
    first, second = trace(model, x).graph, trace(model, x).graph
    assert first.nodes == second.nodes
    assert first.edges == second.edges


def test_a_chain_of_1500_layers_needs_no_recursion() -> None:
    graph = trace(nn.Sequential(*(nn.ReLU() for _ in range(1500))), torch.ones(1)).graph
    assert len(graph.edges) == 1501


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((nn.Linear, torch.ones(1)), "the model is a type, not a torch.nn.Module"),
        (({"weight": torch.ones(1)}, torch.ones(1)), "the model is a dict"),
    ],
)
def test_what_is_no_model_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(CaptureError, match=message):
        trace(*arguments)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(CaptureError, match="mode is 'real', 'fake' or 'auto', not 'quick'"):
        trace(nn.ReLU(), torch.ones(1), mode="quick")  # type: ignore[arg-type]


def test_an_error_that_the_model_caught_itself_is_no_failure() -> None:
    class Careful(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            try:
                return x @ torch.ones(7, 7)
            except RuntimeError:
                return x.relu()

    capture = trace(Careful(), torch.ones(2, 3)).graph.capture
    assert (capture.status, capture.failed_node) == ("complete", None)
    later = trace(nn.Sequential(Careful(), nn.Linear(5, 2)), torch.ones(2, 3)).graph.capture
    assert later.failed_node == "1/linear:0"


class Force(nn.Module):
    """Takes a gradient in its forward, without asking for gradients to be on."""

    def __init__(self) -> None:
        super().__init__()
        self.energy = nn.Linear(3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.requires_grad_()
        return torch.autograd.grad(self.energy(x).sum(), x)[0]


def test_evaluation_needs_no_gradients_unless_forward_does() -> None:
    seen: list[bool] = []

    class Looks(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(torch.is_grad_enabled())
            return x + 1

    x = torch.randn(2, 3)
    trace(Looks().train(), x)
    trace(Looks().eval(), x)
    assert seen == [True, False]
    traced = trace(Force().eval(), x.clone())
    assert (traced.error, traced.graph.capture.status) == (None, "complete")
    assert traced.verify().ok


def test_writes_to_parts_that_lie_apart_are_told_apart() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv = nn.Linear(4, 12)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k, v = self.qkv(x).reshape(2, 3, 4).unbind(1)
            q.mul_(0.5)
            return q @ k.t() @ v

    traced = trace(Scaled().eval(), torch.randn(2, 4))
    found = edges_of(traced.graph)
    assert {("/unbind:0", "/t:0"), ("/unbind:0", "/matmul:1")} <= found
    assert ("/mul_:0", "/matmul:0") in found
    assert not {("/mul_:0", "/t:0"), ("/mul_:0", "/matmul:1")} & found
    assert traced.verify().ok


def test_a_forward_without_a_signature_is_traced() -> None:
    class Plain(nn.Module):
        forward = staticmethod(torch.relu)

    assert edges_of(trace(Plain(), torch.ones(2)).graph) == {
        ("input:0", "/relu:0"),
        ("/relu:0", "output:0"),
    }
