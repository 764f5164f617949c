"""Charts in a real browser: pointing, zooming, tables, files, themes, paper."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from .chart_report import CLASSES, FORMULA, MARKUP, POINTS, write_report
from .conftest import Opened

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(tmp_path_factory.mktemp("charts") / "charts.html")


@pytest.fixture
def training(opened: Opened, charts: Path) -> Page:
    return opened.open(charts, "#page=training")


@pytest.fixture
def bottlenecks(opened: Opened, charts: Path) -> Page:
    return opened.open(charts, "#page=bottlenecks")


@pytest.fixture
def matrix(opened: Opened, charts: Path) -> Locator:
    return panel(opened.open(charts, "#page=generalisation"), "On test")


def panel(page: Page, title: str) -> Locator:
    found = page.locator("figure.panel:visible", has=page.locator("h3", has_text=title)).first
    found.scroll_into_view_if_needed()
    return found


def saved(figure: Locator, kind: str) -> tuple[str, str]:
    """Name and text of the file that a panel's button gives."""
    with figure.page.expect_download() as waiting:
        figure.get_by_role("button", name=re.compile(f"as {kind}$")).click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    return waiting.value.suggested_filename, text


def drag(surface: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag between two places, as shares of the width and height of what is dragged on."""
    box = surface.bounding_box()
    assert box is not None
    mouse = surface.page.mouse
    (x1, y1), (x2, y2) = (
        (box["x"] + across * box["width"], box["y"] + down * box["height"])
        for across, down in (start, end)
    )
    mouse.move(x1, y1)
    mouse.down()
    mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=3)
    mouse.move(x2, y2, steps=3)
    mouse.up()


def readout_step(figure: Locator) -> int:
    text = figure.locator(".readout").inner_text()
    found = re.match(r"optimizer steps ([\d,]+)", text)
    assert found, text
    return int(found[1].replace(",", ""))


def test_every_chart_has_title_label_and_files_and_nothing_complains(
    opened: Opened, charts: Path
) -> None:
    seen = 0
    for name in ("training", "generalisation", "bottlenecks"):
        page = opened.open(charts, f"#page={name}")
        for figure in page.locator("figure.panel:visible").all():
            seen += 1
            expect(figure.locator("h3")).not_to_be_empty()
            chart = figure.get_by_role("group")
            label = chart.get_attribute("aria-label")
            assert label
            assert re.match(r"[^.]+: .+\. Arrow keys", label), label
            expect(figure.get_by_role("button", name=re.compile("as SVG$"))).to_be_visible()
            expect(figure.get_by_role("button", name=re.compile("as CSV$"))).to_be_visible()
    assert seen >= 10
    assert opened.problems == []
    assert opened.dialogs == []


def test_the_crosshair_reads_the_values_at_a_step(training: Page) -> None:
    figure = panel(training, "accuracy")
    box = figure.locator(".u-over").bounding_box()
    assert box is not None
    training.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    expect(figure.locator(".readout")).to_have_text("optimizer steps 10: train 90 %, test 80 %")
    training.mouse.move(5, 5)
    expect(figure.locator(".readout")).to_be_hidden()


def test_dragging_zooms_a_series_and_a_double_click_shows_all(training: Page) -> None:
    figure = panel(training, "loss")
    over = figure.locator(".u-over")
    back = figure.get_by_role("button", name="Show all")
    expect(back).to_be_hidden()
    drag(over, (0.5, 0.5), (0.6, 0.5))
    expect(back).to_be_visible()
    box = over.bounding_box()
    assert box is not None
    training.mouse.move(box["x"] + 2, box["y"] + 40)
    assert readout_step(figure) == pytest.approx(0.5 * POINTS, rel=0.03)
    over.dblclick()
    expect(back).to_be_hidden()
    training.mouse.move(box["x"] + 2, box["y"] + 41)
    assert readout_step(figure) < 0.02 * POINTS


def test_a_series_is_walked_and_zoomed_by_keyboard(training: Page) -> None:
    figure = panel(training, "accuracy")
    figure.get_by_role("group").focus()
    training.keyboard.press("End")
    assert readout_step(figure) == 20
    training.keyboard.press("ArrowLeft")
    assert readout_step(figure) == 15
    training.keyboard.press("+")
    expect(figure.get_by_role("button", name="Show all")).to_be_visible()
    training.keyboard.press("0")
    expect(figure.get_by_role("button", name="Show all")).to_be_hidden()


def test_values_that_are_no_number_stand_in_a_lane_with_their_count(training: Page) -> None:
    figure = panel(training, "loss")
    name, text = saved(figure, "SVG")
    assert name == "curves-loss.svg"
    texts = [node.text for node in ElementTree.fromstring(text).iter(f"{SVG}text")]
    assert "2 NaN, 1 Inf" in texts
    drag(figure.locator(".u-over"), (0.0345, 0.5), (0.0355, 0.5))
    figure.get_by_role("group").focus()
    box = figure.locator(".u-over").bounding_box()
    assert box is not None
    training.mouse.move(box["x"] + 0.035 * box["width"], box["y"] + 40)
    for _ in range(40):
        if readout_step(figure) == 700:
            break
        training.keyboard.press("ArrowLeft" if readout_step(figure) > 700 else "ArrowRight")
    expect(figure.locator(".readout")).to_have_text("optimizer steps 700: train NaN")


def test_a_long_series_keeps_its_peak_in_a_small_file(training: Page) -> None:
    _, text = saved(panel(training, "loss"), "SVG")
    assert len(text) < 200_000
    paths = [node.get("d", "") for node in ElementTree.fromstring(text).iter(f"{SVG}path")]
    longest = max(paths, key=len)
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", longest)]
    assert sum(height < min(heights) + 5 for height in heights) <= 2, "one spike, seen"


def test_the_file_of_a_chart_is_whole_in_itself_light_and_text(training: Page) -> None:
    training.get_by_role("button", name="Light or dark").click()
    for title in ("loss", "Ridges", "Bands", "Histogram", "Strip"):
        _, text = saved(panel(training, title), "SVG")
        root = ElementTree.fromstring(text)
        assert root.find(f"{SVG}title") is not None
        assert root.find(f"{SVG}desc") is not None
        assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
            "svg", "g", "rect", "path", "text", "title", "desc",
        }  # fmt: skip
        assert not re.search(r"var\(|style=|class=|href|url\(", text)
        first = root.find(f"{SVG}rect")
        assert first is not None
        assert first.get("fill") == "#fff", "light, whatever the page shows"


def test_the_numbers_come_as_csv_with_units_and_guarded_names(matrix: Locator) -> None:
    name, text = saved(matrix, "CSV")
    assert name == "confusion-On-test.csv"
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["true class", "predicted class", "share of the true class (%)", "count"]
    assert len(rows) == 1 + CLASSES**2
    assert {f"'{FORMULA}", MARKUP} <= {row[0] for row in rows}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert ["class 0", "class 3", "4", "2"] in rows


def test_a_hundred_classes_are_read_and_zoomed(matrix: Locator) -> None:
    page = matrix.page
    over = matrix.locator(".plot-over")
    chart = matrix.get_by_role("group")
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(matrix.locator(".readout")).to_contain_text(
        f"true class {MARKUP}, predicted class class 0: 0 %"
    )
    expect(matrix.locator("canvas")).to_be_visible()
    drag(over, (0.2, 0.3), (0.3, 0.45))
    expect(matrix.locator("canvas")).to_have_count(0)
    expect(matrix.locator(".sheet text", has_text=re.compile("^class 1")).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(matrix.locator("canvas")).to_be_visible()


def test_a_table_sorts_and_is_capped_with_words(matrix: Locator) -> None:
    page = matrix.page
    details = page.locator("details:visible", has_text="Show as table")
    details.locator("summary").click()
    expect(details).to_contain_text(
        "The first 2,000 of 10,000 rows in this order; the CSV has all."
    )
    count = details.get_by_role("button", name="count", exact=True)
    count.click()
    expect(details.locator("tbody tr").first.locator("td").nth(3)).to_have_text("48")
    expect(details.locator("th").nth(3)).to_have_attribute("aria-sort", "descending")
    count.click()
    expect(details.locator("tbody tr").first.locator("td").nth(3)).to_have_text("0")


def test_what_was_not_measured_is_hatched_with_its_reason(bottlenecks: Page) -> None:
    figure = panel(bottlenecks, "Time")
    expect(figure.locator("text", has_text="an input takes no time")).to_be_visible()
    expect(figure.locator("rect[stroke-dasharray]")).to_have_count(1)
    _, text = saved(figure, "CSV")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["node", "time (s)", "low", "high", "series"]
    assert rows[3] == ["input:x", "an input takes no time", "", "", "forward"]
    expect(bottlenecks.locator("main.current")).to_contain_text("Not measured: the rest: no time")


def test_pointing_at_a_node_rings_it_in_every_chart_and_a_click_chooses_it(
    bottlenecks: Page,
) -> None:
    points, bars = panel(bottlenecks, "Two nodes"), panel(bottlenecks, "Time")
    label = points.locator("text", has_text="block.fc").last.bounding_box()
    assert label is not None
    at = (label["x"] - 9, label["y"] + label["height"] / 2)
    bottlenecks.mouse.move(*at)
    expect(points.locator(".readout")).to_contain_text("block.fc")
    expect(bars.locator(".ring")).to_have_count(1)
    bottlenecks.mouse.click(*at)
    assert bottlenecks.evaluate("window.torchatlas.selected()") == "block.fc"
    bottlenecks.get_by_role("tab", name="Bottlenecks").click()
    for figure in (panel(bottlenecks, "Two nodes"), panel(bottlenecks, "Time")):
        expect(figure.locator(".ring.chosen")).to_have_count(1)


def test_the_chosen_node_is_ringed_without_drawing_again(bottlenecks: Page) -> None:
    figure = panel(bottlenecks, "Time")
    figure.locator(".sheet").last.evaluate("sheet => { window.before = sheet }")
    bottlenecks.evaluate("window.torchatlas.select('block/add:0')")
    expect(figure.locator(".ring.chosen")).to_have_count(1)
    assert figure.locator(".sheet").last.evaluate("sheet => sheet === window.before")


def test_marks_are_walked_by_keyboard_and_chosen(bottlenecks: Page) -> None:
    figure = panel(bottlenecks, "Time")
    figure.get_by_role("group").focus()
    bottlenecks.keyboard.press("ArrowDown")
    bottlenecks.keyboard.press("ArrowDown")
    expect(figure.locator(".readout")).to_contain_text("block/add:0: forward 1 ms, 500 µs to 2 ms")
    bottlenecks.keyboard.press("Enter")
    assert bottlenecks.evaluate("window.torchatlas.selected()") == "block/add:0"


def test_points_without_a_place_are_counted_beside_the_axes(bottlenecks: Page) -> None:
    figure = panel(bottlenecks, "Scatter")
    words = figure.locator("text", has_text="Beside the axes")
    expect(words).to_contain_text("work not measured ×2; time NaN ×1; work 0 ×1; time Inf ×1")


def test_a_scatter_is_zoomed_in_both_directions(bottlenecks: Page) -> None:
    figure = panel(bottlenecks, "Two nodes")
    drag(figure.locator(".plot-over"), (0.1, 0.5), (0.4, 0.95))
    expect(figure.locator("text", has_text="block.fc")).not_to_have_count(0)
    expect(figure.locator("text", has_text="block/add:0")).to_have_count(0)
    figure.get_by_role("button", name="Show all").click()
    expect(figure.locator("text", has_text="block/add:0")).not_to_have_count(0)


def test_a_theme_switch_draws_in_its_colours(bottlenecks: Page) -> None:
    def bar() -> str | None:
        shape = panel(bottlenecks, "Time").locator(".plot-body .sheet rect").first
        return shape.get_attribute("fill")

    assert bar() == "#8a93a1"
    bottlenecks.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect(panel(bottlenecks, "Time").locator(".plot-body .sheet rect").first).to_have_attribute(
        "fill", "#5f6876"
    )


def test_a_chart_follows_the_width_of_the_window(bottlenecks: Page) -> None:
    sheet = panel(bottlenecks, "Two nodes").locator(".sheet").last
    before = sheet.bounding_box()
    bottlenecks.set_viewport_size({"width": 800, "height": 700})
    bottlenecks.wait_for_timeout(200)
    after = sheet.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] != before["width"]
    text = sheet.locator("text").first.evaluate("text => getComputedStyle(text).fontSize")
    assert text in {"10px", "11px"}, "letters keep their size"


@pytest.mark.parametrize("name", ["training", "generalisation", "bottlenecks"])
def test_paper_shows_vectors_in_light_colours(opened: Opened, charts: Path, name: str) -> None:
    page = opened.open(charts, f"#page={name}")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    figures = page.locator("figure.panel:visible")
    expect(page.locator("figure.panel:visible svg.printed")).to_have_count(figures.count())
    expect(page.locator("canvas:visible")).to_have_count(0)
    background = "getComputedStyle(document.querySelector('main.current .card')).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    expect(page.get_by_role("button", name=re.compile("as SVG$")).first).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.locator("svg.printed")).to_have_count(0)


def test_fingers_pinch_a_series(opened: Opened, charts: Path) -> None:
    page = opened.open(charts, "#page=training")
    figure = panel(page, "accuracy")
    box = figure.locator(".u-over").bounding_box()
    assert box is not None
    touch = """([x, y, width]) => {
        const over = document.elementFromPoint(x + width / 2, y);
        const send = (kind, id, at) => over.dispatchEvent(new PointerEvent(kind, {
            pointerId: id, pointerType: "touch", clientX: x + at * width, clientY: y, bubbles: true,
        }));
        send("pointerdown", 11, 0.4); send("pointerdown", 12, 0.6);
        send("pointermove", 11, 0.2); send("pointermove", 12, 0.8);
        send("pointerup", 11, 0.2); send("pointerup", 12, 0.8);
    }"""
    page.evaluate(touch, [box["x"], box["y"] + 40, box["width"]])
    expect(figure.get_by_role("button", name="Show all")).to_be_visible()


def test_files_come_out_of_a_sandboxed_frame_and_the_page_says_what_may_stop_them(
    opened: Opened, charts: Path, tmp_path: Path
) -> None:
    frame = (
        f'<iframe sandbox="allow-scripts allow-downloads" src="{charts.as_uri()}#page=training" '
        'style="width:1200px;height:800px"></iframe>'
    )
    around = tmp_path / "notebook.html"
    around.write_text(frame, encoding="utf-8")
    page = opened.page
    page.goto(around.as_uri())
    inside = page.frame_locator("iframe")
    button = inside.get_by_role("button", name="Save loss as CSV")
    with page.expect_download() as waiting:
        button.click()
    assert waiting.value.suggested_filename == "curves-loss.csv"
    expect(inside.locator("[role=status]", has_text="If no file came")).to_be_visible()


def test_the_inspector_s_charts_have_files_and_a_table(opened: Opened, report: Path) -> None:
    page = opened.open(report, "#page=graph&node=head")
    inspector = page.get_by_role("complementary", name="Inspector")
    with page.expect_download() as waiting:
        inspector.get_by_role("button", name="Save head as CSV").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    assert text.startswith("value from,value to,values in the bin,series\r\n")
    counts = [
        row for row in csv.DictReader(io.StringIO(text)) if row["series"].startswith("Weights")
    ]
    assert sum(float(row["values in the bin"]) for row in counts) == pytest.approx(64 * 3 + 3)
    inspector.locator("summary", has_text="Show as table").first.click()
    expect(inspector.locator("tbody tr", has_text="Weights").first).to_be_visible()
