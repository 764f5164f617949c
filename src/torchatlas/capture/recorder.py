"""Records a training as it happens: scalars, and how parameters and gradients are spread."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import torch
from torch import nn

from torchatlas.capture.batches import Batches
from torchatlas.capture.cadence import Cadence
from torchatlas.capture.evaluate import evaluate_split
from torchatlas.capture.facts import run_facts
from torchatlas.capture.losses import Loss
from torchatlas.capture.module_tree import module_tree
from torchatlas.capture.summarize import NotSummarizable, summarize
from torchatlas.capture.trace import check_model, trace
from torchatlas.capture.weights import model_info, parameter_rows
from torchatlas.errors import CaptureError
from torchatlas.run import Gap, Graph, Outcome, Run, TensorSummary, build_table

SAMPLE = 65_536
"""Values of a tensor that are looked at while training runs, at most."""


class RunStore(Protocol):
    """Where a recorder writes to. `torchatlas.store.Recording` is one."""

    folder: Path

    def add_scalar(self, name: str, split: str, value: float, step: int) -> None:
        """Add one value of a series."""

    def add_summary(
        self, quantity: str, tensor: str, elements: int, summary: TensorSummary, step: int
    ) -> None:
        """Add the distribution of a tensor."""

    def flush(self) -> None:
        """Make what was added safe."""

    def describe(self, run: Run) -> None:
        """Write what is known beside the series."""

    def close(self) -> None:
        """Flush and let go of the files."""


class Recorder:
    """Records one training into a run folder; use it as a context manager around the loop.

    Steps are counted by a hook on the optimizer, or, without one, by the calls of `log` for the
    train split. Scalars are written at once. Distributions of parameters and gradients are taken
    as often as the budget allows, and of at most `SAMPLE` values a tensor. Nothing that goes wrong
    in here stops the training: it is warned about once and becomes a gap of the run.

    Attributes:
        step: optimizer steps done so far.
        folder: the run folder.
    """

    def __init__(
        self,
        open_store: Callable[[], RunStore],
        model: nn.Module,
        *,
        optimizer: torch.optim.Optimizer | None = None,
        example: Any = None,
        budget: float = 0.01,
    ) -> None:
        """Prepare; nothing is opened or hooked before the `with` block is entered.

        Args:
            open_store: opens the run folder.
            optimizer: its steps are counted and its settings noted.
            example: a batch to trace the architecture with, in any form that `visualize_model`
                takes; without it the run has the tree of modules only.
            budget: share of the training time that recording may take; with 0, distributions are
                taken at the start and the end alone.

        Raises:
            CaptureError: the model is no module, or the budget no share.
        """
        check_model(model)
        if not 0 <= budget <= 1:
            raise CaptureError(f"budget is a share of the training time, 0 to 1, not {budget!r}")
        self.step = 0
        self._model: nn.Module = getattr(model, "_orig_mod", model)  # torch.compile wraps it
        self._optimizer = optimizer
        self._example = example
        self._open_store = open_store
        self._store: RunStore | None = None
        self._hook: Any = None
        self._cadence = Cadence(budget)
        self._mark_s = 0.0
        self._summarized_step = -1
        self._run: Run | None = None
        self._gaps: dict[str, Gap] = {}
        self._facts: dict[str, str] = {}

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._opened().folder

    @property
    def cost_share(self) -> float | None:
        """Share of the training time that recording took so far; None before the first step."""
        return self._cadence.share

    def __enter__(self) -> Self:
        self._store = self._open_store()
        self._facts = run_facts(self._model, self._optimizer)
        with self._guarded("the graph"):
            self._run = self._described()
        self._take_summaries(gradients=False)
        self._write_description()
        if self._optimizer is not None:
            self._hook = self._optimizer.register_step_post_hook(self._after_step)
        self._mark_s = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
        if self._summarized_step < self.step:
            self._take_summaries(gradients=False)
        self._facts["steps"] = str(self.step)
        self._facts["recording"] = self._cost_text()
        if kind is not None:
            self._facts["ended by"] = kind.__name__
        self._write_description()
        with self._guarded("the end of the run"):
            self._opened().close()

    def log(self, split: str = "train", **scalars: Any) -> None:
        """Note values at the current step: `recorder.log(loss=loss, accuracy=0.9)`.

        Args:
            split: which data they were measured on.
            scalars: numbers or tensors of one element, by name.
        """
        store = self._opened()
        if self._optimizer is None and split == "train":
            self._count_step()
        with self._spending():
            for name, value in scalars.items():
                with self._guarded(f"the scalar {name}"):
                    store.add_scalar(name, split, _number(value), self.step)
            with self._guarded("scalars"):
                store.flush()

    def note(self, **facts: Any) -> None:
        """Note settings of the training that cannot be seen from here: `note(seed=0)`."""
        self._facts |= {name: str(value) for name, value in facts.items()}

    def evaluate(self, splits: Mapping[str, Any], loss: Loss | None = None) -> dict[str, Outcome]:
        """Measure the model in evaluation mode on each split, and note loss and accuracy.

        The model, its mode and the random state are left as they were. The time that it takes is
        not counted as recording.

        Args:
            splits: data by the name of the split, in any form that `visualize_model` takes.
            loss: `f(outputs, targets) -> scalar`; left out, it is chosen by the targets.

        Returns:
            What was counted on each split; a split that could not be evaluated is left out and is
            a gap of the run.
        """
        store, outcomes = self._opened(), {}
        self._lap()
        for split, data in splits.items():
            with self._guarded(f"the evaluation on {split}"):
                outcome = evaluate_split(self._model, Batches(data, self._model, split), loss)
                if outcome.interrupted:  # a part of the split is not its score
                    raise KeyboardInterrupt
                outcomes[split] = outcome
                for name, value in _scores(outcome).items():
                    store.add_scalar(name, split, value, self.step)
        with self._guarded("scalars"):
            store.flush()
        self._mark_s = time.perf_counter()
        return outcomes

    def _after_step(self, *_: Any) -> None:
        with self._guarded("a step"):
            self._count_step()
            if self._cadence.is_due(self.step):
                before_s = self._cadence.spent_s
                with self._spending():
                    self._take_summaries(gradients=True)
                self._cadence.measured(self._cadence.spent_s - before_s)

    def _count_step(self) -> None:
        self._lap()
        self.step += 1
        self._cadence.steps += 1

    def _lap(self) -> float:
        """Count the time since the last call as training; gives its length in seconds."""
        now_s = time.perf_counter()
        lap_s, self._mark_s = now_s - self._mark_s, now_s
        self._cadence.elapsed_s += lap_s
        return lap_s

    @contextmanager
    def _spending(self) -> Iterator[None]:
        """Count the time of the block as recording, which is a part of training."""
        self._lap()
        try:
            yield
        finally:
            self._cadence.spent_s += self._lap()

    def _take_summaries(self, *, gradients: bool) -> None:
        with self._guarded("distributions"):
            self._summarized_step = self.step
            for name, parameter in self._model.named_parameters():
                self._summarize("parameter", name, parameter)
                if gradients and parameter.grad is not None:
                    self._summarize("gradient", name, parameter.grad)
            self._opened().flush()

    def _summarize(self, quantity: str, name: str, tensor: torch.Tensor) -> None:
        try:
            summary = summarize(tensor, sample=SAMPLE)
        except NotSummarizable as reason:
            what = f"{quantity} {name}"
            self._gaps.setdefault(what, Gap(quantity, f"{name} has no distribution: {reason}"))
            return
        self._opened().add_summary(quantity, name, tensor.numel(), summary, self.step)

    def _described(self) -> Run:
        graph = self._graph()
        info = model_info(self._model)
        parameters = build_table("parameters", parameter_rows(self._model, graph))
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return Run(info.name, created, info, graph, {"parameters": parameters})

    def _graph(self) -> Graph:
        if self._example is None:
            return module_tree(self._model, "no example was given to the recorder")
        batch = Batches(self._example, self._model, "example").first()
        traced = trace(self._model, batch.args, batch.kwargs)
        if traced.error is not None:
            failed, error = traced.graph.capture.failed_node, traced.graph.capture.error
            reason = f"the model raised at {failed}: {error}"
            self._gaps["graph"] = Gap("graph", reason, failed)
        return traced.graph

    def _write_description(self) -> None:
        if self._run is None:
            created = datetime.now(UTC).isoformat(timespec="seconds")
            self._run = Run(type(self._model).__name__, created, model_info(self._model))
        with self._guarded("the description of the run"):
            run = replace(self._run, gaps=tuple(self._gaps.values()), facts=dict(self._facts))
            self._opened().describe(run)

    def _cost_text(self) -> str:
        share = self._cadence.share
        cost = "not measured" if share is None else f"{share:.1%} of the training time"
        every = self._cadence.every
        taken = "at start and end" if every is None else f"every {every} steps"
        return f"{cost}; distributions {taken}, of at most {SAMPLE} values a tensor"

    def _opened(self) -> RunStore:
        if self._store is None:
            raise CaptureError("the recorder is not running: use it as `with ta.record(...) as r:`")
        return self._store

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """The one place where an error of the recorder's own is kept from the training."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 (training goes on, whatever it was)
            if what not in self._gaps:
                reason = f"{what} could not be recorded: {type(error).__name__}: {error}"
                self._gaps[what] = Gap("recording", reason)
                message = f"{reason}. Training goes on without it."
                warnings.warn(message, RuntimeWarning, stacklevel=4)


def _number(value: Any) -> float:
    return float(value.detach()) if isinstance(value, torch.Tensor) else float(value)


def _scores(outcome: Outcome) -> dict[str, float]:
    scores = {}
    if outcome.loss_name is not None and outcome.samples:
        scores["loss"] = outcome.loss_total / outcome.samples
    if outcome.confusion is not None and outcome.confusion.sum():
        scores["accuracy"] = float(outcome.confusion.trace() / outcome.confusion.sum())
    return scores
