"""Data that nobody wishes for: all kinds of it at once, none of it, hostile names, a huge graph."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.run.documents import full_document

from torchatlas.report import render_html
from torchatlas.run import (
    ROOT,
    TABLES,
    Document,
    Edge,
    Finding,
    Gap,
    Graph,
    Node,
    Run,
    TensorSpec,
    build_table,
)

from .conftest import Opened

pytestmark = pytest.mark.browser

CREATED = "2026-01-01T00:00:00+00:00"
SPEC = TensorSpec((2, 3), "float32", "cpu", 24)
TURNED = "safe\u202egnp.exe\u2066\x1b[31m"
"""A name that turns what follows it, and holds a control character."""
STRANGE = (
    "<img src=x onerror=alert(1)>",
    "שלום.משקל",
    "مرحبا",
    "👩‍🔬🔥",
    "x" * 500,
    TURNED,
    "__proto__",
    "constructor",
)


def module(name: str, order: int = 0, parent: str = ROOT, **more: Any) -> Node:
    return Node(name, "module", name, "Linear", parent, (SPEC,), (SPEC,), order=order, **more)


def graph_of(nodes: list[Node], *edges: tuple[str, str]) -> Graph:
    root = Node(ROOT, "module", "Net", "Net", None)
    joined = tuple(Edge(source, target, SPEC) for source, target in edges)
    return Graph({node.id: node for node in (root, *nodes)}, joined)


def run_of(graph: Graph | None, *, name: str = "odd", **more: Any) -> Run:
    return Run(name, CREATED, graph=graph, **more)


def open_run(opened: Opened, folder: Path, run: Run, address: str = "") -> Page:
    path = folder / "report.html"
    path.write_text(render_html(Document(run)), encoding="utf-8", errors="replace")
    return opened.open(path, address)


def drawn(page: Page) -> set[str]:
    return {node["id"] for node in page.evaluate("window.torchatlas.visibleNodes()")}


VISIT = """async () => {
  const clicked = new Set();
  for (const tab of document.querySelectorAll('[role=tab]')) {
    for (let i = 0; i < 40; i++) {
      tab.click();
      const page = document.querySelector('main.page.current');
      for (const details of page.querySelectorAll('details')) details.open = true;
      const nameOf = (one) => [page.id, one.getAttribute('aria-label') ?? one.textContent].join();
      const seen = [...page.querySelectorAll('button, [role=option], [role=treeitem]')];
      const isNew = (one) => !clicked.has(nameOf(one)) && !one.disabled && one.checkVisibility();
      const next = seen.find(isNew);
      if (!next) break;
      clicked.add(nameOf(next));
      next.click();
      await new Promise((done) => setTimeout(done));
    }
  }
  return clicked.size;
}"""
"""Every page, and on each of them what can be clicked, once."""


def test_a_document_with_everything_opens_and_bears_every_click(
    opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "full.html"
    path.write_text(render_html(full_document()), encoding="utf-8", errors="replace")
    page = opened.open(path)
    page.evaluate("URL.createObjectURL = () => '#'")  # downloads need no file here
    assert page.evaluate(VISIT) > 20
    for button in ("Light or dark", "Light or dark"):
        page.get_by_role("button", name=button).click()
    assert opened.dialogs == []
    assert opened.problems == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in opened.requests)


def test_strange_names_are_shown_as_they_are_written(opened: Opened, tmp_path: Path) -> None:
    nodes = [module(name, i) for i, name in enumerate(STRANGE)]
    edges = list(pairwise(STRANGE))
    findings = (Finding("all_zero", "warning", TURNED, TURNED, TURNED, (TURNED,)),)
    gaps = (Gap("cost", TURNED, TURNED),)
    run = run_of(graph_of(nodes, *edges), name=TURNED, findings=findings, gaps=gaps)
    page = open_run(opened, tmp_path, run)
    assert set(STRANGE) <= drawn(page)
    for name in STRANGE:
        page.evaluate("name => window.torchatlas.select(name)", name)
        assert page.evaluate("window.torchatlas.selected()") == name
    page.evaluate("name => window.torchatlas.select(name)", TURNED)
    shown = page.get_by_role("complementary", name="Inspector").get_by_role("heading", level=1)
    expect(shown).to_have_text("safe\\u202egnp.exe\\u2066\\x1b[31m")
    for tab in page.get_by_role("tab").all():
        tab.click()
        text = page.evaluate(
            """() => [...document.querySelectorAll('#app *')].flatMap((element) =>
              [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data)
                .concat(['title', 'aria-label'].map((name) => element.getAttribute(name) ?? ''))
            ).join(' ')"""
        )
        assert not set("\u202e\u2066\x1b") & set(text)
    assert opened.dialogs == []
    assert opened.problems == []


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ([module("only")], []),
        ([module("a"), module("b", 1), module("c", 2)], []),
        ([module(name, i) for i, name in enumerate("abcd")], [("a", "b"), ("c", "d")]),
        ([], []),
    ],
    ids=["one node", "no edges", "disconnected parts", "no nodes"],
)
def test_small_and_broken_graphs(
    opened: Opened, tmp_path: Path, nodes: list[Node], edges: list[tuple[str, str]]
) -> None:
    page = open_run(opened, tmp_path, run_of(graph_of(nodes, *edges)))
    assert drawn(page) == {node.id for node in nodes}
    page.get_by_role("button", name="Open all").click()
    page.locator(".graph-surface").click()
    for key in ("ArrowDown", "ArrowRight", "Enter", "u", "d", "z", "Escape"):
        page.keyboard.press(key)
    assert opened.problems == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_no_number_anywhere_is_a_number(
    opened: Opened, tmp_path: Path, value: float | None
) -> None:
    graph = graph_of([module("a", atomic=True), module("b", 1, atomic=True)], ("a", "b"))
    tables = {}
    for name, columns in TABLES.items():
        kinds = {column.name: column.kind for column in columns}
        texts = {"node": "a", "tensor": "a.w", "quantity": "gradient", "split": "test"}
        row: dict[str, Any] = {}
        for column, kind in kinds.items():
            if kind == "number":
                row[column] = value
            elif kind == "integer":
                row[column] = 1
            elif kind == "text":
                row[column] = {**texts, "phase": "forward", "name": "loss", "metric": "loss"}.get(
                    column, ""
                )
        tables[name] = build_table(name, [row, {**row, "node": "b"} if "node" in row else row])
    page = open_run(opened, tmp_path, run_of(graph, tables=tables))
    page.evaluate("URL.createObjectURL = () => '#'")
    picker = page.locator(".picker-button")
    picker.click()
    many = page.locator(".picker-list [role=option]").count()
    page.keyboard.press("Escape")
    for i in range(many):
        picker.click()
        page.locator(".picker-list [role=option]").nth(i).click()
    page.evaluate(VISIT)
    page.evaluate("window.torchatlas.select('a')")
    page.get_by_role("tab", name="Bottlenecks").click()
    if value is not None:
        sign = {"nan": "✕ NaN", "inf": "↑ Inf", "-inf": "↓ −Inf"}[str(value)]
        expect(page.locator("#page-bottlenecks table").last).to_contain_text(sign)
    assert opened.problems == []


def test_a_run_without_a_graph_says_so_and_opens_where_it_has_something(
    opened: Opened, tmp_path: Path
) -> None:
    rows = [{"name": "loss", "split": "train", "step": i, "value": 1.0 / (1 + i)} for i in range(5)]
    run = run_of(None, tables={"scalars": build_table("scalars", rows)})
    page = open_run(opened, tmp_path, run)
    expect(page.get_by_role("tab", selected=True)).to_have_text("Training")
    page.get_by_role("tab", name="Graph").click()
    expect(page.get_by_role("heading", name="This run has no graph")).to_be_visible()
    page.locator(".no-graph").get_by_role("button", name="Training").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Training")
    assert opened.problems == []


def test_nothing_measured_is_not_called_healthy(opened: Opened, tmp_path: Path) -> None:
    page = open_run(opened, tmp_path, run_of(graph_of([module("a")])))
    page.get_by_role("tab", name="Findings").click()
    expect(page.locator("#page-findings")).to_contain_text(
        "no measurements that a rule could judge"
    )
    expect(page.locator("#page-findings")).not_to_contain_text("No rule fired")
    page.get_by_role("tab", name="Overview").click()
    expect(page.locator("#page-overview")).not_to_contain_text("No rule fired")


def test_findings_follow_the_chosen_split(opened: Opened, tmp_path: Path) -> None:
    def finding(title: str, split: str | None) -> Finding:
        return Finding("dead_relu", "warning", title, "", "", ("a",), split=split)

    rows = [
        {"split": split, "metric": "accuracy", "value": 0.5, "samples": 9}
        for split in ("train", "test")
    ]
    run = run_of(
        graph_of([module("a")]),
        tables={"evaluation": build_table("evaluation", rows)},
        findings=(
            finding("On train", "train"),
            finding("On test", "test"),
            finding("On both", None),
        ),
    )
    page = open_run(opened, tmp_path, run, "#page=findings")
    findings = page.locator("#page-findings .finding .title")
    expect(findings).to_contain_text(["On train", "On test", "On both"])
    page.locator("#page-findings").get_by_role("button", name="test", exact=True).click()
    expect(page.locator("#page-findings article")).to_have_count(2)
    expect(page.locator("#page-findings article").first).to_contain_text("On test")
    page.evaluate("window.torchatlas.select('a')")
    page.get_by_role("tab", name="Graph").click()
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.locator("article")).to_have_count(2)
    assert opened.problems == []


def huge(groups: int = 100, blocks: int = 50, ops: int = 20) -> Graph:
    """A chain of 100,000 ops in groups and blocks that differ, so that nothing folds."""
    nodes: list[Node] = []
    edges: list[tuple[str, str]] = []
    last: str | None = None
    for g in range(groups):
        nodes.append(Node(f"g{g}", "module", f"g{g}", "Group", ROOT, order=len(nodes)))
        for b in range(blocks):
            block = f"g{g}.b{b}"
            nodes.append(Node(block, "module", f"b{b}", "Block", f"g{g}", order=len(nodes)))
            for o in range(ops):
                op = f"{block}/op:{o}"
                kind = "relu" if (g + b + o) % 3 else "add"
                nodes.append(
                    Node(op, "op", f"op:{o}", kind, block, (SPEC,), (SPEC,), order=len(nodes))
                )
                if last is not None:
                    edges.append((last, op))
                last = op
    return graph_of(nodes, *edges)


@pytest.mark.slow
def test_a_hundred_thousand_nodes_open_closed_and_can_be_searched(
    opened: Opened, tmp_path: Path
) -> None:
    graph = huge()
    assert len(graph.nodes) > 100_000
    page = open_run(opened, tmp_path, run_of(graph))
    assert drawn(page) == {f"g{i}" for i in range(100)}
    notice = page.locator(".graph-notice")
    expect(notice).to_contain_text("only its outermost level is drawn")
    page.evaluate("window.torchatlas.expand('g7.b3')")
    assert {"g7.b3", "g7.b3/op:19"} <= drawn(page)
    page.get_by_role("combobox", name="Find").or_(page.locator(".search input")).first.fill(
        "g93.b41/op:7"
    )
    page.locator("#search-hits [role=option]").first.click()
    assert page.evaluate("window.torchatlas.selected()") == "g93.b41/op:7"
    assert "g93.b41/op:7" in drawn(page)
    page.evaluate("window.torchatlas.expand('all')")
    expect(notice).to_contain_text("too many to draw")
    assert len(drawn(page)) < 50_000
    assert opened.problems == []
