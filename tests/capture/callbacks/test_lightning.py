"""Recording what Lightning trains, with the real package."""

import copy
import pickle
import warnings

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import torchatlas as ta

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")  # Lightning's own: of workers, devices, loggers


class Classifier(lightning.LightningModule):
    def __init__(self, width=8, fail_at=None):
        super().__init__()
        self.save_hyperparameters()
        self.fail_at = fail_at
        self.net = nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Linear(width, 3))

    def forward(self, inputs):
        return self.net(inputs)

    def training_step(self, batch, index):
        if index == self.fail_at:
            raise ZeroDivisionError
        inputs, labels = batch
        loss = nn.functional.cross_entropy(self(inputs), labels)
        self.log("train_accuracy", (self(inputs).argmax(1) == labels).float().mean())
        return loss

    def validation_step(self, batch, index):
        inputs, labels = batch
        self.log("val_loss", nn.functional.cross_entropy(self(inputs), labels))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


def loader():
    inputs = torch.linspace(-1, 1, 24 * 6).reshape(24, 6)
    return DataLoader(TensorDataset(inputs, torch.arange(24) % 3), batch_size=4)


def fit(folder, model, *, epochs=2, path=None, **options):
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[ta.lightning_callback(folder, every=3, **options)],
    )
    trainer.fit(model, loader(), loader(), ckpt_path=path)
    return trainer


def scalars(atlas, name, split):
    rows = atlas.tables["scalars"].rows()
    return [row["step"] for row in rows if (row["name"], row["split"]) == (name, split)]


def test_a_training_is_recorded(tmp_path):
    model = Classifier()
    fit(tmp_path / "run", model, example=torch.zeros(2, 6))
    atlas = ta.load(tmp_path / "run")
    assert scalars(atlas, "loss", "train") == list(range(1, 13))
    assert scalars(atlas, "accuracy", "train") == list(range(1, 13))
    assert scalars(atlas, "loss", "validation") == [6, 12]
    assert atlas.run.facts["width"] == "8"
    assert atlas.run.facts["optimizer"].startswith("Adam(lr=0.01")
    assert atlas.run.facts["steps"] == "12"
    assert {"net.0", "net.2"} <= set(atlas.graph.nodes)
    rows = atlas.tables["distributions"].rows()
    gradients = {row["step"] for row in rows if row["quantity"] == "gradient"}
    assert gradients == {3, 6, 9, 12}
    assert not any(module._forward_hooks for module in model.modules())


def test_accumulated_batches_are_one_step(tmp_path):
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        accumulate_grad_batches=3,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[ta.lightning_callback(tmp_path / "run")],
    )
    trainer.fit(Classifier(), loader())
    assert ta.load(tmp_path / "run").run.facts["steps"] == "2"


def test_a_training_that_raises_is_recorded_up_to_there(tmp_path):
    with pytest.raises(ZeroDivisionError):
        fit(tmp_path / "run", Classifier(fail_at=3))
    facts = ta.load(tmp_path / "run").run.facts
    assert (facts["steps"], facts["ended by"]) == ("3", "ZeroDivisionError")


def test_a_training_goes_on_from_a_checkpoint_in_its_run(tmp_path):
    trainer = fit(tmp_path / "run", Classifier(), epochs=1)
    trainer.save_checkpoint(tmp_path / "model.ckpt")
    fit(tmp_path / "run", Classifier(), epochs=2, path=tmp_path / "model.ckpt")
    atlas = ta.load(tmp_path / "run")
    assert scalars(atlas, "loss", "train") == list(range(1, 13))
    assert atlas.run.facts["resumed"].startswith("at step 6, ")


def test_the_callback_can_be_copied_and_pickled_before_training(tmp_path):
    callback = ta.lightning_callback(tmp_path / "run", every=3)
    for twin in (copy.deepcopy(callback), pickle.loads(pickle.dumps(callback))):
        assert isinstance(twin, lightning.Callback)
