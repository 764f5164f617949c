"""Which files a checkpoint is made of, and what is said where some are missing or wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from torchatlas.errors import RunError
from torchatlas.store.checkpoint_files import checkpoint_files, is_checkpoint
from torchatlas.store.checkpoint_series import series_in, series_of, worded_step


def sharded(folder: Path, count: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    weight_map = {}
    for number in range(1, count + 1):
        name = f"model-{number:05d}-of-{count:05d}.safetensors"
        save_file({f"layers.{number}.weight": torch.ones(2, 2)}, folder / name)
        weight_map[f"layers.{number}.weight"] = name
    index = {"metadata": {"total_size": 32}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def change_index(folder: Path, name: str, file: object) -> None:
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"][name] = file
    path.write_text(json.dumps(index))


def test_a_folder_with_an_index_and_a_config(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "llama")
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
    (folder / "config.json").write_text(json.dumps(config))
    found = checkpoint_files(folder)
    assert (found.form, found.architecture, found.name) == (
        "safetensors",
        "LlamaForCausalLM",
        "llama",
    )
    assert [one.name for one in found.tensors] == ["layers.1.weight", "layers.2.weight"]
    assert found.facts["files"] == "2"
    assert checkpoint_files(folder / "model.safetensors.index.json").tensors == found.tensors


def test_numbered_files_without_an_index(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m", 3)
    (folder / "model.safetensors.index.json").unlink()
    assert len(checkpoint_files(folder).tensors) == 3
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(RunError, match=r"lacks 1 of the 3 files .*: model-00002-of-00003.safetens"):
        checkpoint_files(folder)


@pytest.mark.parametrize(
    "file", ["../secret.safetensors", "/etc/passwd", "a/b.safetensors", "..", "", "a\\b", 7, None]
)
def test_an_index_never_leads_out_of_its_folder(tmp_path: Path, file: object) -> None:
    folder = sharded(tmp_path / "m")
    save_file({"layers.9.weight": torch.ones(1)}, tmp_path / "secret.safetensors")
    change_index(folder, "layers.9.weight", file)
    with pytest.raises(RunError, match="is not the name of a file beside it; nothing outside"):
        checkpoint_files(folder)


def test_files_that_an_index_names_and_that_are_not_there(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m")
    (folder / "model-00001-of-00002.safetensors").unlink()
    with pytest.raises(RunError, match=r"lacks 1 of the 2 files .* complete the download"):
        checkpoint_files(folder)


def test_an_index_of_another_version(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m")
    change_index(folder, "layers.3.weight", "model-00001-of-00002.safetensors")
    with pytest.raises(RunError, match=r"says that 'layers.3.weight' is in .*, and it is not"):
        checkpoint_files(folder)


def test_one_name_in_two_files(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m")
    save_file({"layers.1.weight": torch.ones(1)}, folder / "model-00002-of-00002.safetensors")
    with pytest.raises(RunError, match=r"'layers.1.weight' is in .* and in .*; only one of them"):
        checkpoint_files(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"weight_map": {}}'])
def test_a_damaged_index(tmp_path: Path, text: str) -> None:
    folder = sharded(tmp_path / "m")
    (folder / "model.safetensors.index.json").write_text(text)
    with pytest.raises(RunError, match=r"index.json (is no JSON|has no weight_map|is empty)"):
        checkpoint_files(folder)


def test_links_are_followed_as_in_a_cache(tmp_path: Path) -> None:
    blobs, folder = tmp_path / "blobs", tmp_path / "snapshot"
    blobs.mkdir()
    folder.mkdir()
    save_file({"fc.weight": torch.ones(2)}, blobs / "0a1b")
    (folder / "model.safetensors").symlink_to(blobs / "0a1b")
    assert [one.name for one in checkpoint_files(folder).tensors] == ["fc.weight"]


def test_of_several_the_model_is_taken_and_the_rest_named(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "model.safetensors")
    for name in ("pytorch_model.bin", "optimizer.pt", "training_args.bin"):
        torch.save({"a": torch.ones(2)}, tmp_path / name)
    found = checkpoint_files(tmp_path)
    assert found.form == "safetensors"
    assert found.notes == (
        "read was model.safetensors; also in the folder, and left aside: pytorch_model.bin",
    )


def test_a_folder_without_or_with_too_many(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no checkpoint: no .safetensors, .pt"):
        checkpoint_files(tmp_path)
    for name in ("left", "right"):
        save_file({"a": torch.ones(2)}, tmp_path / f"{name}.safetensors")
    with pytest.raises(RunError, match=r"several checkpoints \(left.safetensors, right.safet"):
        checkpoint_files(tmp_path)
    assert is_checkpoint(tmp_path)
    inner = tmp_path / "pipeline" / "unet"
    inner.mkdir(parents=True)
    save_file({"a": torch.ones(2)}, inner / "model.safetensors")
    with pytest.raises(RunError, match=r"did you mean .*unet\?"):
        checkpoint_files(tmp_path / "pipeline")


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("checkpoint-500", 500),
        ("epoch=3-step=1200", 1200),
        ("model_epoch_10", 10),
        ("global_step100", 100),
        ("iter_0001000", 1000),
        ("ckpt7", 7),
        ("resnet18-f37072fd", None),
        ("llama-7b", None),
        ("model", None),
        ("best", None),
    ],
)
def test_the_step_in_a_name(name: str, step: int | None) -> None:
    assert worded_step(name) == step


def test_a_series_is_in_the_order_of_its_steps(tmp_path: Path) -> None:
    for step in (1000, 500, 90):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        save_file({"a": torch.ones(2)}, folder / "model.safetensors")
    save_file({"a": torch.ones(2)}, tmp_path / "best.safetensors")
    found = series_in(tmp_path)
    assert found is not None
    series, others = found
    assert series.steps == (90, 500, 1000)
    assert [path.name for path in series.paths] == [f"checkpoint-{n}" for n in (90, 500, 1000)]
    assert others == ("best.safetensors",)
    assert "checkpoint-90 is 90" in series.note


def test_names_that_tell_no_step_keep_the_order_given(tmp_path: Path) -> None:
    series = series_of([tmp_path / "b.pt", tmp_path / "a.pt"])
    assert ([path.name for path in series.paths], series.steps) == (["b.pt", "a.pt"], (0, 1))
    assert "numbered from 0 in the order given" in series.note
    with pytest.raises(RunError, match="is given twice"):
        series_of([tmp_path / "a.pt", tmp_path / "a.pt"])


def test_slices_of_one_model_are_no_series(tmp_path: Path) -> None:
    for number in (0, 1):
        torch.save({"a": torch.ones(2)}, tmp_path / f"consolidated.0{number}.pth")
    assert series_in(tmp_path) is None
