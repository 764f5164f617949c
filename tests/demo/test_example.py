"""The example script runs as it stands, offline."""

import re
import runpy
from pathlib import Path

import sklearn.datasets

import torchatlas as ta

SCRIPT = Path(__file__).parents[2] / "examples" / "cifar10_resnet18.py"


def test_the_example_trains_evaluates_and_reports(tmp_path, monkeypatch, capsys):
    load = sklearn.datasets.load_digits

    def few(**options):
        pixels, digits = load(**options)
        return pixels[:160], digits[:160]

    monkeypatch.setattr(sklearn.datasets, "load_digits", few)
    monkeypatch.setattr("sys.argv", [str(SCRIPT), "--data", "digits", "--epochs", "1"])
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(SCRIPT), run_name="__main__")
    told = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Epoch 1 - running loss: \d\.\d{4}", told[0])
    assert (
        told[1] == f"Accuracy on the training data: {names['accuracy'](names['train_loader']):.2%}"
    )
    assert told[2] == f"Accuracy on the test data: {names['accuracy'](names['test_loader']):.2%}"
    assert told[-1] == "Report: cifar10_resnet18.html"
    atlas = ta.load(tmp_path / "cifar10_resnet18.html")
    assert {"curves", "confusion", "activations"} <= set(atlas.views)


def test_the_example_is_short_enough_to_read():
    assert len(SCRIPT.read_text().splitlines()) < 80
