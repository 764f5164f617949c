"""A training on several processes, run by torchrun: `train_in_ranks.py FOLDER ddp|fsdp`."""

import sys
from pathlib import Path

import torch
from torch import distributed, nn
from torch.distributed.fsdp import fully_shard

import torchatlas as ta

STEPS = 24


def main(folder: str, kind: str) -> None:
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    if kind == "fsdp":
        mesh = distributed.device_mesh.init_device_mesh("cpu", (distributed.get_world_size(),))
        trained = fully_shard(model, mesh=mesh)
    else:
        trained = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.1)
    inputs, labels = torch.randn(8, 6) + rank, torch.arange(8) % 3
    # distributions at every multiple of the window; the budget never stands in the way
    with ta.record(
        folder, trained, optimizer=optimizer, every=8, activations="1", example=inputs
    ) as recorder:
        for step in range(1, STEPS + 1):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(trained(inputs), labels)
            loss.backward()
            if step == 16:
                told = {
                    name: [_whole(weight.grad).tolist(), _whole(weight).tolist()]
                    for name, weight in model.named_parameters()
                }
                if rank == 0:
                    torch.save(told, Path(folder).parent / "told.pt")
            optimizer.step()
            recorder.log(loss=loss)
    distributed.destroy_process_group()


def _whole(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


if __name__ == "__main__":
    main(*sys.argv[1:])
