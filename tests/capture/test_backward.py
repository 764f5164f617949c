"""The autograd graph is complete, joined to the right ops, and says what memory it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import torchatlas as ta
from torchatlas.measure.saved_memory import held_bytes
from torchatlas.run import ROOT, Graph


def steps_of(graph: Graph) -> list[str]:
    return [node.id for node in graph.nodes.values() if node.kind == "backward"]


def edges_of(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


def goes_back_through(graph: Graph) -> dict[str, Any]:
    """The forward node of each step; ends at parameters have none."""
    nodes = (graph.nodes[step] for step in steps_of(graph))
    return {n.id: n.attributes.get("forward") for n in nodes if n.type != "AccumulateGrad"}


class Model(nn.Module):
    """A model made of one function, with modules of one's choice."""

    def __init__(self, function: Callable[..., Any], **modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.function(self, *inputs)


class Doubled(torch.autograd.Function):
    """Keeps a tensor in both ways that a Function can, and a setting."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        ctx.mask, ctx.factor = x > 0, 2.0
        return x * ctx.factor

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0] * ctx.factor


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


def test_a_linear_layer_has_exactly_its_steps_gradients_and_saved_tensors() -> None:
    graph = ta.trace(nn.Linear(4, 3), torch.randn(2, 4)).backward()
    assert list(graph.nodes) == [
        ".",
        "output:0",
        "/AddmmBackward0:0",
        "grad:bias",
        "/TBackward0:0",
        "grad:weight",
    ]
    assert [(edge.source, edge.target, edge.tensor.shape) for edge in graph.edges] == [
        ("output:0", "/AddmmBackward0:0", (2, 3)),
        ("/AddmmBackward0:0", "grad:bias", (3,)),
        ("/AddmmBackward0:0", "/TBackward0:0", (4, 3)),
        ("/TBackward0:0", "grad:weight", (3, 4)),
    ]
    assert [(s.step, s.name, s.kind, s.source, s.held_bytes) for s in graph.saved] == [
        ("/AddmmBackward0:0", "mat1", "input", "input:input", 0)
    ]
    end = graph.nodes["grad:weight"]
    assert (end.name, end.type, end.parameters) == ("weight", "AccumulateGrad", ("weight",))
    assert graph.capture.status == "complete"
    assert graph.capture.notes == ()


def test_steps_lie_in_the_module_calls_of_their_ops_in_the_order_in_which_they_run() -> None:
    trace = ta.trace(Residual(), torch.randn(2, 3, 8, 8))
    graph = trace.backward()
    assert steps_of(graph) == [
        "act#1/ReluBackward0:0",
        "/AddBackward0:0",
        "act/ReluBackward0:0",
        "norm/NativeBatchNormBackward0:0",
        "grad:norm.weight",
        "grad:norm.bias",
        "conv/ConvolutionBackward0:0",
        "grad:conv.weight",
    ]
    assert goes_back_through(graph) == {
        "act#1/ReluBackward0:0": "act#1/relu:0",
        "/AddBackward0:0": "/add_:0",
        "act/ReluBackward0:0": "act/relu:0",
        "norm/NativeBatchNormBackward0:0": "norm/batch_norm:0",
        "conv/ConvolutionBackward0:0": "conv/conv2d:0",
    }
    for step in steps_of(graph):
        forward = graph.nodes[step].attributes.get("forward")
        if forward is not None:
            assert graph.nodes[step].parent == trace.graph.nodes[str(forward)].parent
    assert graph.nodes["grad:conv.weight"].parent == "conv"
    assert graph.nodes["conv/ConvolutionBackward0:0"].attributes["padding"] == "1×1"


def test_a_shared_module_has_one_end_and_steps_for_each_of_its_calls() -> None:
    model = Model(lambda m, x: m.layer(m.layer(x)), layer=nn.Linear(4, 4, bias=False))
    graph = ta.trace(model, torch.randn(2, 4)).backward()
    assert goes_back_through(graph) == {
        "layer/TBackward0:0": "layer/linear:0",
        "layer/MmBackward0:0": "layer/linear:0",
        "layer#1/TBackward0:0": "layer#1/linear:0",
        "layer#1/MmBackward0:0": "layer#1/linear:0",
    }
    assert {source for source, target in edges_of(graph) if target == "grad:layer.weight"} == {
        "layer/TBackward0:0",
        "layer#1/TBackward0:0",
    }


def test_a_custom_function_has_its_class_name_its_settings_and_all_that_it_keeps() -> None:
    model = Model(lambda m, x: Doubled.apply(m.layer(x)), layer=nn.Linear(4, 4))
    graph = ta.trace(model, torch.randn(2, 4)).backward()
    step = graph.nodes["/DoubledBackward:0"]
    assert step.attributes["forward"] == "/gt:0"  # the first op that it runs
    assert step.attributes["factor"] == 2.0
    kept = {
        s.name: (s.source, s.tensor.dtype, s.held_bytes) for s in graph.saved if s.step == step.id
    }
    assert kept == {"0": ("layer/linear:0", "float32", 32), "mask": ("/gt:0", "bool", 8)}


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointed_parts_keep_only_their_input_and_do_not_run_again(reentrant: bool) -> None:
    runs = []

    def part(x: torch.Tensor) -> torch.Tensor:
        runs.append(1)
        return x.sin().cos().exp()

    model = Model(
        lambda m, x: checkpoint(part, m.layer(x), use_reentrant=reentrant) * 2,
        layer=nn.Linear(4, 4),
    )
    trace = ta.trace(model, torch.randn(2, 4))
    runs.clear()
    graph = trace.backward()
    assert runs == [1], "the forward pass, and nothing recomputed"
    kept = {(s.step, s.source) for s in graph.saved if s.kind == "activation"}
    if reentrant:
        assert ("/CheckpointFunctionBackward:0", "layer/linear:0") in kept
    else:
        assert {"/SinBackward0:0", "/CosBackward0:0", "/ExpBackward0:0"} <= set(steps_of(graph))
        assert not {step for step, _ in kept} & {"/SinBackward0:0", "/CosBackward0:0"}
        assert any(note.startswith("hooks packed what these steps") for note in graph.capture.notes)


def test_a_write_through_a_view_is_a_step_of_the_op_that_wrote() -> None:
    def writes(model: Model, x: torch.Tensor) -> torch.Tensor:
        h = model.layer(x)
        h[:, 1:].mul_(x[:, 1:])
        return h.sum()

    graph = ta.trace(Model(writes, layer=nn.Linear(4, 4)), torch.randn(2, 4)).backward()
    assert goes_back_through(graph)["/CopySlices:0"] == "/mul_:0"
    kept = [(s.name, s.kind) for s in graph.saved if s.step == "/CopySlices:0"]
    assert kept == [("other", "input")]


def test_a_recurrent_layer_is_one_step_that_keeps_its_workspace() -> None:
    model = Model(lambda m, x: m.rnn(x)[0], rnn=nn.LSTM(3, 4))
    graph = ta.trace(model, torch.randn(5, 2, 3)).backward()
    (step,) = goes_back_through(graph)
    assert step == "rnn/MkldnnRnnLayerBackward0:0"
    ends = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"}
    assert edges_of(graph) == {("output:0", step)} | {(step, f"grad:rnn.{end}") for end in ends}
    kinds = {s.name: s.kind for s in graph.saved}
    assert kinds["input"] == "input"
    assert kinds["weight0"] == "parameter"
    assert kinds["result0"] == "activation"


def test_a_frozen_part_has_no_steps_and_no_ends() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    graph = ta.trace(model, torch.randn(2, 4)).backward()
    assert steps_of(graph) == [
        "2/AddmmBackward0:0",
        "grad:2.bias",
        "2/TBackward0:0",
        "grad:2.weight",
    ]
    (saved,) = graph.saved
    assert (saved.source, saved.held_bytes) == ("1/relu:0", 2 * 4 * 4)
    assert "1" not in graph.nodes


def test_parameters_that_no_gradient_reaches_and_outputs_without_one_are_named() -> None:
    def unused(model: Model, x: torch.Tensor) -> Any:
        return model.used(x), model.other(x).detach(), x.argmax()

    model = Model(unused, used=nn.Linear(4, 4), other=nn.Linear(4, 4, bias=False))
    graph = ta.trace(model, torch.randn(2, 4)).backward()
    assert graph.capture.unreached_parameters == ("other.weight",)
    assert graph.capture.notes == ("output:1 has no gradient", "output:2 has no gradient")


def empty_cases() -> dict[str, tuple[nn.Module, str]]:
    def without(model: Model, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return model.layer(x)

    frozen = nn.Linear(4, 2).requires_grad_(False)
    return {
        "frozen": (frozen, "no parameter and no input requires a gradient"),
        "no_grad": (Model(without, layer=nn.Linear(4, 2)), "forward may run under torch.no_grad"),
        "no tensor": (Model(lambda m, x: 3), "the model returned no tensor"),
    }


@pytest.mark.parametrize(("model", "reason"), empty_cases().values(), ids=empty_cases().keys())
def test_a_model_without_gradients_gives_an_empty_graph_that_says_why(
    model: nn.Module, reason: str
) -> None:
    graph = ta.trace(model, torch.randn(2, 4)).backward()
    assert graph.nodes == {}
    assert reason in graph.capture.notes[0]


def test_a_forward_that_raises_gives_the_error_and_no_steps() -> None:
    graph = ta.trace(nn.Linear(4, 2), torch.randn(2, 5)).backward()
    assert graph.nodes == {}
    assert graph.capture.status == "partial"
    assert graph.capture.failed_node == "/linear:0"
    assert "mat1 and mat2 shapes cannot be multiplied (2x5 and 4x2)" in str(graph.capture.error)


def test_gradients_are_on_while_it_looks_whatever_the_caller_has_switched_off() -> None:
    with torch.no_grad():
        graph = ta.trace(nn.Linear(4, 2).eval(), torch.randn(2, 4)).backward()
    assert "grad:weight" in graph.nodes
    model = nn.Linear(4, 2)
    with torch.inference_mode():
        graph = ta.trace(model, torch.randn(2, 4)).backward()
    assert "Inference tensors cannot be saved for backward" in str(graph.capture.error)


def test_an_input_that_requires_a_gradient_is_an_end() -> None:
    model = Model(lambda m, x: x.sin())
    graph = ta.trace(model, torch.randn(3, requires_grad=True)).backward()
    assert edges_of(graph) == {
        ("output:0", "/SinBackward0:0"),
        ("/SinBackward0:0", "grad:input:inputs.0"),
    }
    assert graph.nodes["grad:input:inputs.0"].attributes["forward"] == "input:inputs.0"


def test_a_loss_is_the_root_where_one_is_given() -> None:
    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, targets)

    trace = ta.trace(nn.Linear(4, 3), torch.randn(2, 4))
    graph = trace.backward(loss, torch.tensor([0, 2]))
    assert steps_of(graph)[:3] == [
        "/NllLossBackward0:0",
        "/LogSoftmaxBackward0:0",
        "/AddmmBackward0:0",
    ]
    assert ("loss", "/NllLossBackward0:0") in edges_of(graph)
    assert goes_back_through(graph)["/NllLossBackward0:0"] is None
    assert graph.nodes["loss"].outputs[0].shape == ()


def test_a_gradient_inside_forward_is_joined_to_the_call_that_took_it() -> None:
    def twice(model: Model, x: torch.Tensor) -> torch.Tensor:
        h = model.layer(x).tanh()
        (slope,) = torch.autograd.grad(h.sum(), x, create_graph=True)
        return (slope**2).sum()

    model = Model(twice, layer=nn.Linear(4, 4))
    trace = ta.trace(model, torch.randn(2, 4, requires_grad=True))
    graph = trace.backward()
    through = goes_back_through(graph)
    assert set(through.values()) <= set(trace.graph.nodes)
    assert through["/TanhBackwardBackward0:0"] in {"/grad:0", "/tanh_backward:0"}


def test_what_a_backward_inside_forward_freed_is_said() -> None:
    def freed(model: Model, x: torch.Tensor) -> torch.Tensor:
        h = model.layer(x).exp()
        h.sum().backward()
        return h

    graph = ta.trace(Model(freed, layer=nn.Linear(4, 4)), torch.randn(2, 4)).backward()
    assert any("freed what these steps had saved" in note for note in graph.capture.notes)
    assert "/ExpBackward0:0" in steps_of(graph)


def test_what_an_op_in_place_overwrote_is_said() -> None:
    def overwritten(model: Model, x: torch.Tensor) -> torch.Tensor:
        h = model.layer(x).exp()
        h.mul_(2)
        return h

    graph = ta.trace(Model(overwritten, layer=nn.Linear(4, 4)), torch.randn(2, 4)).backward()
    assert graph.capture.notes == (
        "an op in place overwrote what these steps had saved: backward will raise: /ExpBackward0:0",
    )


def test_views_complex_numbers_and_hooks_are_no_obstacle() -> None:
    def odd(model: Model, x: torch.Tensor) -> Any:
        h = torch.fft.rfft(model.layer(x))
        h.register_hook(lambda gradient: gradient * 2)
        a, b = h.abs().split(2, dim=1)
        return {"views": [a.t()], "sum": b.sum()}

    trace = ta.trace(Model(odd, layer=nn.Linear(4, 6)), torch.randn(2, 4))
    graph = trace.backward()
    through = goes_back_through(graph)
    assert set(through.values()) <= set(trace.graph.nodes)
    assert through["/FftR2CBackward0:0"] == "/fft_rfft:0"
    spectrum = graph.nodes["/FftR2CBackward0:0"].inputs[0]
    assert (spectrum.dtype, spectrum.shape, spectrum.size_bytes) == ("complex64", (2, 4), 64)


def test_steps_of_an_earlier_pass_are_told_from_those_of_this_one() -> None:
    kept = nn.Linear(4, 4)(torch.randn(2, 4))
    graph = ta.trace(Model(lambda _: kept.tanh())).backward()
    assert goes_back_through(graph) == {
        "/TanhBackward0:0": "/tanh:0",
        "/AddmmBackward0:0": None,
        "/TBackward0:0": None,
    }
    (note,) = graph.capture.notes
    assert note.startswith("these steps were made before the pass")
    assert note.endswith(": /AddmmBackward0:0, /TBackward0:0")


def test_ops_that_run_only_with_gradients_on_are_said() -> None:
    def forward(model: Model, x: torch.Tensor) -> torch.Tensor:
        return x.sin() if torch.is_grad_enabled() else x.cos()

    x = torch.randn(2, requires_grad=True)
    with torch.no_grad():
        trace = ta.trace(Model(forward), x)
    (note,) = trace.backward().capture.notes
    assert note.startswith("with gradients on, forward ran ops that the traced pass did not")
    assert note.endswith(": /sin:0")


def test_fake_tensors_have_a_backward_graph_too() -> None:
    model, x = Residual(), torch.randn(2, 3, 8, 8)
    real, fake = (ta.trace(model, x, mode=mode).backward() for mode in ("real", "fake"))
    assert steps_of(fake) == steps_of(real)
    assert held_bytes(fake) == held_bytes(real)


def test_ops_as_executed_are_joined_as_well() -> None:
    trace = ta.trace(Residual(), torch.randn(2, 3, 8, 8), level="executed")
    through = goes_back_through(trace.backward())
    assert through["conv/ConvolutionBackward0:0"] == "conv/aten.convolution:0"
    assert set(through.values()) <= set(trace.graph.nodes)


def test_a_chain_of_many_steps_is_no_recursion() -> None:
    def chain(model: Model, x: torch.Tensor) -> torch.Tensor:
        for _ in range(3000):
            x = x + 1
        return x

    graph = ta.trace(Model(chain), torch.zeros(2, requires_grad=True)).backward()
    assert len(steps_of(graph)) == 3001
    assert goes_back_through(graph)["/AddBackward0:2999"] == "/add:2999"


def resnet() -> nn.Module:
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    model: nn.Module = models.resnet18()
    return model


def walk(roots: list[Any]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Names of all steps and of the ends of all edges, read off `next_functions` alone."""
    seen: set[Any] = set()
    names: Counter[str] = Counter()
    edges: Counter[tuple[str, str]] = Counter()
    stack = list(roots)
    while stack:
        function = stack.pop()
        if function in seen:
            continue
        seen.add(function)
        names[type(function).__name__] += 1
        for after, _ in function.next_functions:
            if after is not None:
                edges[type(function).__name__, type(after).__name__] += 1
                stack.append(after)
    return names, edges


def test_every_step_and_edge_of_resnet18_is_there_and_joined_to_its_op() -> None:
    model, x = resnet(), torch.randn(2, 3, 64, 64)
    names, edges = walk([model(x).grad_fn])
    trace = ta.trace(model, x)
    graph = trace.backward()
    steps = [node for node in graph.nodes.values() if node.kind == "backward"]
    assert Counter(node.type for node in steps) == names
    found = Counter((graph.nodes[e.source].type, graph.nodes[e.target].type) for e in graph.edges)
    del found["output", "AddmmBackward0"]
    assert found == edges
    assert len(steps) == 132
    ops = {
        "ConvolutionBackward0": "conv2d",
        "NativeBatchNormBackward0": "batch_norm",
        "ReluBackward0": "relu",
        "AddBackward0": "add_",
        "MaxPool2DWithIndicesBackward0": "max_pool2d",
        "MeanBackward1": "adaptive_avg_pool2d",
        "ViewBackward0": "flatten",
        "AddmmBackward0": "linear",
        "TBackward0": "linear",
    }
    joined = 0
    for node in steps:
        if node.type == "AccumulateGrad":
            assert node.parent == node.parameters[0].rpartition(".")[0]
            continue
        forward = trace.graph.nodes[str(node.attributes["forward"])]
        assert forward.type == ops[node.type]
        assert [spec.shape for spec in forward.outputs] in (
            [s.shape for s in node.inputs[:1]],
            [(2, 1000)],
        )
        joined += 1
    assert joined == 70
    ends = {name for node in steps if node.type == "AccumulateGrad" for name in node.parameters}
    assert ends == {name for name, _ in model.named_parameters()}


def test_memory_held_by_resnet18_is_what_hooks_on_saved_tensors_count() -> None:
    model, x = resnet(), torch.randn(32, 3, 32, 32)
    own = {t.untyped_storage()._cdata for t in [*model.parameters(), *model.buffers(), x]}
    saved: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = model(x)
    naive = sum(tensor.nbytes for tensor in saved)
    storages = {t.untyped_storage()._cdata: t.untyped_storage() for t in saved}
    right = sum(s.nbytes() for address, s in storages.items() if address not in own)
    del output
    graph = ta.trace(model, x).backward()
    held = held_bytes(graph)
    assert sum(s.tensor.size_bytes for s in graph.saved) == naive
    assert held[ROOT] == right
    assert (round(naive / 2**20, 1), round(right / 2**20, 1)) == (65.1, 13.5)
    groups = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "fc")
    assert sum(held[group] for group in groups) == right
    assert held["bn1"] == 32 * 64 * 16 * 16 * 4 + 2 * 64 * 4
    assert held["conv1"] == 0  # keeps the input and its weight, which are there anyway


