"""The rule `bias_before_norm`: planted faults, healthy data, too few data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.measure.findings.runs import chain, findings_of, parameter, reason_of, run_of

from torchatlas.run import Edge, Graph


def with_norm(layer: str, norm: str, shape: tuple[int, ...] = (8, 4, 5, 5)) -> Graph:
    return chain(("layer", layer), ("norm", norm), shape=shape)


@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        ("conv2d", "batch_norm", (8, 4, 5, 5)),
        ("conv1d", "instance_norm", (8, 4, 5)),
        ("conv_transpose3d", "batch_norm", (8, 4, 5, 5, 5)),
        ("linear", "batch_norm", (8, 4)),
    ],
)
def test_a_bias_before_a_norm_by_channel_is_found(
    layer: str, norm: str, shape: tuple[int, ...]
) -> None:
    run = run_of(with_norm(layer, norm, shape), parameters=[parameter("layer.bias", "4")])
    (finding,) = findings_of("bias_before_norm", run)
    assert finding.title == "The bias of layer has no effect"
    assert "layer before norm" in finding.detail
    assert finding.nodes == ("layer", "norm")
    assert (finding.value, finding.severity) == (4.0, "info")


@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        ("conv2d", "layer_norm", (8, 4, 5, 5)),
        ("conv2d", "group_norm", (8, 4, 5, 5)),
        ("linear", "layer_norm", (8, 4)),
        ("linear", "batch_norm", (8, 4, 5)),  # its features are not the channels
        ("linear", "instance_norm", (8, 4, 5)),
        ("embedding", "batch_norm", (8, 4)),
    ],
)
def test_a_bias_that_matters_is_left_alone(layer: str, norm: str, shape: tuple[int, ...]) -> None:
    assert findings_of("bias_before_norm", run_of(with_norm(layer, norm, shape))) == []


@pytest.mark.parametrize("between", ["max_pool2d", "relu", "add"])
def test_an_op_between_them_breaks_it(between: str) -> None:
    graph = chain(("layer", "conv2d"), ("mid", between), ("norm", "batch_norm"))
    assert findings_of("bias_before_norm", run_of(graph)) == []


def test_a_second_use_of_the_output_breaks_it() -> None:
    graph = with_norm("conv2d", "batch_norm")
    source = "layer/conv2d:0"
    skip = Edge(source, "output:0", graph.nodes[source].outputs[0])
    assert findings_of("bias_before_norm", run_of(replace(graph, edges=(*graph.edges, skip)))) == []


def test_a_layer_without_bias_is_in_order() -> None:
    graph = with_norm("conv2d", "batch_norm")
    op = replace(graph.nodes["layer/conv2d:0"], parameters=("layer.weight",))
    graph = replace(graph, nodes=graph.nodes | {op.id: op})
    assert findings_of("bias_before_norm", run_of(graph)) == []


def test_many_layers_make_one_finding() -> None:
    pairs = [
        (f"{kind}{i}", op) for i in range(5) for kind, op in (("c", "conv2d"), ("n", "batch_norm"))
    ]
    parameters = [parameter(f"c{i}.bias", "4") for i in range(5)]
    (finding,) = findings_of("bias_before_norm", run_of(chain(*pairs), parameters=parameters))
    assert finding.title == "The biases of 5 layers have no effect"
    assert finding.detail.endswith("c0 before n0, c1 before n1, c2 before n2 and 2 more.")
    assert (len(finding.nodes), finding.value) == (10, 20.0)


def test_without_a_forward_pass_it_cannot_tell() -> None:
    assert reason_of("bias_before_norm", run_of()).startswith("no forward pass was traced")
