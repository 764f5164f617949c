"""TensorBoard logs of torch, Lightning and TensorFlow open as runs."""

from base64 import b64decode

import numpy as np
import pytest
import torch
from tests.store.foreign_logs import TensorFlowLog, png
from torch.utils.tensorboard import SummaryWriter

import torchatlas as ta
from torchatlas.errors import RunError
from torchatlas.store import load_run
from torchatlas.store.foreign_tags import distribution_name, owner_of, scalar_name


def scalars(run):
    cells = run.tables["scalars"].cells
    return list(zip(cells["name"], cells["split"], cells["step"], cells["value"], strict=True))


def reasons(run):
    return [gap.reason for gap in run.gaps]


def test_torchs_writer(tmp_path):
    values = np.random.default_rng(0).normal(size=1_000)
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(300):
            writer.add_scalar("Loss/train", 1 / (step + 1), step)
        writer.add_scalar("lr/group0", 0.5, 7)
        writer.add_scalar("new", 0.25, 7, new_style=True)
        writer.add_scalar("precise", 0.1, 7, new_style=True, double_precision=True)
        writer.add_histogram("fc.weight", values, 3)
        writer.add_histogram("fc.weight/grad", values * 1e-3, 3)
        writer.add_text("note", "hello **there**", 4)
        writer.add_image("sample", torch.zeros(3, 4, 5), 5)
        writer.add_pr_curve("pr", torch.tensor([0, 1]), torch.tensor([0.2, 0.9]))
    run = ta.load(tmp_path).run
    found = scalars(run)
    assert found[299] == ("Loss", "train", 299, pytest.approx(1 / 300))
    assert ("lr/group0", None, 7, 0.5) in found
    assert ("new", None, 7, 0.25) in found
    assert ("precise", None, 7, 0.1) in found
    weight, gradient = run.tables["distributions"].rows()
    assert (weight["node"], weight["tensor"], weight["quantity"]) == (
        "fc",
        "fc.weight",
        "parameter",
    )
    assert (gradient["tensor"], gradient["quantity"]) == ("fc.weight", "gradient")
    summary = weight["summary"]
    assert (summary.count, summary.minimum, summary.maximum) == (1_000, values.min(), values.max())
    assert summary.total == pytest.approx(values.sum())
    assert summary.total_squares == pytest.approx((values**2).sum())
    assert summary.quantile(0.75) == pytest.approx(np.quantile(values, 0.75), rel=0.15)
    assert "of TensorBoard, at most" in weight["converted"]
    (text,) = run.tables["texts"].rows()
    assert (text["name"], text["step"], text["text"]) == ("note", 4, "hello **there**")
    (image,) = run.tables["images"].rows()
    assert (image["name"], image["width"], image["height"], image["format"]) == (
        "sample",
        5,
        4,
        "png",
    )
    assert b64decode(image["data"]).startswith(b"\x89PNG")
    assert len(b64decode(image["data"])) == image["size_bytes"]
    assert "1 tag of pr_curves (pr) is not read" in reasons(run)
    assert any("zeros, NaN and infinities are not known" in reason for reason in reasons(run))


