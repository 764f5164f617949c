"""SVG, PNG and PDF: what other programs find in them."""

from __future__ import annotations

import io
import re
import struct
import sys
import zlib
from xml.etree import ElementTree

import pypdf
import pytest
from tests.views.render.paper.drawn import HOSTILE, blocks, drawing_of, graph_of, op

from torchatlas.errors import MissingDependency, RunError
from torchatlas.run import Node
from torchatlas.views.render.paper import drawing_file

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(drawing, **options) -> ElementTree.Element:
    return ElementTree.fromstring(drawing_file(drawing, ".svg", **options))


def test_svg_holds_every_node_and_its_words_as_text() -> None:
    drawing = drawing_of(blocks(3), depth="all")
    root = svg_of(drawing)
    named = {group.get("data-node") for group in root.iter(f"{SVG}g")} - {None}
    assert named == {node.id for node in drawing.nodes}
    written = [element.text for element in root.iter(f"{SVG}text")]
    assert written == [text.text for text in drawing.texts]
    assert {"body", "Sequential", "relu", "tiny"} <= set(written)


def test_svg_loads_nothing_and_runs_nothing() -> None:
    nodes = [Node(HOSTILE, "module", HOSTILE, HOSTILE, "."), op("x", HOSTILE, HOSTILE)]
    drawing = drawing_of(graph_of(nodes, ["x"]), title=HOSTILE, depth="all")
    content = drawing_file(drawing, ".svg").decode()
    root = ElementTree.fromstring(content)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "g", "rect", "path", "text",
    }  # fmt: skip
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {
        name for name in attributes if name.startswith("on") or name.endswith(("href", "src"))
    }
    assert set(re.findall(r"url\(['\"]?(\w+:)", content)) == {"data:"}
    named = [group.get("data-node", "") for group in root.iter(f"{SVG}g")]
    assert any(name.startswith("<script>&\"'") for name in named)


def test_svg_tells_each_text_how_wide_it_is_and_brings_its_letters() -> None:
    drawing = drawing_of(blocks(2))
    plain = drawing_file(drawing, ".svg", fonts="name").decode()
    whole = drawing_file(drawing, ".svg").decode()
    assert "@font-face" not in plain
    assert whole.count("@font-face") == 2
    assert len(whole) - len(plain) < 30_000
    lengths = [float(text.get("textLength", 0)) for text in svg_of(drawing).iter(f"{SVG}text")]
    assert lengths == pytest.approx([text.width for text in drawing.texts], abs=0.01)
    wide = svg_of(drawing, width=1000)
    assert float(wide.get("width", 0)) == 1000
    assert float(wide.get("height", 0)) == pytest.approx(
        1000 * drawing.height / drawing.width, abs=0.01
    )


def pixels(content: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height, and the colours of a PNG without filters or interlacing undone: enough to see
    that it is not blank."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colour = struct.unpack(">IIBB", content[16:26])
    assert (depth, colour) == (8, 6)
    at, data = 8, b""
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == b"IDAT":
            data += content[at + 8 : at + 8 + size]
        at += size + 12
    raw = zlib.decompress(data)
    return width, height, {raw[i : i + 4] for i in range(1, len(raw) - 4, 4)}


@pytest.mark.parametrize("density", [1, 2, 3.5])
def test_png_has_the_pixels_that_were_asked_for(density: float) -> None:
    drawing = drawing_of(blocks(2))
    width, height, colours = pixels(drawing_file(drawing, ".png", density=density))
    assert width == pytest.approx(drawing.width * density, abs=1)
    assert height == pytest.approx(drawing.height * density, abs=1)
    assert len(colours) > 50


def test_png_of_a_width_and_one_that_is_too_large() -> None:
    drawing = drawing_of(blocks(2))
    assert pixels(drawing_file(drawing, ".png", width=300, density=1))[0] == 300
    with pytest.raises(RunError, match=r"the picture would have .* pixels; choose a lower depth"):
        drawing_file(drawing, ".png", width=100_000)
    with pytest.raises(RunError, match="density is a number above 0"):
        drawing_file(drawing, ".png", density=0)


def test_png_writes_text_without_fonts_of_the_system() -> None:
    """The same letters in the same places as the lines of the drawing: not only boxes are seen."""
    drawing = drawing_of(graph_of([op("a", name="relu")]), frame=False)
    *_, with_words = pixels(drawing_file(drawing, ".png"))
    bare = drawing_of(graph_of([op("a", name=" ")]), frame=False)
    *_, without = pixels(drawing_file(bare, ".png"))
    assert len(with_words) > len(without)


def pdf_of(drawing, **options) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(drawing_file(drawing, ".pdf", **options)))


