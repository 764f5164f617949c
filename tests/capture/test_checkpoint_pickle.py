"""What torch.save wrote: read without running it, mapped, and refused where it asks for code."""

from __future__ import annotations

import argparse
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from torchatlas.capture.checkpoint import CannotRead
from torchatlas.capture.checkpoint_pickle import PickleTensors
from torchatlas.errors import RunError

MARK = "TORCHATLAS_RAN"


class Evil:
    def __reduce__(self) -> Any:
        return os.putenv, (MARK, "1")


def saved(path: Path, content: Any, **options: Any) -> Path:
    torch.save(content, path, **options)
    return path


def names(path: Path) -> list[str]:
    with PickleTensors([path]) as tensors:
        return [entry.name for entry in tensors.entries]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_dict_of_today_and_of_before_torch_1_6(tmp_path: Path, zipped: bool) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    path = saved(tmp_path / "m.pt", model.state_dict(), _use_new_zipfile_serialization=zipped)
    with PickleTensors([path]) as tensors:
        assert [entry.name for entry in tensors.entries] == list(model.state_dict())
        for name, tensor in model.state_dict().items():
            assert torch.equal(tensors.read(name), tensor)
        assert bool(tensors.notes) is not zipped


def test_the_state_of_a_training_is_taken_apart(tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    state = {
        "epoch": 7,
        "state_dict": model.state_dict(),
        "ema": {"weight": torch.ones(2)},
        "optimizer": optimizer.state_dict(),
    }
    with PickleTensors([saved(tmp_path / "m.ckpt", state)]) as tensors:
        assert [entry.name for entry in tensors.entries] == ["weight", "bias"]
        assert tensors.facts == {"file: epoch": "7"}
        assert tensors.notes == (
            "ema (1 tensor) was left aside: it is not the model's weights",
            "optimizer (6 tensors) was left aside: it is not the model's weights",
        )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"model": {"state_dict": {"a": torch.ones(1)}}}, ["a"]),
        (
            {"generator": {"a": torch.ones(1)}, "critic": {"a": torch.ones(1)}, "optim_g": {}},
            ["generator.a", "critic.a"],
        ),
        ([torch.ones(1), {"b": torch.ones(1)}], ["0", "1.b"]),
        (torch.ones(3), ["tensor"]),
        ({0: torch.ones(1), "0": torch.ones(1)}, ["0", "0 (2)"]),
        ({"": torch.ones(1), "a" * 10_000: torch.ones(1)}, ["", "a" * 10_000]),
    ],
)
def test_odd_contents(tmp_path: Path, content: Any, expected: list[str]) -> None:
    assert names(saved(tmp_path / "m.pt", content)) == expected


def test_a_dictionary_that_holds_itself(tmp_path: Path) -> None:
    own: dict[str, Any] = {"part": {"a": torch.ones(1)}}
    own["part"]["again"] = own
    assert names(saved(tmp_path / "m.pt", own)) == ["part.a"]


def test_tied_tensors_are_found_by_their_storage(tmp_path: Path) -> None:
    shared = torch.randn(4, 4)
    state = {"embed.weight": shared, "head.weight": shared, "rest": shared[:2]}
    with PickleTensors([saved(tmp_path / "m.pt", state)]) as tensors:
        assert [entry.tied_to for entry in tensors.entries] == [None, "embed.weight", None]
        for _ in range(2):  # pages that were given back come again
            assert torch.equal(tensors.read("rest"), shared[:2])
            assert torch.equal(tensors.read("head.weight"), shared)


def test_a_tensor_without_values(tmp_path: Path) -> None:
    state = {"a": torch.empty(2, device="meta"), "b": torch.ones(2)}
    with PickleTensors([saved(tmp_path / "m.pt", state)]) as tensors, pytest.raises(CannotRead):
        tensors.read("a")


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_refused_by_name_and_never_runs(tmp_path: Path, zipped: bool) -> None:
    state = {"a": torch.ones(1), "b": Evil()}
    path = saved(tmp_path / "evil.pt", state, _use_new_zipfile_serialization=zipped)
    os.unsetenv(MARK)
    with pytest.raises(RunError) as caught:
        PickleTensors([path])
    assert str(caught.value).startswith(f"{path} was not loaded: to unpickle it would import and")
    assert "posix.putenv" in str(caught.value)
    assert os.system(f'test -z "${MARK}"') == 0


def test_a_whole_module_and_a_namespace_are_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"call torch.nn.modules.linear.Linear, .*save the weights"):
        names(saved(tmp_path / "m.pt", nn.Linear(1, 1)))
    with pytest.raises(RunError, match=r"import and call argparse.Namespace, and"):
        names(saved(tmp_path / "n.pt", {"args": argparse.Namespace(a=1), "w": torch.ones(1)}))


def test_what_is_damaged(tmp_path: Path) -> None:
    whole = saved(tmp_path / "m.pt", {"a": torch.randn(1000)}).read_bytes()
    for name, content, message in (
        ("cut.pt", whole[:-300], "is a zip that was cut off"),
        ("text.pt", b"hello world, this is text", "was not written by torch.save"),
        ("old.pt", b"\x80\x02\x8a\x0a", "is damaged or was cut off"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(RunError, match=message):
            PickleTensors([path])
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(RunError, match=r"is a zip and no checkpoint: it has no data.pkl"):
        PickleTensors([tmp_path / "other.pt"])
    with pytest.raises(RunError, match="holds no tensors"):
        PickleTensors([saved(tmp_path / "none.pt", {"epoch": 3})])


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_torchscript_is_code(tmp_path: Path) -> None:
    torch.jit.script(nn.Linear(2, 2)).save(tmp_path / "script.pt")
    with pytest.raises(RunError, match=r"is a TorchScript program, with code in it; save its wei"):
        PickleTensors([tmp_path / "script.pt"])