def test_torchs_lines_of_one_chart_and_sets_of_hyperparameters(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("lr", 0.1, 0)
        writer.add_scalars("Loss", {"train": 1.0, "test": 2.0}, 1)
        writer.add_hparams({"width": 64, "name": "sgd", "nesterov": True}, {"score": 0.5})
    run = load_run(tmp_path)
    assert sorted(scalars(run)) == [
        ("Loss", "test", 1, 2.0),
        ("Loss", "train", 1, 1.0),
        ("lr", None, 0, pytest.approx(0.1)),
    ]
    assert any("a further run lies in the folder" in reason for reason in reasons(run))
    (inner,) = [p for p in tmp_path.iterdir() if p.is_dir() and not p.name.startswith("Loss")]
    facts = load_run(inner).facts
    assert facts == {"width": "64", "name": "sgd", "nesterov": "1"}


def test_lightnings_logger(tmp_path):
    from lightning.pytorch.loggers import TensorBoardLogger

    logger = TensorBoardLogger(str(tmp_path), name="net")
    logger.log_hyperparams({"lr": 0.5})
    logger.log_metrics({"train_loss": 0.75, "val/acc": 0.5, "epoch": 0}, step=3)
    logger.finalize("success")
    run = load_run(logger.log_dir)
    assert ("loss", "train", 3, 0.75) in scalars(run)
    assert ("acc", "val", 3, 0.5) in scalars(run)
    assert run.facts["lr"] == "0.5"
    with pytest.raises(RunError, match=r"is no run: .*did you mean .*version_0\?"):
        load_run(tmp_path)


def test_tensorflows_writer(tmp_path):
    log = TensorFlowLog(tmp_path)
    for step in range(5):
        log.scalar("epoch_loss", 1 / (step + 1), step)
        log.scalar("steady", 2.0, step)
    log.histogram("dense/kernel_0", [[-1, 0, 10], [0, 1, 30]], 2)
    log.text("note", "héllo", 2)
    log.image("seen", [png(), png()], 2)
    log.graph()
    run = load_run(tmp_path)
    assert scalars(run)[1] == ("epoch_loss", None, 1, 0.5)
    assert [value for name, _, _, value in scalars(run) if name == "steady"] == [2.0] * 5
    (row,) = run.tables["distributions"].rows()
    assert (row["node"], row["quantity"]) == ("dense", "parameter")
    assert row["summary"].count == 40
    assert row["summary"].bin_counts[row["summary"].bin_keys < 0].sum() == 10
    assert row["converted"] == "2 bins of TensorBoard, at most 1 wide"
    assert run.tables["texts"].cells["text"] == ["héllo"]
    assert run.tables["images"].cells["index"] == [0, 1]
    assert b64decode(run.tables["images"].cells["data"][1]) == png()
    assert "a graph of TensorBoard's own form is not read" in reasons(run)
    assert run.created == "2023-11-14T22:13:20+00:00"


def test_a_folder_of_splits_is_one_run_and_of_runs_a_choice(tmp_path):
    for split, value in [("train", 1.0), ("validation", 2.0)]:
        TensorFlowLog(tmp_path / "a" / split).scalar("epoch_loss", value, 1)
    assert scalars(load_run(tmp_path / "a")) == [
        ("epoch_loss", "train", 1, 1.0),
        ("epoch_loss", "validation", 1, 2.0),
    ]
    TensorFlowLog(tmp_path / "b").scalar("loss", 1.0, 1)
    with pytest.raises(RunError, match=r"holds 2 runs: a, b\. Open one of them: .*a$"):
        ta.load(tmp_path)


def test_a_large_picture_is_left_out_and_said(tmp_path):
    log = TensorFlowLog(tmp_path)
    log.image("big", [b"\x89PNG\r\n\x1a\n" + bytes(1 << 20)], 0)
    for step in range(12):
        log.image("small", [png()], step)
    run = load_run(tmp_path)
    assert run.tables["images"].cells["step"] == list(range(2, 12))
    told = "1 picture was left out: at most 1 MiB each and 16 MiB in all are kept"
    assert told in reasons(run)


def test_the_latest_pictures_are_kept_of_very_many(tmp_path):
    log = TensorFlowLog(tmp_path)
    large = b"\x89PNG\r\n\x1a\n" + bytes(900_000)
    for tag in range(4):
        for step in range(6):
            log.image(f"tag{tag}", [large], step)
    run = load_run(tmp_path)
    steps = run.tables["images"].cells["step"]
    assert len(steps) == 18
    assert steps.count(5) == 4
    assert any("6 pictures were left out" in reason for reason in reasons(run))


def test_a_session_that_begins_anew_voids_what_came_later(tmp_path):
    first = TensorFlowLog(tmp_path)
    for step in range(10):
        first.scalar("loss", 1.0, step)
    second = TensorFlowLog(tmp_path, stamp=1_700_009_000)
    second.session(1, 6)
    second.scalar("other", 2.0, 6)
    run = load_run(tmp_path)
    assert [step for name, _, step, _ in scalars(run) if name == "loss"] == [*range(6)]
    (rewind,) = run.tables["rewinds"].rows()
    assert (rewind["from_step"], rewind["step"], rewind["points"]) == (9, 6, 3)


def test_two_writers_at_once_are_both_kept(tmp_path):
    first, second = TensorFlowLog(tmp_path), TensorFlowLog(tmp_path, stamp=1_700_000_001)
    for step in range(5):
        first.scalar("loss", 1.0, step)
        second.scalar("loss", 2.0, step)
    assert len(scalars(load_run(tmp_path))) == 10


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("loss/train", ("loss", "train")),
        ("Train/loss", ("loss", "Train")),
        ("val_loss", ("loss", "val")),
        ("metrics/val_acc", ("metrics/acc", "val")),
        ("lr/group0", ("lr/group0", None)),
        ("train", ("train", None)),
        ("training", ("training", None)),
        ("trainer/epoch", ("trainer/epoch", None)),
        ("", ("", None)),
        ("/", ("/", None)),
    ],
)
def test_the_split_of_a_tag(tag, expected):
    assert scalar_name(tag) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("layer1.0.conv1.weight", ("parameter", "layer1.0.conv1.weight")),
        ("gradients/fc.weight", ("gradient", "fc.weight")),
        ("fc.weight/grad", ("gradient", "fc.weight")),
        ("fc/weight", ("parameter", "fc/weight")),
        ("conv1/kernel_0", ("parameter", "conv1/kernel_0")),
        ("activations/relu", ("activation", "relu")),
        ("noise", ("other", "noise")),
    ],
)
def test_what_a_histogram_is_of(tag, expected):
    assert distribution_name(tag) == expected


@pytest.mark.parametrize(
    ("tensor", "owner"), [("a.b.weight", "a.b"), ("conv/kernel_0", "conv"), ("weight", ".")]
)
def test_the_owner_of_a_tensor(tensor, owner):
    assert owner_of(tensor) == owner
