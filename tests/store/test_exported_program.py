"""Exported programs give the graph that the model has: ids, edges, shapes, weights, notes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from tests.store import programs
from tests.store.programs import export, save
from torch import nn

import torchatlas as ta
from torchatlas.run import ROOT


def loaded(tmp_path, model, *args, **options):
    return ta.load(save(export(model, *args, **options), tmp_path / "model.pt2"))


def edges(graph):
    return {(edge.source, edge.target) for edge in graph.edges}


def notes(graph):
    return "\n".join(graph.capture.notes)


def check_sound(graph):
    """What must hold of every graph, whatever the program."""
    for node in graph.nodes.values():
        assert (node.parent is None) == (node.id == ROOT)
        assert node.parent is None or graph.nodes[node.parent].kind == "module"
    for edge in graph.edges:
        assert graph.nodes[edge.source].kind != "module"
        assert graph.nodes[edge.target].kind != "module"
    assert [node.order for node in graph.nodes.values()] == list(range(len(graph.nodes)))


def test_a_residual_block_has_its_modules_and_both_ways_into_the_sum(tmp_path):
    atlas = loaded(tmp_path, programs.Residual(), torch.randn(2, 3, 8, 8))
    graph = atlas.graph
    check_sound(graph)
    assert list(graph.nodes) == [
        ".",
        "input:image",
        "conv",
        "conv/conv2d:0",
        "norm",
        "norm/batch_norm:0",
        "/add_:0",
        "act",
        "act/relu:0",
        "output:0",
    ]
    assert edges(graph) == {
        ("input:image", "conv/conv2d:0"),
        ("conv/conv2d:0", "norm/batch_norm:0"),
        ("norm/batch_norm:0", "/add_:0"),
        ("input:image", "/add_:0"),
        ("/add_:0", "act/relu:0"),
        ("act/relu:0", "output:0"),
    }
    conv = graph.nodes["conv/conv2d:0"]
    assert (conv.type, conv.aten, conv.parent) == ("conv2d", ("aten.conv2d.default",), "conv")
    assert conv.parameters == ("conv.weight", "conv.bias")
    assert conv.attributes == {"stride": "1×1", "padding": "1×1"}
    assert conv.outputs[0].shape == (2, 3, 8, 8)
    assert conv.outputs[0].size_bytes == 2 * 3 * 8 * 8 * 4
    assert conv.source is not None
    assert conv.source.text == "out = self.norm(self.conv(image))"
    assert graph.nodes["conv"].atomic
    assert graph.nodes["conv"].inputs[0].shape == (2, 3, 8, 8)
    assert graph.capture.level == "executed"
    assert graph.capture.status == "complete"
    assert "an exported program (torch " in notes(graph)


@pytest.mark.parametrize("strict", [False, True])
def test_every_edge_of_a_resnet_is_one_that_torch_has_too(strict):
    models = pytest.importorskip("torchvision.models")
    model = models.resnet18(weights=None).eval()
    program = torch.export.export(model, (torch.randn(1, 3, 64, 64),), strict=strict)
    graph = ta.trace(program).graph
    check_sound(graph)
    own = {node.name for node in program.graph.nodes if node.op == "placeholder"}
    users = {spec.arg.name for spec in program.graph_signature.input_specs if not spec.target}
    counted = [
        (source, node)
        for node in program.graph.nodes
        for source in node.all_input_nodes
        if source.name not in own - users
    ]
    assert len(graph.edges) == len(counted)
    calls = [node for node in program.graph.nodes if node.op == "call_function"]
    assert sum(node.kind == "op" for node in graph.nodes.values()) == len(calls)
    assert {
        call.meta["nn_module_stack"][list(call.meta["nn_module_stack"])[-1]][0] for call in calls
    } - {""} <= set(graph.nodes)


def test_ids_and_edges_are_those_of_a_trace():
    models = pytest.importorskip("torchvision.models")
    model, x = models.resnet18(weights=None).eval(), torch.randn(1, 3, 64, 64)
    exported = ta.trace(torch.export.export(model, (x,))).graph
    traced = ta.trace(model, (x,)).graph
    assert set(exported.nodes) == set(traced.nodes)
    assert edges(exported) == edges(traced)
    for node_id, node in traced.nodes.items():
        assert exported.nodes[node_id].parent == node.parent
        assert exported.nodes[node_id].outputs == node.outputs
        assert exported.nodes[node_id].type == node.type
        assert exported.nodes[node_id].flops == node.flops


def test_a_recurrent_layer_keeps_its_states_and_the_names_of_the_results(tmp_path):
    graph = loaded(tmp_path, programs.Recurrent(), torch.randn(2, 6, 4)).graph
    check_sound(graph)
    assert {
        ("input:tokens", "lstm/lstm:0"),
        ("lstm/zeros:0", "lstm/lstm:0"),
        ("lstm/zeros:1", "lstm/lstm:0"),
        ("lstm/lstm:0", "head/linear:0"),
        ("lstm/lstm:0", "output:last"),
        ("head/linear:0", "output:each"),
    } == edges(graph)
    assert [spec.shape for spec in graph.nodes["lstm/lstm:0"].outputs] == [
        (2, 6, 5),
        (1, 2, 5),
        (1, 2, 5),
    ]
    assert not any(node.kind == "parameter" for node in graph.nodes.values())


def test_a_dynamic_size_is_unknown_and_its_range_is_said(tmp_path):
    batch = torch.export.Dim("batch", min=2, max=64)
    atlas = loaded(
        tmp_path,
        programs.Residual(),
        torch.randn(4, 3, 8, 8),
        dynamic_shapes={"image": {0: batch}},
    )
    node = atlas.graph.nodes["conv/conv2d:0"]
    assert node.outputs[0].shape == (-1, 3, 8, 8)
    assert node.outputs[0].size_bytes == 4 * 3 * 8 * 8 * 4
    symbol = str(node.attributes["symbolic_shape"]).partition("×")[0]
    assert node.attributes["symbolic_shape"] == f"{symbol}×3×8×8"
    assert f"{symbol} (2 to 64)" in notes(atlas.graph)
    assert atlas.table("edges")["shape"].str.startswith("?×3").all()


def test_a_branch_is_a_group_whose_ways_meet_again(tmp_path):
    graph = loaded(tmp_path, programs.Branching(), torch.randn(2, 3)).graph
    check_sound(graph)
    assert {
        ("lin/linear:0", "/cond:0/true/sin:0"),
        ("/cond:0/true/sin:0", "/cond:0/true/mul:0"),
        ("lin/linear:0", "/cond:0/false/sub:0"),
        ("/cond:0/true/mul:0", "/cond:0/cond:0"),
        ("/cond:0/false/sub:0", "/cond:0/cond:0"),
        ("/gt:0", "/cond:0/cond:0"),
        ("/cond:0/cond:0", "output:0"),
    } <= edges(graph)
    assert graph.nodes["/cond:0/true"].parent == "/cond:0"
    assert graph.nodes["/cond:0"].type == "cond"
    assert "FLOPs leave out what runs in a branch or loop: /cond:0" in notes(graph)


def test_a_loop_is_a_group_drawn_once(tmp_path):
    graph = loaded(tmp_path, programs.Looping(), torch.randn(2, 3), torch.tensor(3)).graph
    check_sound(graph)
    assert {
        ("input:steps", "/while_loop:0/cond/gt:0"),
        ("input:steps", "/while_loop:0/body/sub:0"),
        ("input:x", "/while_loop:0/body/sin:0"),
        ("/while_loop:0/body/sin:0", "/while_loop:0/while_loop:0"),
        ("input:x", "/while_loop:0/while_loop:0"),
        ("/while_loop:0/while_loop:0", "output:0"),
    } <= edges(graph)
    assert "loops are drawn once, without the way back: /while_loop:0" in notes(graph)


def test_a_map_shows_the_slice_that_its_body_gets(tmp_path):
    graph = loaded(tmp_path, programs.Mapping(), torch.randn(4, 3)).graph
    check_sound(graph)
    (first,) = (edge for edge in graph.edges if edge.target == "/map:0/cos:0")
    assert (first.source, first.tensor.shape) == ("input:xs", (3,))
    assert graph.nodes["/map:0/map:0"].outputs[0].shape == (4, 3)


def test_a_scan_takes_its_first_state_and_slices(tmp_path):
    graph = loaded(tmp_path, programs.Scanning(), torch.randn(4, 3)).graph
    check_sound(graph)
    assert {
        ("/zeros:0", "/scan:0/add:0"),
        ("input:xs", "/scan:0/add:0"),
        ("/scan:0/mul:0", "/scan:0/scan:0"),
        ("/zeros:0", "/scan:0/scan:0"),
        ("/scan:0/scan:0", "output:1"),
    } <= edges(graph)
    assert graph.nodes["/scan:0/scan:0"].outputs[1].shape == (4, 3)


def as_higher_order(path, target, arguments):
    """The program with its region without gradient made another higher-order op."""

    def change(document):
        for node in document["graph_module"]["graph"]["nodes"]:
            if node["target"].endswith("wrap_with_set_grad_enabled"):
                node["target"] = f"torch.ops.higher_order.{target}"
                node["inputs"] = arguments(node["inputs"])

    return ta.load(programs.rewritten(path, change)).graph


def test_a_checkpoint_is_a_group_that_hands_on_what_is_in_it(tmp_path):
    path = save(export(programs.Scopes(), torch.randn(3, 3)), tmp_path / "model.pt2")
    graph = as_higher_order(path, "tag_activation_checkpoint", lambda inputs: inputs[1:])
    check_sound(graph)
    group = "/tag_activation_checkpoint:0"
    assert graph.nodes[f"{group}/sin:0"].parent == group
    assert {("input:x", f"{group}/sin:0"), (f"{group}/sin:0", "/sum:0")} <= edges(graph)


def test_a_hand_over_that_is_not_known_is_said_and_not_guessed(tmp_path):
    path = save(export(programs.Scopes(), torch.randn(3, 3)), tmp_path / "model.pt2")
    graph = as_higher_order(path, "strange", lambda inputs: inputs + inputs[-1:])
    check_sound(graph)
    assert ("/strange:0/x", "/strange:0/sin:0") in edges(graph)
    assert graph.capture.status == "partial"
    assert graph.capture.unlinked[0] == (
        "/strange:0: how strange hands its arguments to its subgraph is not known; edges into it "
        "are missing"
    )


def test_a_write_is_seen_by_all_that_share_the_memory(tmp_path):
    graph = loaded(tmp_path, programs.Counting(), torch.randn(2, 4)).graph
    check_sound(graph)
    assert ("/mul_:0", "/sum:0") in edges(graph)
    assert ("input:x", "/sum:0") not in edges(graph)
    assert ("/add_:0", "/add:0") in edges(graph)
    assert graph.nodes["/add_:0"].attributes["writes"] == "buffer count"
    assert graph.nodes["/mul_:0"].attributes["writes"] == "input x"
    assert "the pass writes to: buffer count, input x" in notes(graph)


def test_a_program_made_functional_says_what_it_changes():
    program = export(programs.Counting(), torch.randn(2, 4)).run_decompositions()
    graph = ta.trace(program).graph
    check_sound(graph)
    assert "buffer count" in notes(graph)
    assert "input x" in notes(graph)


def test_tied_weights_count_once_and_keep_both_names(tmp_path):
    atlas = loaded(tmp_path, programs.Tied(), torch.tensor([[1, 2]]))
    check_sound(atlas.graph)
    assert ("embed.weight", "head/linear:0") in edges(atlas.graph)
    rows = atlas.table("parameters").set_index("tensor")
    assert rows.loc["head.weight", "tied_to"] == "embed.weight"
    assert atlas.run.model.parameter_count == 28
    assert atlas.graph.capture.unreached_parameters == ()


def test_tied_weights_are_seen_in_memory_too():
    atlas = ta.visualize_model(export(programs.Tied(), torch.tensor([[1, 2]])))
    assert atlas.run.model.parameter_count == 28
    assert ("embed.weight", "head/linear:0") in edges(atlas.graph)


def test_hostile_names_stay_what_they_are(tmp_path):
    atlas = loaded(tmp_path, programs.Hostile(), torch.randn(2, 3))
    check_sound(atlas.graph)
    hostile = programs.HOSTILE
    assert {hostile, f"{hostile}/linear:0", "L__self__x,x"} <= set(atlas.graph.nodes)
    assert atlas.graph.nodes[f"{hostile}/linear:0"].parameters[0] == f"{hostile}.weight"
    page = atlas.save(tmp_path / "report.html")
    assert ta.load(page).graph == atlas.graph


def test_arguments_have_the_names_of_the_user(tmp_path):
    args = (programs.Pair(torch.ones(2), torch.ones(2)), {"bias": torch.ones(2)})
    graph = loaded(tmp_path, programs.Structured(), *args, kwargs={"scale": 2.5}).graph
    check_sound(graph)
    ends = [node.id for node in graph.nodes.values() if node.kind in ("input", "output")]
    assert ends == [
        "input:pair.first",
        "input:pair.second",
        "input:options.bias",
        "output:0.first",
        "output:0.second",
        "output:1.0",
    ]
    assert "arguments fixed while exporting: scale = 2.5" in notes(graph)


def test_a_call_of_many_ops_is_a_group_with_the_id_of_the_call(tmp_path):
    model, x = programs.Attention().eval(), torch.randn(1, 5, 4)
    graph = loaded(tmp_path, model, x).graph
    check_sound(graph)
    call = "attend/multi_head_attention_forward:0"
    assert graph.nodes[call].kind == "module"
    assert f"{call}/softmax:0" in graph.nodes
    assert call in ta.trace(model, (x,)).graph.nodes


def test_regions_are_no_groups_but_attributes_of_their_ops(tmp_path):
    graph = loaded(tmp_path, programs.Scopes(), torch.randn(3, 3)).graph
    check_sound(graph)
    assert graph.nodes["/sin:0"].attributes == {"grad_enabled": False}
    assert graph.nodes["/matmul:0"].attributes == {"autocast": "bfloat16"}
    assert graph.capture.host_reads == ("/item:0",)
    assert ("/item:0", "/mul:0") in edges(graph)
    assert graph.nodes["/nonzero:0"].outputs[0].shape == (-1, 2)
    assert "without a node, as they make no tensor: " in notes(graph)


def test_a_module_called_twice_has_two_groups_and_a_silent_one_is_named(tmp_path):
    graph = loaded(tmp_path, programs.Shared(), torch.randn(2, 3)).graph
    check_sound(graph)
    assert [n.id for n in graph.nodes.values() if n.kind == "module"] == [
        ".",
        "block",
        "block.0",
        "block.1",
        "block#1",
        "block.0#1",
        "block.1#1",
    ]
    assert graph.nodes["block.0#1"].name == "0#1"
    assert "modules that left no op in the program: keep" in notes(graph)


def test_a_custom_op_keeps_the_name_of_its_library(tmp_path):
    @torch.library.custom_op("torchatlas_tests::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    twice.register_fake(torch.empty_like)

    class Model(nn.Module):
        def forward(self, x):
            return twice(x) + 1

    graph = loaded(tmp_path, Model(), torch.randn(2)).graph
    (node,) = (n for n in graph.nodes.values() if n.aten == ("torchatlas_tests.twice.default",))
    assert (node.id, "/add:0") in edges(graph)


def test_a_masked_score_of_minus_infinity_can_be_saved(tmp_path):
    class Model(nn.Module):
        def forward(self, x):
            return x.masked_fill(x > 0, float("-inf"))

    atlas = loaded(tmp_path, Model(), torch.randn(2))
    assert ta.load(atlas.save(tmp_path / "a.json")).graph == atlas.graph


def test_a_program_opens_without_torch(tmp_path):
    path = save(export(programs.Residual(), torch.randn(2, 3, 8, 8)), tmp_path / "model.pt2")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import torchatlas as ta\n"
        f"print(len(ta.load({str(path)!r}).graph.nodes))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "10\n"


def test_what_was_not_measured_is_a_gap(tmp_path):
    atlas = loaded(tmp_path, programs.Residual(), torch.randn(2, 3, 8, 8))
    gaps = {gap.what: gap.reason for gap in atlas.gaps}
    assert {"parameter", "activation", "gradient", "cost", "evaluation"} <= set(gaps)
    assert gaps["cost"] == "an exported program is read and not run"
    rows = atlas.table("parameters").set_index("tensor")
    assert rows.loc["conv.weight", "node"] == "conv"
    assert rows.loc["norm.running_mean", "kind"] == "buffer"
    assert bool(rows.loc["conv.weight", "trainable"])