def vision_models() -> dict[str, Callable[[], nn.Module]]:
    models = pytest.importorskip("torchvision.models")
    return {
        "mobilenet_v3_small": models.mobilenet_v3_small,
        "shufflenet_v2_x0_5": models.shufflenet_v2_x0_5,
        "squeezenet1_1": models.squeezenet1_1,
        "vit": lambda: models.VisionTransformer(64, 16, 2, 2, 32, 64),
    }


@pytest.mark.parametrize(
    "name", ["mobilenet_v3_small", "shufflenet_v2_x0_5", "squeezenet1_1", "vit"]
)
def test_steps_and_memory_of_other_architectures_are_what_torch_itself_says(name: str) -> None:
    torch.manual_seed(0)
    model, x = vision_models()[name](), torch.randn(2, 3, 64, 64)
    own = {t.untyped_storage()._cdata for t in [*model.parameters(), *model.buffers(), x]}
    storages: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storages[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        names, edges = walk([model(x).grad_fn])
    trace = ta.trace(model, x)
    graph = trace.backward()
    steps = [node for node in graph.nodes.values() if node.kind == "backward"]
    assert Counter(node.type for node in steps) == names
    assert len(graph.edges) == sum(edges.values()) + 1, "one more: into the first step"
    assert set(goes_back_through(graph).values()) <= set(trace.graph.nodes)
    right = sum(s.nbytes() for address, s in storages.items() if address not in own)
    assert held_bytes(graph)[ROOT] == right


def test_a_number_in_the_code_is_a_constant_and_no_memory() -> None:
    graph = ta.trace(Model(lambda m, x: m.layer(x) * 2, layer=nn.Linear(4, 4)), torch.ones(2, 4))
    (number,) = [s for s in graph.backward().saved if s.step == "/MulBackward0:0"]
    assert (number.kind, number.source, number.held_bytes) == ("constant", None, 0)


def test_the_model_its_gradients_and_the_random_state_are_as_before() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout()).train()
    x = torch.randn(8, 4)
    model(x).sum().backward()
    trace = ta.trace(model, x)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    gradients = [p.grad for p in model.parameters()]
    values = [g.clone() for g in gradients if g is not None]
    state = torch.get_rng_state()
    trace.backward()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    for parameter, gradient, value in zip(model.parameters(), gradients, values, strict=True):
        assert parameter.grad is gradient
        assert torch.equal(gradient, value)


def test_ids_are_the_same_in_another_run_and_nothing_is_kept_alive() -> None:
    alive: list[Any] = []

    def forward(model: Model, x: torch.Tensor) -> torch.Tensor:
        h = model.layer(x)
        alive.append(torch.multiprocessing.reductions.StorageWeakRef(h.untyped_storage()))
        return h.exp()

    trace = ta.trace(Model(forward, layer=nn.Linear(4, 4)), torch.randn(2, 4))
    first, second = trace.backward(), trace.backward()
    assert all(reference.expired() for reference in alive)
    for node_id, node in first.nodes.items():
        attributes = {k: v for k, v in node.attributes.items() if k != "sequence"}
        again = second.nodes[node_id]
        others = {k: v for k, v in again.attributes.items() if k != "sequence"}
        assert replace(node, attributes=attributes) == replace(again, attributes=others)
    assert (first.edges, first.saved) == (second.edges, second.saved)
