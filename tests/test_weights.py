"""`ta.weights`, `torchatlas weights` and comparisons of checkpoints, from file to report."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from benchmarks.memory import peak_growth_bytes
from safetensors.torch import save_file, save_model
from torch import nn

import torchatlas as ta
from torchatlas import checkpoints
from torchatlas.capture import checkpoint_safetensors
from torchatlas.cli import main
from torchatlas.run import TensorSummary


def block() -> nn.Module:
    parts = {"fc": nn.Linear(4, 4), "norm": nn.LayerNorm(4)}
    return nn.ModuleDict(parts)


class Tiny(nn.Module):
    def __init__(self, blocks: int = 3) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.layers = nn.ModuleList(block() for _ in range(blocks))
        self.bn = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 10, bias=False)


def saved(folder: Path, model: nn.Module, form: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if form == "safetensors":
        save_file(model.state_dict(), folder / "model.safetensors")
        return folder / "model.safetensors"
    if form == "pt":
        torch.save({"state_dict": model.state_dict(), "epoch": 1}, folder / "model.pt")
        return folder / "model.pt"
    if form == "shards":
        files = ("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")
        state = list(model.state_dict().items())
        halves = dict(state[: len(state) // 2]), dict(state[len(state) // 2 :])
        for file, half in zip(files, halves, strict=True):
            torch.save(half, folder / file)
        weight_map = {name: file for file, half in zip(files, halves, strict=True) for name in half}
        index = {"metadata": {}, "weight_map": weight_map}
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
        return folder
    import warnings

    import torch.distributed.checkpoint as dcp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save({"model": model.state_dict()}, checkpoint_id=folder / "step_7")
    return folder / "step_7"


def summaries(atlas: ta.Atlas) -> dict[str, TensorSummary]:
    return {row["tensor"]: row["summary"] for row in atlas.tables["distributions"].rows()}


@pytest.mark.parametrize("form", ["safetensors", "pt", "shards", "distributed"])
def test_every_form_gives_the_same_numbers(tmp_path: Path, form: str) -> None:
    model = Tiny()
    atlas = ta.weights(saved(tmp_path / "c", model, form))
    found = summaries(atlas)
    assert set(found) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        expected = TensorSummary.of(parameter.detach().numpy())
        assert found[name].count == expected.count
        assert found[name].minimum == expected.minimum
        assert found[name].total == pytest.approx(expected.total, rel=1e-5, abs=1e-5)
        assert found[name].bin_counts.tolist() == expected.bin_counts.tolist()
    kinds = {row["tensor"]: row["kind"] for row in atlas.tables["parameters"].rows()}
    buffers = {name for name, kind in kinds.items() if kind == "buffer"}
    assert buffers == {name for name, _ in model.named_buffers()}
    assert atlas.run.model is not None
    assert atlas.run.model.parameter_count == sum(p.numel() for p in model.parameters())
    assert (atlas.run.model.trainable_count, atlas.run.model.training) == (None, None)
    assert set(atlas.views) >= {"architecture", "parameters", "ridges", "strips"}
    assert [gap for gap in atlas.gaps if gap.what == "parameter"] == []


def test_blocks_fold_and_ids_are_those_of_the_model(tmp_path: Path) -> None:
    model = Tiny(12)
    atlas = ta.weights(saved(tmp_path, model, "safetensors"))
    folds = {row["fold"] for row in atlas.tables["folds"].rows()}
    assert folds == {"layers.0..layers.11"}
    assert atlas.graph is not None
    modules = {name for name, _ in model.named_modules() if name}
    assert {node for node in atlas.graph.nodes if node != "."} == modules
    assert atlas.graph.nodes["layers.3.fc"].type == "linear"
    assert atlas.graph.nodes["bn"].type == "batch norm"
    order = [
        node for node in atlas.graph.nodes if node.startswith("layers.") and node.count(".") == 1
    ]
    assert order == [f"layers.{k}" for k in range(12)]


def test_a_model_in_memory() -> None:
    model = Tiny()
    atlas = ta.weights(model)
    assert set(summaries(atlas)) == {name for name, _ in model.named_parameters()}
    assert atlas.run.name == "Tiny"


def test_tied_tensors_count_once(tmp_path: Path) -> None:
    model = Tiny()
    model.head.weight = model.embed.weight
    for path in (saved(tmp_path / "p", model, "pt"), tmp_path / "m.safetensors"):
        if path.suffix == ".safetensors":
            save_model(model, str(path))
        atlas = ta.weights(path)
        tied = [row for row in atlas.tables["parameters"].rows() if row["tied_to"]]
        assert len(tied) == 1
        assert atlas.run.model is not None
        assert atlas.run.model.parameter_count == sum(p.numel() for p in model.parameters())


def test_every_kind_of_element_is_right_or_a_gap(tmp_path: Path) -> None:
    tensors = {
        "half.weight": torch.randn(4, 4).half(),
        "bf.weight": torch.randn(4, 4).bfloat16(),
        "eight.weight": torch.randn(4, 4).to(torch.float8_e4m3fn),
        "q.weight": torch.randint(-100, 100, (4, 4), dtype=torch.int8),
        "flag": torch.tensor([True, False]),
        "scalar": torch.tensor(3.0),
        "none": torch.empty(0, 5),
        "z": torch.randn(2, dtype=torch.complex64),
        "bn.running_var": torch.tensor([1.0, float("nan")]),
    }
    save_file(tensors, tmp_path / "m.safetensors")
    atlas = ta.weights(tmp_path / "m.safetensors")
    found = summaries(atlas)
    assert found["eight.weight"].maximum == float(tensors["eight.weight"].float().max())
    assert found["q.weight"].minimum == float(tensors["q.weight"].min())
    assert (found["scalar"].count, found["none"].count) == (1, 0)
    assert found["bn.running_var"].nan == 1  # a buffer has a row where it is not finite
    assert "flag" not in found
    (gap,) = (gap for gap in atlas.gaps if gap.what == "parameter")
    assert gap.reason.startswith("z has no distribution: its dtype (torch.complex64)")
    assert [finding.rule for finding in atlas.findings] == ["nonfinite"]


def test_hostile_names_become_a_tree_and_a_report(tmp_path: Path) -> None:
    names = ["", ".", "..", "a..b", "a.b#1.weight", "a/b:0.w", "x" * 5000 + ".weight", "a", "a.b"]
    names += [".".join(["deep"] * 2000), "<script>alert(1)</script>.weight", "\u202eevil.weight"]
    names += ["__proto__.weight", "constructor.weight", "%.weight"]
    save_file({name: torch.ones(2, 2) for name in names}, tmp_path / "m.safetensors")
    atlas = ta.weights(tmp_path / "m.safetensors")
    assert atlas.graph is not None
    for node in atlas.graph.nodes.values():
        assert node.parent is None or node.parent in atlas.graph.nodes
    owners = {row["tensor"]: row["node"] for row in atlas.tables["parameters"].rows()}
    assert set(owners) == set(names)
    assert set(owners.values()) <= set(atlas.graph.nodes)
    page = atlas.save(tmp_path / "r.html").read_text()
    assert "<script>alert(1)" not in page
    counts = {row["node"]: row["parameter_count"] for row in atlas.tables["nodes"].rows()}
    assert counts["."] == 4 * len(names)


def test_memory_holds_one_tensor_and_not_the_file(tmp_path: Path) -> None:
    size = 8 * 2**20
    state = {f"layers.{k}.weight": torch.ones(size // 4) for k in range(24)}
    save_file(state, tmp_path / "m.safetensors")
    torch.save(state, tmp_path / "m.pt")
    del state
    ta.weights(tmp_path / "m.safetensors")  # what is loaded once is not counted
    for file in ("m.safetensors", "m.pt"):
        grown = peak_growth_bytes(lambda file=file: ta.weights(tmp_path / file))
        if grown is not None:
            assert grown < 8 * size, file
        if grown is not None:
            both = peak_growth_bytes(lambda file=file: ta.compare(tmp_path / file, tmp_path / file))
            assert both is not None
            assert both < 9 * size, file


def test_ctrl_c_keeps_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, Tiny(), "safetensors")
    reader = checkpoint_safetensors.SafetensorsTensors
    read, calls = reader.read, []

    def interrupted(self: Any, name: str) -> torch.Tensor:
        calls.append(name)
        if len(calls) > 5:
            raise KeyboardInterrupt
        return read(self, name)

    monkeypatch.setattr(reader, "read", interrupted)
    atlas = ta.weights(path)
    (gap,) = (gap for gap in atlas.gaps if gap.what == "parameter")
    assert gap.reason == "stopped by hand after 5 of 19 tensors"
    calls.clear()
    compared = ta.compare(path, path)
    kinds = [row["kind"] for row in compared.tables["tensor_differences"].rows()]
    assert kinds[:2] == ["same", "same"]
    assert set(kinds[3:]) == {"not compared"}


def test_a_series_is_steps_of_one_run(tmp_path: Path) -> None:
    model = Tiny()
    for step in (100, 20, 3):
        saved(tmp_path / "run" / f"checkpoint-{step}", model, "safetensors")
        with torch.no_grad():
            model.head.weight *= 2
    for source in (tmp_path / "run", sorted((tmp_path / "run").iterdir())):
        atlas = ta.weights(source)
        rows = [
            row for row in atlas.tables["distributions"].rows() if row["tensor"] == "head.weight"
        ]
        assert [row["step"] for row in rows] == [3, 20, 100]
        assert rows[0]["summary"].norm > rows[2]["summary"].norm
        assert atlas.run.facts["checkpoints"] == "3, from 3 to 100"
        assert "checkpoint-3 is 3" in atlas.run.facts["order"]
    assert len(ta.load(tmp_path / "run").tables["distributions"]) == 3 * len(
        list(model.parameters())
    )


def test_a_series_in_which_the_model_changes(tmp_path: Path) -> None:
    for epoch, width in ((1, 2), (2, 3)):
        state = {"fc.weight": torch.ones(width), f"only{epoch}": torch.ones(1)}
        torch.save(state, tmp_path / f"epoch_{epoch}.pt")
    atlas = ta.weights(tmp_path)
    assert atlas.graph is not None
    notes = " ".join(atlas.graph.capture.notes)
    assert "not in every checkpoint: only1, only2" in notes
    assert "of another shape in some: fc.weight" in notes


def changed_pair(tmp_path: Path) -> tuple[Path, Path]:
    model = Tiny()
    state = model.state_dict()
    save_file(state, tmp_path / "a.safetensors")
    state = {name: tensor.clone() for name, tensor in state.items()}
    state["head.weight"] *= -1
    state["embed.weight"] = torch.ones(11, 4)
    state["bn.weight"] = state["bn.weight"].half()
    state["new.weight"] = torch.ones(2, 2)
    del state["bn.bias"]
    save_file(state, tmp_path / "b.safetensors")
    return tmp_path / "a.safetensors", tmp_path / "b.safetensors"


def test_two_checkpoints_are_compared_tensor_by_tensor(tmp_path: Path) -> None:
    compared = ta.compare(*changed_pair(tmp_path))
    rows = {row["tensor"]: row for row in compared.tables["tensor_differences"].rows()}
    kinds = {name: row["kind"] for name, row in rows.items() if row["kind"] != "same"}
    assert kinds == {
        "head.weight": "changed",
        "embed.weight": "reshaped",
        "bn.weight": "retyped",
        "new.weight": "added",
        "bn.bias": "removed",
    }
    head = rows["head.weight"]
    assert head["cosine"] == pytest.approx(-1.0)
    assert head["relative_norm"] == pytest.approx(2.0)
    assert head["changed_elements"] == head["elements"] == 40
    assert head["node"] == "head"
    assert (rows["embed.weight"]["before_shape"], rows["embed.weight"]["shape"]) == ("10×4", "11×4")
    assert rows["bn.weight"]["relative_norm"] == 0.0
    assert rows["layers.0.fc.weight"]["difference_norm"] == 0.0
    assert "changes" in compared.views
    assert compared.comparison is not None
    assert compared.comparison.names == ("a.safetensors", "b.safetensors")
    text = compared.plot("changes", "text")
    assert "head.weight" in text
    opened = ta.load(compared.save(tmp_path / "c.html"))
    assert len(opened.tables["tensor_differences"]) == len(rows)


def test_a_model_and_its_checkpoint_and_wrappers_in_names(tmp_path: Path) -> None:
    model = Tiny()
    wrapped = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save(wrapped, tmp_path / "ddp.pt")
    compared = ta.compare(model, tmp_path / "ddp.pt")
    kinds = {row["kind"] for row in compared.tables["tensor_differences"].rows()}
    assert kinds == {"same"}
    assert "wrappers were overlooked" in compared.run.facts["names"]


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ta.RunError, match="there is no file nowhere"):
        ta.weights("nowhere")
    with pytest.raises(ta.RunError, match="a dict has no weights to look at: hand over a model"):
        ta.weights({})  # type: ignore[arg-type]
    with pytest.raises(ta.RunError, match="a series is a list of paths"):
        ta.weights([])
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(ta.RunError, match="is no checkpoint by its name"):
        ta.weights(tmp_path / "x.txt")


def test_a_file_that_becomes_shorter_while_it_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path, Tiny(), "safetensors")
    opened = checkpoints.open_weights(path)
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(ta.RunError, match="it became shorter while it was read"):
        [opened.read(entry) for entry in opened.entries.values()]


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = changed_pair(tmp_path)
    report = tmp_path / "r.html"
    assert main(["weights", str(before), "-o", str(report)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("a.safetensors: 172 parameters in 16 tensors, 3 buffers, ")
    assert said.endswith(f"Report: {report}\n")
    assert ta.load(report).run.name == "a.safetensors"
    assert main(["weights", str(before), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["tensor"] for row in told["parameters"]} >= {"head.weight", "bn.running_var"}
    assert main(["compare", str(before), str(after)]) == 0
    said = capsys.readouterr().out
    assert "1 changed, 1 retyped, 1 reshaped, 1 added, 1 removed, 15 same" in said
    assert "relative 2, cosine -1.000000, largest" in said
    assert main(["compare", str(before), str(after), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tensor_differences"]) == 20
    assert main(["weights", str(tmp_path / "none.pt")]) == 1
    assert "there is no file" in capsys.readouterr().err


def test_headers_need_no_torch(tmp_path: Path) -> None:
    import subprocess

    path = saved(tmp_path, Tiny(), "safetensors")
    code = (
        "import sys; from pathlib import Path; "
        "from torchatlas.store.checkpoint_files import checkpoint_files; "
        f"print(len(checkpoint_files(Path({str(path)!r})).tensors), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "19 False\n"
