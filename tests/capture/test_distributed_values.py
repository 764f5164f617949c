"""Tensors that are spread over processes: the summaries of all add up to that of the whole."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from tests.capture.summaries import COUNTS

from torchatlas.capture.summarize import summarize
from torchatlas.capture.tensor_values import NotSummarizable

WHOLE = torch.arange(15.0).reshape(5, 3) - 4


def _summaries_on_a_rank(rank: int, folder: str) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    store = dist.FileStore(str(Path(folder) / "store"), 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    try:
        found = {name: _summed_up(name) for name in ("shard", "replicate", "partial")}
        Path(folder, f"{rank}.json").write_text(json.dumps(found))
    finally:
        dist.destroy_process_group()


def _summed_up(name: str) -> list[float] | str:
    from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor

    mesh = dist.device_mesh.init_device_mesh("cpu", (2,))
    if name == "partial":
        tensor = DTensor.from_local(WHOLE, mesh, [Partial()])
    else:
        placement = Shard(0) if name == "shard" else Replicate()
        tensor = distribute_tensor(WHOLE, mesh, [placement])
    try:
        summary = summarize(tensor)
    except NotSummarizable as reason:
        return str(reason)
    return [*(getattr(summary, count) for count in COUNTS), summary.total]


def test_shards_add_and_replicas_count_once(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(_summaries_on_a_rank, (str(tmp_path),), nprocs=2)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    whole = summarize(WHOLE)
    expected = [*(getattr(whole, count) for count in COUNTS), whole.total]
    assert [a + b for a, b in zip(first["shard"], second["shard"], strict=True)] == expected
    assert (first["shard"][0], second["shard"][0]) == (9, 6)  # uneven, and nothing padded
    assert first["replicate"] == expected
    assert second["replicate"] == "it is replicated, and another process counts it"
    reason = "its processes hold parts of a sum that is not taken yet"
    assert (first["partial"], second["partial"]) == (reason, reason)


def test_a_process_outside_the_mesh_holds_nothing() -> None:
    from torch.distributed.tensor import Replicate, distribute_tensor

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        mesh = dist.device_mesh.init_device_mesh("cpu", (1,))
        tensor = distribute_tensor(WHOLE, mesh, [Replicate()])
        assert summarize(tensor).count == 15
        mesh.get_coordinate = lambda: None  # type: ignore[method-assign]
        with pytest.raises(NotSummarizable, match="this process holds no part of it"):
            summarize(tensor)
    finally:
        dist.destroy_process_group()
