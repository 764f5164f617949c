"""Folders of torch.distributed.checkpoint: put together from blocks, and never unpickled freely."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorProperties,
    TensorStorageMetadata,
)

from torchatlas.capture.checkpoint import CannotRead
from torchatlas.capture.checkpoint_distributed import DistributedTensors
from torchatlas.errors import RunError


def save(folder: Path, state: dict[str, Any]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about saving in one process
        dcp.save(state, checkpoint_id=folder)
    return folder


def changed(folder: Path, change: Any) -> Path:
    path = folder / ".metadata"
    metadata = pickle.loads(path.read_bytes())
    change(metadata)
    path.write_bytes(pickle.dumps(metadata))
    return folder


def test_a_model_is_read_and_the_optimizer_left_aside(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optim": optimizer.state_dict(), "epoch": 3}
    with DistributedTensors(save(tmp_path / "d", state)) as tensors:
        assert {entry.name for entry in tensors.entries} == set(model.state_dict())
        for name, tensor in model.state_dict().items():
            assert torch.equal(tensors.read(name), tensor)
        assert tensors.notes[0].startswith("optim (12 tensors) was left aside")


def test_a_tensor_in_blocks(tmp_path: Path) -> None:
    """What two ranks would have written: two blocks, each a tensor of its own in the file."""
    whole = torch.arange(12.0).reshape(4, 3)
    folder = save(tmp_path / "d", {"top": whole[:2].clone(), "low": whole[2:].clone()})

    def join(metadata: Metadata) -> None:
        properties = TensorProperties(torch.float32)
        chunks = [
            ChunkStorageMetadata(torch.Size([start, 0]), torch.Size([2, 3])) for start in (0, 2)
        ]
        joined = TensorStorageMetadata(properties, torch.Size([4, 3]), chunks)
        infos = {index.fqn: info for index, info in metadata.storage_data.items()}
        metadata.state_dict_metadata = {"w": joined}
        metadata.planner_data = {}
        metadata.storage_data = {
            MetadataIndex("w", [0, 0]): infos["top"],
            MetadataIndex("w", [2, 0]): infos["low"],
        }

    with DistributedTensors(changed(folder, join)) as tensors:
        assert torch.equal(tensors.read("w"), whole)

    def lose(metadata: Metadata) -> None:
        del metadata.state_dict_metadata["w"].chunks[1]

    tensors = DistributedTensors(changed(folder, lose))
    with pytest.raises(CannotRead, match="its blocks hold 6 values and it has 12: files of"):
        tensors.read("w")


def test_metadata_with_code_is_refused_by_name(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.system, ("false",)

    folder = save(tmp_path / "d", {"w": torch.ones(2)})
    (folder / ".metadata").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(RunError, match=r"would import and call posix.system, and a pickle can"):
        DistributedTensors(folder)


@pytest.mark.parametrize("file", ["../out.distcp", "/etc/passwd", "", ".."])
def test_files_outside_the_folder(tmp_path: Path, file: str) -> None:
    folder = save(tmp_path / "d", {"w": torch.ones(2)})

    def lead_out(metadata: Metadata) -> None:
        for info in metadata.storage_data.values():
            info.relative_path = file

    with pytest.raises(RunError, match="is not the name of a file beside it; nothing outside"):
        DistributedTensors(changed(folder, lead_out))


def test_what_is_missing_or_damaged(tmp_path: Path) -> None:
    folder = save(tmp_path / "d", {"w": torch.ones(2000)})
    (file,) = folder.glob("*.distcp")
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    with pytest.raises(RunError, match=r"has 100 bytes, and 'w' goes on to byte .*: it was cut"):
        DistributedTensors(folder)
    file.write_bytes(b"x" * len(whole))
    with (
        DistributedTensors(folder) as tensors,
        pytest.raises(RunError, match=r"damaged at 'w'|code"),
    ):
        tensors.read("w")
    file.unlink()
    with pytest.raises(RunError, match=r"lacks .*distcp; copy the whole folder"):
        DistributedTensors(folder)
    (folder / ".metadata").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(RunError, match="is damaged or of another version of torch"):
        DistributedTensors(folder)