def test_pdf_keeps_text_as_text_and_is_as_large_as_the_drawing() -> None:
    drawing = drawing_of(blocks(3), depth="all")
    reader = pdf_of(drawing)
    assert len(reader.pages) == 1
    page = reader.pages[0]
    lines = page.extract_text().splitlines()
    assert sorted(lines) == sorted(text.text for text in drawing.texts)
    assert float(page.mediabox.width) == pytest.approx(drawing.width * 0.75)
    assert float(page.mediabox.height) == pytest.approx(drawing.height * 0.75)
    assert reader.metadata is not None
    assert reader.metadata.title == "tiny"
    fonts = page["/Resources"]["/Font"].values()
    embedded = [font.get_object().get("/FontDescriptor") for font in fonts]
    assert any(font and "/FontFile2" in font.get_object() for font in embedded)


@pytest.mark.parametrize(
    ("page", "size"),
    [("A4", (595.28, 841.89)), ("a4-landscape", (841.89, 595.28)), ((100, 50), (283.46, 141.73))],
)
def test_pdf_fits_a_page_of_a_given_size(page, size) -> None:
    reader = pdf_of(drawing_of(blocks(8), depth="all", fold=False), page=page)
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.01)


def test_pdf_goes_on_over_pages_and_writes_each_word_once() -> None:
    drawing = drawing_of(blocks(20), depth="all", fold=False)
    reader = pdf_of(drawing, page="A5", fit="width")
    assert len(reader.pages) > 2
    lines = [line for page in reader.pages for line in page.extract_text().splitlines()]
    assert sorted(lines) == sorted(text.text for text in drawing.texts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"page": "A9"}, "there is no page 'A9'; choose \"drawing\", A5, A4"),
        ({"fit": "height"}, "there is no fit 'height'; choose page or width"),
        ({"page": "A5", "margin": 90}, "margins of 90 mm leave no room on a page of A5"),
        ({"colour": 1}, "a .pdf file has no option colour; its options are page, fit, margin"),
    ],
)
def test_pdf_refuses_what_it_cannot_do(options, message) -> None:
    with pytest.raises(RunError, match=message):
        pdf_of(drawing_of(blocks(1)), **options)


def test_hostile_names_are_in_pdf_and_png_too() -> None:
    nodes = [Node("h", "module", "שלום", "😀 emoji <b>", ".", parameters=("w",)), op("x", "h")]
    drawing = drawing_of(graph_of(nodes, ["x"]))
    text = pdf_of(drawing).pages[0].extract_text()
    assert "שלום" in text
    assert "emoji <b>" in text
    assert pixels(drawing_file(drawing, ".png"))[0] > 0


@pytest.mark.parametrize(
    ("ending", "module", "why"),
    [
        (".png", "resvg_py", "resvg_py to draw the architecture as PNG"),
        (".pdf", "reportlab", "reportlab to draw the architecture as PDF"),
        (".svg", "fontTools.subset", "fontTools to put the font into a drawing"),
    ],
)
def test_a_missing_library_is_named_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch, ending: str, module: str, why: str
) -> None:
    drawing = drawing_of(blocks(1))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=rf"{why}.*torchatlas\[paper\]"):
        drawing_file(drawing, ending)


@pytest.mark.parametrize("value", [0, -5, float("nan"), float("inf"), "wide"])
@pytest.mark.parametrize(
    ("ending", "option"), [(".svg", "width"), (".png", "width"), (".png", "density")]
)
def test_sizes_that_cannot_be_drawn_are_refused(ending: str, option: str, value: object) -> None:
    with pytest.raises(RunError, match=f"{option} is a number above 0, and not"):
        drawing_file(drawing_of(blocks(2)), ending, **{option: value})


def test_a_page_lower_than_a_box_still_comes_to_an_end() -> None:
    drawing = drawing_of(blocks(30), depth="all")
    pages = pdf_of(drawing, page=(300, 22), margin=10, fit="width").pages
    assert len(pages) > 10
