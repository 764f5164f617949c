"""The recorder as a callback of the Trainer of transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from torchatlas.capture.recorder import Recorder

MakeRecorder = Callable[..., Recorder]

_LEFT_OUT = ("epoch", "step", "total_flos", "learning_rate")
_SETTINGS = (
    *("learning_rate", "per_device_train_batch_size", "gradient_accumulation_steps"),
    *("num_train_epochs", "max_steps", "weight_decay", "warmup_steps", "lr_scheduler_type"),
    *("optim", "seed", "bf16", "fp16", "max_grad_norm", "label_smoothing_factor"),
)


class TransformersRecorder(TrainerCallback):
    """Records a training that the Trainer runs: its optimizer and what it logs.

    Attributes:
        recorder: the recorder of the training under way; None before it begins.
    """

    def __init__(self, make_recorder: MakeRecorder, options: Mapping[str, Any]) -> None:
        """`make_recorder(model, optimizer=..., **options)` gives a recorder."""
        self.recorder: Recorder | None = None
        self._make_recorder, self._options = make_recorder, dict(options)

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002 (the Trainer's signature)
        **kwargs: Any,
    ) -> None:
        """Begin to record; a training that goes on from a checkpoint goes on in its run."""
        options = dict(self._options)
        if state.global_step:
            options |= {"resume": True, "step": state.global_step}
        recorder = self._make_recorder(
            kwargs["model"], optimizer=kwargs.get("optimizer"), **options
        )
        recorder.note(trainer="transformers")
        recorder.note(**{name: getattr(args, name) for name in _SETTINGS if hasattr(args, name)})
        self.recorder = recorder.start()

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Log what the Trainer logs; names that begin with `eval_` are of the evaluation."""
        if self.recorder is None or not logs:
            return
        for split, scalars in _by_split(logs).items():
            self.recorder.log(split=split, **scalars)

    def on_train_end(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """The training is over."""
        if self.recorder is not None:
            self.recorder.close()


def _by_split(logs: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Numbers by split, without those that are known anyway or are of the whole training."""
    found: dict[str, dict[str, float]] = {}
    for name, value in logs.items():
        head, _, rest = name.partition("_")
        whole = head == "train"  # train_loss, train_runtime: one number for all steps
        if not isinstance(value, int | float) or name in _LEFT_OUT or whole:
            continue
        split, plain = ("evaluation", rest) if head == "eval" else ("train", name)
        found.setdefault(split, {})[plain] = value
    return found
