"""The demo from end to end, on a few images."""

import re
import shlex
import subprocess
from dataclasses import dataclass

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.cli import main
from torchatlas.demo import DemoOptions, demo, run_demo


@pytest.fixture(autouse=True)
def nobody_watches(monkeypatch):
    """No browser is opened by these tests."""
    monkeypatch.setenv("CI", "true")


@dataclass
class Finished:
    """One demo that ran to its end, at a display."""

    options: DemoOptions
    lines: list[str]
    opened: list[str]
    model: nn.Module
    atlas: ta.Atlas


@pytest.fixture(scope="module")
def finished(few_digits, tmp_path_factory):
    options = DemoOptions(epochs=2, out=tmp_path_factory.mktemp("demo"))
    lines, opened, models = [], [], []
    build = demo.build_resnet18

    def keep(*args, **kwargs):
        models.append(build(*args, **kwargs))
        return models[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        patch.setenv("DISPLAY", ":0")
        patch.setattr("webbrowser.open", opened.append)
        patch.setattr(demo, "build_resnet18", keep)
        atlas = run_demo(options, lines.append)
    return Finished(options, lines, opened, models[0], atlas)


def test_it_tells_of_training_results_findings_and_report(finished):
    lines = finished.lines
    assert lines[0] == (
        "Training a ResNet-18 on 96 images (32 more to test on) for 2 epochs on cpu"
    )
    assert re.fullmatch(r"Epoch 1 - running loss: \d\.\d{4}", lines[1])
    assert re.fullmatch(r"Epoch 2 - running loss: \d\.\d{4}", lines[2])
    assert lines[3].startswith("Model on Integrated Data (the training images) - accuracy: ")
    assert lines[4].startswith("Model on Test Data - accuracy: ")
    assert lines[5].startswith("\nFindings: ")
    assert len(finished.atlas.findings) == sum(line[2] in "▲◆○" for line in lines[6:-1])
    assert lines[-1] == f"\nReport: {finished.options.report}"


def test_the_running_loss_is_the_mean_over_the_batches(finished):
    rows = finished.atlas.tables["scalars"].rows()
    losses = [r["value"] for r in rows if (r["name"], r["split"]) == ("loss", "train")]
    assert finished.lines[1].endswith(f": {(losses[0] + losses[1]) / 2:.4f}")
    assert finished.lines[2].endswith(f": {(losses[2] + losses[3]) / 2:.4f}")


def test_the_accuracy_told_is_that_of_the_model(finished, few_digits):
    images, labels = (torch.stack(part) for part in zip(*few_digits.test, strict=True))
    with torch.no_grad():
        correct = (finished.model.eval()(images).argmax(1) == labels).double().mean()
    assert f"Model on Test Data - accuracy: {correct:.2%}" in finished.lines


def test_the_report_is_small_and_opened_at_a_display(finished):
    assert finished.options.report.stat().st_size < 3_000_000
    assert finished.opened == [finished.options.report.resolve().as_uri()]


def test_the_run_holds_what_the_report_shows(finished):
    loaded = ta.load(finished.options.run_folder)
    assert set(loaded.tables) == set(finished.atlas.tables)
    scalars = loaded.tables["scalars"].rows()
    steps = {
        (name, split): [r["step"] for r in scalars if (r["name"], r["split"]) == (name, split)]
        for name in ("loss", "accuracy")
        for split in ("train", "test")
    }
    assert steps == {
        ("loss", "train"): [1, 2, 3, 4],
        ("loss", "test"): [2, 4],
        ("accuracy", "train"): [2, 4],
        ("accuracy", "test"): [2, 4],
    }
    assert {row["split"] for row in loaded.tables["evaluation"].rows()} == {"train", "test"}
    assert loaded.run.classes == tuple("0123456789")
    assert loaded.run.facts["seed"] == "0"
    assert not loaded.graph.capture.error


def test_the_same_seed_gives_the_same_numbers(few_digits, tmp_path):
    told = {}
    for number, seed in enumerate((0, 0, 1)):
        lines = told.setdefault(number, [])
        run_demo(DemoOptions(epochs=1, seed=seed, out=tmp_path / str(number)), lines.append)
    assert told[0][:5] == told[1][:5]
    assert told[0][1] != told[2][1]


def test_ctrl_c_leaves_a_run_that_the_command_told_can_open(
    few_digits, tmp_path, monkeypatch, capsys
):
    train, calls = demo.train_epoch, []

    def stop_in_the_second_epoch(model, loader, *rest):
        calls.append(loader)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train(model, loader, *rest)

    monkeypatch.setattr(demo, "train_epoch", stop_in_the_second_epoch)
    out = tmp_path / "my demo"
    assert main(["demo", "--epochs", "3", "--out", str(out)]) == 130
    told = capsys.readouterr().out
    assert "See it with:\n" in told
    subprocess.run(shlex.split(told.splitlines()[-1]), check=True, capture_output=True)
    atlas = ta.load(out / "report.html")
    assert atlas.run.facts["ended by"] == "KeyboardInterrupt"
    assert max(atlas.tables["scalars"].cells["step"]) == 2


def test_cifar10_is_trained_on_from_its_archive(cifar10_folder, tmp_path, capsys):
    arguments = ["demo", "--data", "cifar10", "--root", str(cifar10_folder), "--epochs", "1"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    assert "Training a ResNet-18 on 65 images (13 more to test on)" in capsys.readouterr().out
    atlas = ta.load(tmp_path / "out" / "run")
    assert atlas.run.classes[-1] == "truck"
    assert atlas.run.facts["data"] == "cifar10"
    assert max(atlas.tables["scalars"].cells["step"]) == 1  # the 65th image is left out


def test_a_device_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ta.TorchAtlasError, match=r"the device 'abacus' cannot be used here \(.+\)"):
        run_demo(DemoOptions(device="abacus", out=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":0", "CI": "true"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
        ("win32", {"CI": "1"}, False),
    ],
)
def test_a_display_is_where_somebody_can_see_it(monkeypatch, platform, environment, expected):
    monkeypatch.setattr("sys.platform", platform)
    for name in ("CI", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert demo.has_display() is expected
