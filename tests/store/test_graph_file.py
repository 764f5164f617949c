"""Which form a file gets: by its ending, or by what was asked for."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.run import Run
from torchatlas.store import graph_format, save_graph


@pytest.fixture(scope="module")
def atlas():
    return ta.visualize_model(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.randn(3, 2))


@pytest.mark.parametrize(
    ("name", "asked", "form"),
    [
        ("a.json", None, "json"),
        ("a.model-explorer.json", None, "model-explorer"),
        ("a.DOT", None, "dot"),
        ("a.gv", None, "dot"),
        ("a.html", None, None),
        ("a", None, None),
        ("a.json", "model-explorer", "model-explorer"),
        ("a.txt", "dot", "dot"),
    ],
)
def test_the_form_of_a_file(name, asked, form):
    assert graph_format(name, asked) == form


def test_a_form_that_there_is_not():
    with pytest.raises(ta.RunError, match="there is no format 'svg'; choose json, dot, model-expl"):
        graph_format("a.svg", "svg")


def test_a_graph_alone_comes_back(atlas, tmp_path):
    path = save_graph(atlas.graph, tmp_path / "net.json")
    again = ta.load(path)
    assert again.graph == atlas.graph
    assert again.run.name == "net"


def test_a_graph_as_dot_and_for_model_explorer(atlas, tmp_path):
    dot = save_graph(atlas.graph, tmp_path / "net.dot", depth=0, direction="LR")
    assert dot.read_text().startswith('digraph "net" {\n  graph [rankdir=LR')
    assert "subgraph" not in dot.read_text()
    path = save_graph(atlas.graph, tmp_path / "net.txt", "model-explorer", name="mine")
    assert json.loads(path.read_text())["label"] == "mine"


def test_what_cannot_be_saved_says_what_can(atlas, tmp_path):
    with pytest.raises(ta.RunError, match=r"cannot save a graph as '.svg': use .json, .dot or"):
        save_graph(atlas.graph, tmp_path / "a.svg")
    with pytest.raises(ta.RunError, match=r"depth and direction are of a .dot file, and a.json is"):
        save_graph(atlas.graph, tmp_path / "a.json", depth=1)
    with pytest.raises(ta.RunError, match=r"there is no folder"):
        save_graph(atlas.graph, tmp_path / "none" / "a.dot")


def test_an_atlas_saves_each_form(atlas, tmp_path):
    assert ta.load(atlas.save(tmp_path / "a.json")).graph == atlas.graph
    assert '"0/linear:0" -> "1/relu:0"' in atlas.save(tmp_path / "a.dot").read_text()
    assert "subgraph" not in atlas.save(tmp_path / "b.dot", depth=0).read_text()
    explorer = json.loads(atlas.save(tmp_path / "a.model-explorer.json").read_text())
    assert len(explorer["graphs"][0]["nodes"]) == 4
    assert ta.load(atlas.save(tmp_path / "a.other", "json").rename(tmp_path / "c.json")).graph


def test_an_atlas_says_what_it_cannot_save(atlas, tmp_path):
    with pytest.raises(ta.RunError, match=r"cannot save as '.bmp': use .html, .svg, .png, .pdf"):
        atlas.save(tmp_path / "a.bmp")
    with pytest.raises(
        ta.RunError, match=r"depth: options of a drawing or a .dot file, and a.html is"
    ):
        atlas.save(tmp_path / "a.html", depth=1)
    without = ta.Atlas(Run("curves", "2026-01-01T00:00:00+00:00"))
    with pytest.raises(ta.RunError, match=r"curves has no graph that could be saved as a.dot"):
        without.save(tmp_path / "a.dot")
