"""The architecture in matplotlib, Plotly and a terminal."""

from __future__ import annotations

import json

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from tests.views.render.paper.drawn import HOSTILE, blocks, drawing_of, graph_of, op

from torchatlas.errors import RunError
from torchatlas.run import Node
from torchatlas.views.render.paper import render_drawing


@pytest.mark.parametrize("backend", ["matplotlib", "seaborn"])
def test_matplotlib_draws_lines_and_text(backend: str) -> None:
    drawing = drawing_of(blocks(3), depth="all")
    figure = render_drawing(drawing, backend)
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    written = [text.get_text() for text in figure.findobj(Text) if text.get_text()]
    assert sorted(written) == sorted(text.text for text in drawing.texts)
    boxes = {patch.get_gid() for patch in figure.findobj(FancyBboxPatch)}
    assert {node.id for node in drawing.nodes if node.id != "output:0"} <= boxes
    assert figure.get_size_inches() == pytest.approx((drawing.width / 96, drawing.height / 96))
    assert not figure.images


def test_matplotlib_fits_a_given_size_and_odd_names() -> None:
    nodes = [Node("h", "module", HOSTILE, "$x^2$ 😀", ".", parameters=("w",)), op("x", "h")]
    drawing = drawing_of(graph_of(nodes, ["x"]))
    figure = render_drawing(drawing, "matplotlib", figsize=(3, 2))
    figure.canvas.draw()
    assert figure.get_size_inches() == pytest.approx((3, 2))
    with pytest.raises(RunError, match="give a width or a figsize, not both"):
        render_drawing(drawing, "matplotlib", figsize=(3, 2), width=400)


def test_plotly_says_what_a_node_is_under_the_pointer() -> None:
    drawing = drawing_of(
        blocks(3), depth="all", color={"body.0": 2.0, "body.1": 4.0, "body.2": 6.0}
    )
    figure = render_drawing(drawing, "plotly")
    trace = figure.data[0]
    assert list(trace.customdata) == [node.id for node in drawing.nodes]
    facts = dict(zip(trace.customdata, trace.hovertext, strict=True))
    stack = facts["body.0..body.2"]
    assert "3 that are identical" in stack
    assert "Given values: 2 · 4 · 6" in stack
    assert [note.text for note in figure.layout.annotations] == [
        text.text for text in drawing.texts
    ]
    assert len(figure.layout.shapes) < len(drawing.marks)


def test_plotly_shows_markup_as_text() -> None:
    drawing = drawing_of(graph_of([op("a", name="<b>bold</b>")]))
    text = json.dumps(json.loads(render_drawing(drawing, "plotly").to_json()))
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text


def test_text_is_a_tree() -> None:
    drawing = drawing_of(blocks(3), depth="all", color={f"body.{i}": 1000.0 for i in range(3)})
    assert render_drawing(drawing, "text", width=50) == (
        "tiny\n"
        "9 operations\n"
        "right: Given values\n"
        "\n"
        "├─ input 1×8\n"
        "├─ ▾ body Sequential · 3 × Block\n"
        "│  └─ ▾ Block ×3 body                        1,000\n"
        "│     ├─ relu\n"
        "│     ├─ relu\n"
        "│     └─ relu\n"
        "└─ output 1×8\n"
    )


def test_text_is_cut_and_refuses_what_is_too_narrow() -> None:
    drawing = drawing_of(graph_of([op("a", name="x" * 300)]))
    lines = render_drawing(drawing, "text", width=40).splitlines()
    assert max(map(len, lines)) == 40
    assert lines[-1].endswith("…")
    with pytest.raises(RunError, match="at least 40 letters wide, not 10"):
        render_drawing(drawing, "text", width=10)


def test_an_unknown_backend_is_refused_with_the_list() -> None:
    known = "the backends are matplotlib, seaborn, plotly, text, svg"
    with pytest.raises(RunError, match=f"there is no backend 'tikz'; {known}"):
        render_drawing(drawing_of(blocks(1)), "tikz")
    with pytest.raises(RunError, match="the text backend has no option figsize; its options are"):
        render_drawing(drawing_of(blocks(1)), "text", figsize=(1, 1))
