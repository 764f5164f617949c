"""The recorder as a callback of Lightning's Trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from torchatlas.capture.recorder import Recorder

MakeRecorder = Callable[..., Recorder]

_SPLITS = {"val": "validation", "valid": "validation", "test": "test", "train": "train"}


class LightningRecorder(Callback):
    """Records a training that Lightning runs: its optimizers, losses and logged metrics.

    Attributes:
        recorder: the recorder of the training under way; None before it begins.
    """

    def __init__(self, make_recorder: MakeRecorder, options: Mapping[str, Any]) -> None:
        """`make_recorder(model, optimizer=..., scaler=..., **options)` gives a recorder."""
        self.recorder: Recorder | None = None
        self._make_recorder, self._options = make_recorder, dict(options)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to record; a training that goes on from a checkpoint goes on in its run."""
        options = dict(self._options)
        if trainer.global_step:
            options |= {"resume": True, "step": trainer.global_step}
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        recorder = self._make_recorder(
            pl_module, optimizer=trainer.optimizers or None, scaler=scaler, **options
        )
        recorder.note(**dict(pl_module.hparams))
        recorder.note(trainer="lightning", precision=trainer.precision)
        self.recorder = recorder.start()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002 (Lightning's signature)
        outputs: Any,
        batch: Any,  # noqa: ARG002
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        """Log the loss of the batch and what the module logged of it."""
        if self.recorder is None:
            return
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        scalars = _by_split(trainer.logged_metrics).get("train", {})
        if isinstance(loss, torch.Tensor) and loss.numel() == 1:
            scalars = {"loss": loss, **scalars}
        if scalars:
            self.recorder.log(**scalars)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Log the metrics of the validation; not those of the check before training."""
        if self.recorder is None or trainer.sanity_checking:
            return
        for split, scalars in _by_split(trainer.callback_metrics).items():
            if split != "train":
                self.recorder.log(split=split, **scalars)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """The training is over."""
        self._close()

    def on_exception(
        self,
        trainer: Trainer,  # noqa: ARG002
        pl_module: LightningModule,  # noqa: ARG002
        exception: BaseException,
    ) -> None:
        """The training raised, or was interrupted."""
        if self.recorder is not None:
            self.recorder.__exit__(type(exception), exception, None)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Whatever happened, nothing of the recorder stays."""
        if stage == "fit":
            self._close()

    def _close(self) -> None:
        if self.recorder is not None:
            self.recorder.close()


def _by_split(metrics: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Metrics by split: `val_loss` and `val/loss` are the loss of the validation."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in metrics.items():
        head, separator, rest = name.replace("/", "_").partition("_")
        split = _SPLITS.get(head) if separator else None
        plain = name if split is None else rest
        if not plain.endswith("_epoch"):
            plain = plain.removesuffix("_step")
            found.setdefault(split or "train", {})[plain] = value
    return found
