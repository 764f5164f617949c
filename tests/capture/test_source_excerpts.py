"""The lines of code that are kept: those around calls, each once, of Python files that ran."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import torch

import torchatlas as ta
from torchatlas.capture import source_excerpts as excerpts_module
from torchatlas.capture.source_excerpts import AROUND, source_excerpts
from torchatlas.run import ROOT, Graph, Node, SourceLocation

CODE = """\
import torch
from torch import nn

# far above
#
#
#
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc(x)
        return x.relu()
#
#
#
#
# far below: the password
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.nn.Module]:
    (tmp_path / "quoted_net.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("quoted_net").Net()
    sys.modules.pop("quoted_net", None)


def graph_calling(file: str, *lines: int) -> Graph:
    root = Node(ROOT, "module", "net", "Net", None)
    calls = [
        Node(f"/op:{i}", "op", "op", "op", ROOT, source=SourceLocation(file, line, "forward"))
        for i, line in enumerate(lines)
    ]
    return Graph({node.id: node for node in (root, *calls)})


def test_lines_around_the_calls_are_kept_and_no_others(net: torch.nn.Module) -> None:
    atlas = ta.visualize_model(net, torch.zeros(1, 4), include=())
    (excerpt,) = atlas.run.excerpts
    assert excerpt.file.endswith("quoted_net.py")
    assert excerpt.first_line == 14 - AROUND
    assert "        x = self.fc(x)" in excerpt.lines
    assert len(excerpt.lines) == 2 + 2 * AROUND
    assert not any("password" in line or "far above" in line for line in excerpt.lines)


def test_code_can_be_left_out_from_the_start_or_of_a_file(
    net: torch.nn.Module, tmp_path: Path
) -> None:
    inputs = torch.zeros(1, 4)
    atlas = ta.visualize_model(net, inputs, include="backward")
    assert "self.fc(x)" in atlas.save(tmp_path / "with.json").read_text()
    without = atlas.save(tmp_path / "without.json", code=False).read_text()
    assert "self.fc(x)" not in without
    assert "quoted_net.py" in without
    assert atlas.run.excerpts, "the atlas itself keeps them"
    never = ta.visualize_model(net, inputs, include="backward", code=False)
    assert "self.fc(x)" not in never.save(tmp_path / "never.json").read_text()


def test_lines_of_a_comparison_are_left_out_on_both_sides(
    net: torch.nn.Module, tmp_path: Path
) -> None:
    atlas = ta.visualize_model(net, torch.zeros(1, 4), include=())
    compared = ta.compare(atlas, atlas)
    assert compared.save(tmp_path / "with.json").read_text().count("return x.relu()") > 1
    assert "return x.relu()" not in compared.save(tmp_path / "no.json", code=False).read_text()


def test_stretches_that_touch_are_one(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text("\n".join(f"line {i}" for i in range(1, 101)))
    far = 2 * AROUND + 2
    found = source_excerpts(graph_calling(str(file), 10, 10, 10 + far - 1, 10 + 2 * far + 9))
    assert [(each.first_line, len(each.lines)) for each in found] == [
        (10 - AROUND, far - 1 + 2 * AROUND + 1),
        (10 + 2 * far + 9 - AROUND, 2 * AROUND + 1),
    ]
    assert found[0].lines[AROUND] == "line 10"


@pytest.mark.parametrize("name", ["secret", "secret.txt", "gone.py"])
def test_only_python_files_that_are_there_are_read(tmp_path: Path, name: str) -> None:
    if not name.startswith("gone"):
        (tmp_path / name).write_text("secret\n" * 20)
    assert source_excerpts(graph_calling(str(tmp_path / name), 3)) == ()


def test_lines_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "short.py"
    file.write_text("one\ntwo\n")
    (only,) = source_excerpts(graph_calling(str(file), 0, 2, 99))
    assert (only.first_line, only.lines) == (1, ("one", "two"))


def test_what_is_kept_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "wide.py"
    file.write_text("\n".join("x" * 5_000 for _ in range(200)))
    monkeypatch.setattr(excerpts_module, "MOST_LINES", 20)
    found = source_excerpts(graph_calling(str(file), *range(10, 200, 30)))
    assert sum(len(each.lines) for each in found) <= 20
    assert max(len(line) for each in found for line in each.lines) == 200


def test_a_program_of_a_file_names_files_that_are_never_read(tmp_path: Path) -> None:
    model = torch.nn.Linear(4, 2)
    path = tmp_path / "model.pt2"
    torch.export.save(torch.export.export(model, (torch.zeros(1, 4),)), path)
    assert ta.load(path).run.excerpts == ()
