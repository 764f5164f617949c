"""The command line: exit codes, and what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.cli import main
from torchatlas.report import read_html
from torchatlas.run import to_json


def tiny_model():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU())


def run_cli(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "torchatlas", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        check=False,
    )


def test_the_version_is_told():
    done = run_cli("--version")
    assert (done.returncode, done.stdout) == (0, f"torchatlas {ta.__version__}\n")


def test_importing_the_command_line_loads_no_torch():
    code = "import sys, torchatlas.cli; print([m for m in ('torch', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("chosen", "expected"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "x"}, "x")])
def test_threads_sleep_where_they_wait_unless_told_otherwise(monkeypatch, chosen, expected):
    monkeypatch.setattr("os.environ", chosen)
    main(["report", "nowhere"])
    assert chosen["OMP_WAIT_POLICY"] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["demo", "--epochs", "0"], "argument --epochs: 0 is not 1 or more"),
        (["demo", "--epochs", "x"], "argument --epochs: 'x' is no whole number"),
        (["demo", "--data", "mnist"], "argument --data: invalid choice: 'mnist'"),
        (["view"], "the following arguments are required: MODEL"),
        (["report"], "the following arguments are required: RUN_FOLDER"),
    ],
)
def test_wrong_usage_is_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "view", "export", "compare", "report"])
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: torchatlas {command}" in capsys.readouterr().out


def test_an_error_is_one_line_and_1(tmp_path, capsys):
    assert main(["report", str(tmp_path / "nothing")]) == 1
    captured = capsys.readouterr()
    assert captured.err == f"torchatlas: there is no file or folder {tmp_path / 'nothing'}\n"
    assert captured.out == ""


def test_cifar10_without_data_and_network_is_one_message(tmp_path):
    offline = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    root = str(tmp_path / "data")
    done = run_cli("demo", "--data", "cifar10", "--root", root, no_proxy="", **offline)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(rf"torchatlas: CIFAR-10 is not in {re.escape(root)} .*\n", done.stderr)


def test_ctrl_c_is_130(monkeypatch):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("torchatlas.api.load", interrupt)
    assert main(["report", "anywhere"]) == 130


def test_view_saves_a_report_of_a_model_of_ones_own(tmp_path, capsys):
    path = tmp_path / "tiny.html"
    assert main(["view", f"{__name__}:tiny_model", "--input", "2x4", "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"Report: {path}\n"
    atlas = ta.load(path)
    assert atlas.run.model.parameter_count == 15
    assert atlas.graph.capture.status == "complete"


def test_view_without_input_shows_the_modules(tmp_path):
    path = tmp_path / "tiny.html"
    assert main(["view", f"{__name__}:tiny_model", "-o", str(path)]) == 0
    assert ta.load(path).graph.capture.status == "partial"


class Masked(nn.Linear):
    def forward(self, x, mask=None):
        return super().forward(x) * mask


def masked_model():
    return Masked(4, 3)


def test_inputs_are_given_by_name_too(tmp_path, capsys):
    path = tmp_path / "x.json"
    name = f"{__name__}:masked_model"
    given = ("--input", "2x4", "--input", "mask=2x3")
    assert main(["export", name, *given, "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"Written: {path}\n"
    graph = ta.load(path).graph
    assert graph.capture.status == "complete"
    assert {"input:x", "input:mask"} <= set(graph.nodes)
    assert main(["export", name, "--input", "mask", "-o", str(path)]) == 1
    assert "'mask' is no input" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("timm:test_resnet", "1x3x160x160 (what timm gives as its input size"),
        ("transformers:distilbert", "input_ids=1x16:int64 (what its configuration says of sizes"),
    ],
)
def test_a_model_of_a_library_has_an_input_of_its_own(name, taken, tmp_path, capsys):
    path = tmp_path / "x.json"
    assert main(["export", name, "-o", str(path)]) == 0
    assert capsys.readouterr().out == (f"Input: {taken}; --input gives another)\nWritten: {path}\n")
    assert ta.load(path).graph.capture.status == "complete"


def test_a_report_of_a_recorded_run(tmp_path, capsys):
    with ta.record(tmp_path / "run", tiny_model()) as recorder:
        recorder.log(loss=0.5)
    path = tmp_path / "x.html"
    assert main(["report", str(tmp_path / "run"), "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"Report: {path}\n"
    assert ta.load(path).tables["scalars"].cells["value"] == [0.5]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("program") / "tiny.pt2"
    torch.export.save(torch.export.export(tiny_model(), (torch.randn(2, 4),)), path)
    return path


def test_view_opens_an_exported_program(exported, tmp_path, capsys):
    path = tmp_path / "x.html"
    assert main(["view", str(exported), "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"Report: {path}\n"
    assert "0/linear:0" in ta.load(path).graph.nodes
    assert main(["view", str(exported), "--input", "2x4", "-o", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"torchatlas: --input is for a model, and {exported} is a file\n"
    )


def test_export_takes_files_and_names_of_models(exported, tmp_path, capsys):
    dot = tmp_path / "x.dot"
    assert main(["export", str(exported), "-o", str(dot), "--depth", "0"]) == 0
    assert capsys.readouterr().out == f"Written: {dot}\n"
    assert '"0" -> "1" [label="2×3"]' in dot.read_text()
    json = tmp_path / "x.json"
    name = f"{__name__}:tiny_model"
    assert main(["export", name, "--input", "2x4", "-o", str(json)]) == 0
    assert main(["export", str(json), "-o", str(dot), "--direction", "LR"]) == 0
    assert "rankdir=LR" in dot.read_text()
    other = tmp_path / "x.txt"
    assert main(["export", str(json), "-o", str(other), "--to", "model-explorer"]) == 0
    assert '"sourceNodeId": "0/linear:0"' in other.read_text()


def test_export_says_what_it_cannot_do(exported, tmp_path, capsys):
    assert main(["export", str(exported), "-o", str(tmp_path / "x.bmp")]) == 1
    assert (
        "does not say what to write: end it with .svg, .png, .pdf, .json, .dot or"
        in capsys.readouterr().err
    )
    assert main(["export", str(exported), "--input", "2x4", "-o", str(tmp_path / "x.dot")]) == 1
    assert "--input is for a model" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "no.pt2"), "-o", str(tmp_path / "x.dot")]) == 1
    assert "there is no file or folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def saved(tmp_path):
    """A saved graph of `tiny_model`, and one of it with another width."""
    paths = []
    for width in (3, 5):
        model = nn.Sequential(nn.Linear(4, width), nn.ReLU())
        atlas = ta.visualize_model(model, torch.zeros(1, 4), include=())
        paths.append(str(atlas.save(tmp_path / f"width{width}.json")))
    return paths


def test_compare_prints_a_line_for_each_difference(saved, capsys):
    assert main(["compare", *saved]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{saved[0]} → {saved[1]}: 5 changed"
    assert "~ 0  out_features: 3 → 5" in lines
    assert len(lines) == 6


def test_compare_with_itself(saved, capsys):
    assert main(["compare", saved[0], saved[0]]) == 0
    assert capsys.readouterr().out == f"{saved[0]} → {saved[0]}: no differences\n"


def test_compare_for_scripts(saved, tmp_path, capsys):
    report = tmp_path / "compared.html"
    assert main(["compare", *saved, "--json", "-o", str(report)]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["name"] == f"{saved[0]} → {saved[1]}"
    assert {row["kind"] for row in told["differences"]} == {"changed"}
    assert captured.err == f"Written: {report}\n"
    assert ta.load(report).run.name == told["name"]


def test_compare_a_model_with_a_file(saved, capsys):
    name = f"{__name__}:tiny_model"
    code = main(["compare", name, saved[0], "--input", "1x4"])
    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    assert captured.out == f"{name} → {saved[0]}: no differences\n"


def test_compare_files_with_an_input_is_an_error(saved, capsys):
    assert main(["compare", *saved, "--input", "1x4"]) == 1
    message = f"--input is for a model, and {saved[0]} and {saved[1]} are files"
    assert capsys.readouterr().err == f"torchatlas: {message}\n"


def test_compare_with_what_is_not_there(saved, capsys):
    assert main(["compare", saved[0], "nowhere"]) == 1
    assert capsys.readouterr().err == "torchatlas: there is no file or folder nowhere\n"


def test_compare_prints_also_where_the_terminal_knows_no_arrow(saved):
    done = run_cli("compare", *saved, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"{saved[0]} ? {saved[1]}: 5 changed"


def test_a_report_leaves_code_out_when_asked(tmp_path: Path) -> None:
    def document(*more: str) -> str:
        path = tmp_path / f"{len(more)}.html"
        model = ["torchvision:squeezenet1_0", "--input", "1x3x64x64"]
        assert main(["view", *model, "-o", str(path), *more]) == 0
        return json.dumps(to_json(read_html(path)))

    assert "self.features(x)" in document()
    assert "self.features(x)" not in document("--no-code")


def test_a_comparison_is_written_with_both_graphs(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    names = ["torchvision:squeezenet1_0", "torchvision:squeezenet1_1"]
    assert main(["compare", *names, "--input", "1x3x64x64", "-o", str(path)]) == 0
    comparison = read_html(path).comparison
    assert comparison is not None
    assert comparison.names == tuple(names)
    assert comparison.runs[0].graph is not None
