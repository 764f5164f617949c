"""Two processes under torchrun: each writes its own file, and together they tell of the whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import torchatlas as ta

SCRIPT = Path(__file__).with_name("train_in_ranks.py")


def run_two(folder, kind):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [*command, str(SCRIPT), str(folder), kind],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return ta.load(folder), torch.load(folder.parent / "told.pt")


@pytest.mark.parametrize("kind", ["ddp", "fsdp"])
def test_two_ranks_are_one_run(tmp_path, kind):
    atlas, told = run_two(tmp_path / "run", kind)
    files = sorted(path.name.rpartition(".")[2] for path in (tmp_path / "run").glob("*tfevents*"))
    assert files == ["rank0", "rank1"]
    assert [gap.reason for gap in atlas.gaps if gap.what == "recording"] == []
    scalars = [r for r in atlas.tables["scalars"].rows() if r["name"] == "loss"]
    assert {(row["rank"], row["step"]) for row in scalars} == {
        (rank, step) for rank in (0, 1) for step in range(1, 25)
    }
    rows = atlas.tables["distributions"].rows()
    taken = [(r["quantity"], r["tensor"], r["step"]) for r in rows]
    assert len(taken) == len(set(taken))  # shards are added up, replicas are there once
    at_16 = {(r["quantity"], r["tensor"]): r for r in rows if r["step"] == 16}
    for name, (gradient, _) in told.items():
        whole = torch.tensor(gradient)
        row = at_16["gradient", name]
        assert row["elements"] == whole.numel() == row["summary"].count
        assert row["summary"].norm == pytest.approx(float(whole.norm()), rel=1e-4)
    activation = at_16["activation", "output"]
    assert activation["node"] == "1"
    assert activation["elements"] == 2 * 8 * 5  # each rank has its own batch
    assert activation["rank"] is None
    assert atlas.run.facts["processes"] == "2"
    if kind == "fsdp":
        assert "in parts on several processes" in atlas.graph.capture.notes[0]
    else:
        assert atlas.graph.capture.status == "complete"


def test_a_rank_that_records_alone_stops_nobody(tmp_path):
    script = tmp_path / "alone.py"
    script.write_text(
        "import sys, torch, torchatlas as ta\n"
        "from contextlib import nullcontext\n"
        "from torch import distributed, nn\n"
        "distributed.init_process_group('gloo')\n"
        "model = nn.parallel.DistributedDataParallel(nn.Linear(4, 2))\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "first = distributed.get_rank() == 0\n"
        "recorder = ta.record(sys.argv[1], model, optimizer=optimizer, every=8)\n"
        "with recorder if first else nullcontext():\n"
        "    for step in range(20):\n"
        "        model(torch.ones(2, 4)).sum().backward()\n"
        "        optimizer.step()\n"
        "distributed.destroy_process_group()\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*command, str(script), str(tmp_path / "run")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    steps = ta.load(tmp_path / "run").tables["distributions"].cells["step"]
    assert {0, 8, 16} <= set(steps)


def test_after_a_crash_all_ranks_go_on_from_the_same_step(tmp_path):
    script = tmp_path / "crash.py"
    script.write_text(
        "import os, sys, torch, torchatlas as ta\n"
        "from pathlib import Path\n"
        "from torch import distributed, nn\n"
        "distributed.init_process_group('gloo')\n"
        "rank, folder = distributed.get_rank(), Path(sys.argv[1])\n"
        "model = nn.parallel.DistributedDataParallel(nn.Linear(4, 2))\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "with ta.record(folder, model, optimizer=optimizer, resume='again' in sys.argv) as r:\n"
        "    if 'again' in sys.argv:\n"
        "        (folder.parent / f'step{rank}').write_text(str(r.step))\n"
        "    for step in range(20):\n"
        "        model(torch.ones(2, 4)).sum().backward()\n"
        "        optimizer.step()\n"
        "        if rank == 0 or step < 7:\n"
        "            r.log(loss=1.0)\n"
        "    if 'again' not in sys.argv:\n"
        "        distributed.barrier()\n"
        "        os._exit(0)\n"
        "distributed.destroy_process_group()\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for part in ("first", "again"):
        done = subprocess.run(
            [*command, str(script), str(tmp_path / "run"), part],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert [(tmp_path / f"step{rank}").read_text() for rank in (0, 1)] == ["20", "20"]
