"""Records a training as it happens: scalars, and how parameters and gradients are spread."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import torch
from torch import nn

from torchatlas.capture.activation_watch import Choice
from torchatlas.capture.batches import Batches
from torchatlas.capture.cadence import NEVER, Cadence
from torchatlas.capture.command_line import masked_value
from torchatlas.capture.evaluate import evaluate_split
from torchatlas.capture.facts import run_facts
from torchatlas.capture.guard import Guard
from torchatlas.capture.later import Later
from torchatlas.capture.look import QUANTITIES
from torchatlas.capture.loss_watch import LossWatch
from torchatlas.capture.losses import Loss
from torchatlas.capture.module_tree import module_tree
from torchatlas.capture.ranks import Ranks, is_sharded
from torchatlas.capture.skip_watch import SkipWatch
from torchatlas.capture.step_taker import StepStore, StepTaker
from torchatlas.capture.step_watch import OptimizerLike, StepWatch
from torchatlas.capture.trace import check_model, trace
from torchatlas.capture.trouble import Kind
from torchatlas.capture.weights import model_info, parameter_rows
from torchatlas.errors import CaptureError
from torchatlas.run import Gap, Graph, Outcome, Run, build_table

SAMPLE = 16_384
"""Values of a tensor that are looked at while training runs, at most."""

MOST_FAILURES = 3
"""Writes that fail one after the other before recording is given up (a full disk, say)."""


class RunStore(StepStore, Protocol):
    """Where a recorder writes to. `torchatlas.store.Recording` is one."""

    folder: Path
    earlier: Run | None
    step: int

    def flush(self) -> None:
        """Make what was added safe."""

    def add_gap(self, gap: Gap) -> None:
        """Add what could not be recorded."""

    def rewind(self, first_step: int) -> None:
        """Supersede what was recorded of this step and later ones."""

    def describe(self, run: Run) -> None:
        """Write what is known beside the series."""

    def close(self) -> None:
        """Flush and let go of the files."""


class LiveServer(Protocol):
    """A page that shows the run as it grows."""

    address: str

    def stop(self) -> None:
        """End it."""


class Recorder:
    """Records one training into a run folder: `with ta.record(...) as recorder:` around the loop.

    By hand it is `recorder.start()` and `recorder.close()`. Steps are those of the optimizers,
    whether handed over or found; where none is seen, each call of `log` for the train split is
    one. Scalars are written at once; norms and distributions as often as the budget allows.
    Nothing that goes wrong in here stops the training: it is warned about once and becomes a gap
    of the run. See docs/how-to/record.md.

    Attributes:
        folder: the run folder.
    """

    def __init__(
        self,
        open_store: Callable[[Ranks], RunStore],
        model: nn.Module,
        *,
        optimizer: OptimizerLike = None,
        example: Any = None,
        budget: float = 0.01,
        every: int | None = None,
        sample: int | None = SAMPLE,
        quantities: Iterable[str] = ("parameter", "gradient", "update"),
        activations: Choice = "default",
        scaler: Any = None,
        hparams: Mapping[str, Any] | None = None,
        open_server: Callable[[Path, int], LiveServer] | None = None,
    ) -> None:
        """Prepare; nothing is opened or hooked before it is started.

        Args:
            open_store: opens the run folder, for this process.
            optimizer: an optimizer or several, whose steps are counted; left out, those that train
                parameters of the model are found when they step.
            example: a batch to trace the architecture with, in any form that `visualize_model`
                takes; without it the run has the tree of modules only.
            budget: share of the training time that recording may take; with 0, distributions are
                taken at the start and the end alone.
            every: take distributions every so many steps whatever they cost; left out, the budget
                decides.
            sample: values of a tensor that a distribution is of, at most; None for all of them.
            quantities: those of which distributions are taken.
            activations: modules whose outputs are looked at: names (`*` for any text), classes,
                "all", None, or "default" (see `capture.activation_watch.chosen_modules`).
            scaler: the GradScaler in use, so that steps it leaves out are noted.
            hparams: hyperparameters to note, as `note` does.
            open_server: opens the live page of a folder, at a port.

        Raises:
            CaptureError: something handed over is not of its kind; the message says what.
        """
        check_model(model)
        if not 0 <= budget <= 1:
            raise CaptureError(f"budget is a share of the training time, 0 to 1, not {budget!r}")
        if every is not None and every < 1:
            raise CaptureError(f"every is a number of steps, 1 or more, not {every!r}")
        if sample is not None and sample < 1:
            raise CaptureError(f"sample is a number of values, 1 or more, not {sample!r}")
        wanted = frozenset([quantities] if isinstance(quantities, str) else quantities)
        if wanted - QUANTITIES:
            raise CaptureError(
                f"quantities does not know {', '.join(sorted(map(repr, wanted - QUANTITIES)))}; "
                f"choose among {', '.join(sorted(QUANTITIES))}"
            )
        self._model = without_wrappers(model)
        self._example = example
        self._open_store, self._open_server = open_store, open_server
        self._store: RunStore | None = None
        self._server: LiveServer | None = None
        self._closed = False
        self._failures = 0
        self._cadence = Cadence(budget, every)
        self._guard = Guard(self._tell_gap)
        self._ranks = Ranks()
        self._watch = StepWatch(optimizer, lambda weight: self._taker.owns(weight))
        self._skips = None if scaler is None else SkipWatch(scaler)
        self._taker = StepTaker(
            self._model,
            model,
            self._watch,
            self._cadence,
            self._guard,
            self._ranks,
            self._spending,
            sample=sample,
            quantities=wanted,
            activations=activations,
        )
        self._sample = sample
        self._losses = LossWatch()
        self._late: deque[tuple[str, str, Later, int]] = deque()
        self._mark_s = 0.0
        self._depth = 0
        self._run: Run | None = None
        self._facts: dict[str, str] = {}
        self.note(**(hparams or {}))

    @property
    def step(self) -> int:
        """Optimizer steps done so far; of several optimizers, rounds."""
        return self._taker.step

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._opened().folder

    @property
    def cost_share(self) -> float | None:
        """Share of the training time that recording took so far; None before the first step."""
        return self._cadence.share

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be recorded so far, and why."""
        return tuple(self._guard.gaps.values())

    def start(self) -> Self:
        """Open the run folder and begin to watch.

        Raises:
            CaptureError: it was started before; a recorder records once.
            RunError: the folder cannot be written to, or holds no run that can be gone on with.
        """
        if self._store is not None:
            raise CaptureError("the recorder was started before: a recorder records one training")
        self._store = store = self._open_store(self._ranks)
        self._taker.write_to(store, lambda: self._flush(store))
        self._taker.step = store.step
        self._facts = self._first_facts(store) | self._facts
        if self._ranks.number == 0:
            with self._guard("the graph"):
                self._run = self._described(store.earlier)
        if store.earlier is None and store.step == 0:
            self._taker.take_distributions()
        self._write_description()
        with self._guard("the steps"):
            self._taker.start(self._on_change)
            if self._skips is not None:
                taker = self._taker
                self._skips.start(lambda: taker.heard, taker.note_skipped, self._watch.follows)
        self._mark_s = time.perf_counter()
        return self

    def close(self) -> None:
        """Write what is left, take every hook away and close the files. Again, it does nothing.

        Where optimizers were not handed over, torch keeps a pair of hooks that does nothing.
        """
        self._end(None)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(kind)

    def log(self, split: str = "train", **scalars: Any) -> None:
        """Note values at the current step: `recorder.log(loss=loss, accuracy=0.9)`.

        Args:
            split: which data they were measured on.
            scalars: numbers or tensors of one element, by name. On CUDA nothing waits for them.
        """
        store = self._opened()
        if self._closed:
            self._guard.note("scalars", Gap("scalars", "values were logged after the end"))
            return
        if not self._taker.is_seen and split == "train":
            self._lap()
            self._taker.count_step()
        with self._spending():
            for name, value in scalars.items():
                with self._guard(f"the scalar {name}"):
                    self._add_scalar(store, name, split, value)
            with self._guard("scalars"):
                self._write_late(store, wait=False)
                self._flush(store)

    def note(self, **facts: Any) -> None:
        """Note settings of the training that cannot be seen from here: `note(seed=0)`.

        What looks like a token or a password is masked.
        """
        self._facts |= {name: masked_value(name, str(value)) for name, value in facts.items()}

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
        if not isinstance(splits, Mapping):
            raise CaptureError(
                f"evaluate takes data by the name of the split, as {{'test': loader}}, "
                f"not a {type(splits).__name__}"
            )
        self._lap()
        for split, data in splits.items():
            with self._guard(f"the evaluation on {split}"):
                outcome = evaluate_split(self._model, Batches(data, self._model, split), loss)
                if outcome.interrupted:  # a part of the split is not its score
                    raise KeyboardInterrupt
                outcomes[split] = outcome
                for name, value in _scores(outcome).items():
                    store.add_scalar(name, split, value, self.step)
        with self._guard("scalars"):
            self._flush(store)
        self._mark_s = time.perf_counter()
        return outcomes

    def rewind(self, step: int) -> None:
        """The training went back to an earlier step (a checkpoint was loaded): so does the run.

        What was recorded of later steps stays in its file and is superseded.

        Raises:
            CaptureError: the step is none that was done.
        """
        if not 0 <= step <= self.step:
            raise CaptureError(f"cannot go back to step {step}: {self.step} were done")
        store = self._opened()
        with self._guard("going back"):
            self._taker.finish()
            self._write_late(store, wait=True)
            store.rewind(step + 1)
        self._taker.rewind(step)
        self._losses = LossWatch()

    def serve(self, port: int = 0) -> str:
        """Open a page in this process that shows the run as it grows; gives its address.

        Raises:
            CaptureError: this recorder was made without `ta.record`, and knows no such page.
        """
        if self._open_server is None:
            raise CaptureError("this recorder has no live page: make it with ta.record(...)")
        if self._server is None:
            self._server = self._open_server(self.folder, port)
        print(f"live: {self._server.address}", flush=True)
        return self._server.address

    def _end(self, kind: type[BaseException] | None) -> None:
        if self._store is None or self._closed:
            return
        store = self._store
        with self._guard("the end of the run"):
            self._lap()
            self._taker.stop()
            if self._skips is not None:
                self._skips.stop()
        self._taker.finish()
        if self._taker.distributions_at < self.step:
            self._taker.take_distributions()
            with self._guard("distributions"):
                self._taker.write(wait=True)
        with self._guard("scalars"):
            self._write_late(store, wait=True)
            self._flush(store)
        self._facts.pop("ended by", None)  # of the part that was gone on with
        if kind is not None:
            self._facts["ended by"] = kind.__name__
        self._facts |= {"steps": str(self.step), "recording": self._cost_text()}
        self._write_description()
        with self._guard("the end of the run"):
            self._closed = True
            store.close()
        if self._server is not None:
            with self._guard("the live page"):
                self._server.stop()

    def _first_facts(self, store: RunStore) -> dict[str, str]:
        facts: dict[str, str] = {}
        with self._guard("facts"):
            facts = run_facts(self._model, self._watch.optimizers)
        if self._ranks.count > 1:
            facts["processes"] = str(self._ranks.count)
        if store.earlier is not None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            before = {k: v for k, v in store.earlier.facts.items() if k not in _AT_THE_END}
            facts = before | facts | {"resumed": f"at step {store.step}, {now}"}
        return facts

    def _add_scalar(self, store: RunStore, name: str, split: str, value: Any) -> None:
        if isinstance(value, torch.Tensor) and value.device.type == "cuda":
            self._late.append((name, split, Later(value.detach().reshape(())), self.step))
            return
        self._scalar_is_known(store, name, split, _number(value), self.step)

    def _scalar_is_known(
        self, store: RunStore, name: str, split: str, value: float, step: int
    ) -> None:
        store.add_scalar(name, split, value, step)
        if name == "loss" and split == "train":
            wrong = self._losses.judge(value)
            if wrong:
                kind: Kind = "spike" if math.isfinite(value) else "not finite"
                self._taker.look_at_trouble(kind, wrong)

    def _write_late(self, store: RunStore, *, wait: bool) -> None:
        while self._late and (wait or self._late[0][2].ready()):
            name, split, later, step = self._late.popleft()
            self._scalar_is_known(store, name, split, later.numbers(), step)

    def _flush(self, store: RunStore) -> None:
        """Write to disk; after several failures in a row recording ends, and training goes on."""
        try:
            store.flush()
            self._failures = 0
        except Exception:
            self._failures += 1
            self._taker.only_counts |= self._failures >= MOST_FAILURES
            raise

    def _lap(self) -> float:
        """Count the time since the last call as training; gives its length in seconds."""
        now_s = time.perf_counter()
        lap_s, self._mark_s = now_s - self._mark_s, now_s
        self._cadence.elapsed_s += lap_s
        return lap_s

    @contextmanager
    def _spending(self) -> Iterator[None]:
        """Count the time of the block as recording, which is a part of training."""
        self._depth += 1
        if self._depth == 1:  # what is inside another block is recording already
            self._lap()
        try:
            yield
        finally:
            self._depth -= 1
            self._cadence.spent_s += self._lap()

    def _on_change(self) -> None:
        """The model has other parameters than at the last look."""
        self._facts[f"structure changed by step {self.step}"] = (
            f"{sum(1 for _ in self._model.parameters())} parameters"
        )
        with self._guard("the new structure"):
            if self._run is not None:
                rows = parameter_rows(self._model, self._run.graph)
                earlier = self._run.tables["parameters"].rows()
                now = {row["tensor"] for row in rows}
                rows += [row for row in earlier if row["tensor"] not in now]
                tables = self._run.tables | {"parameters": build_table("parameters", rows)}
                self._run = replace(self._run, model=model_info(self._model), tables=tables)
        self._write_description()

    def _described(self, earlier: Run | None) -> Run:
        graph = self._graph()
        info = model_info(self._model)
        parameters = build_table("parameters", parameter_rows(self._model, graph))
        if earlier is not None:
            tables = earlier.tables | {"parameters": parameters}
            for gap in earlier.gaps:
                self._guard.gaps.setdefault(f"earlier {gap.what} {gap.reason}", gap)
            return replace(earlier, model=info, graph=graph, tables=tables)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return Run(info.name, created, info, graph, {"parameters": parameters})

    def _graph(self) -> Graph:
        if self._example is None:
            return module_tree(self._model, "no example was given to the recorder")
        if is_sharded(self._model.parameters()):
            reason = "its parameters lie in parts on several processes; trace it before that"
            return module_tree(self._model, reason)
        batch = Batches(self._example, self._model, "example").first()
        traced = trace(self._model, batch.args, batch.kwargs)
        if traced.error is not None:
            failed, error = traced.graph.capture.failed_node, traced.graph.capture.error
            reason = f"the model raised at {failed}: {error}"
            self._guard.note("graph", Gap("graph", reason, failed))
        return traced.graph

    def _write_description(self) -> None:
        if self._ranks.number:
            return  # the first rank does; gaps of the others are in their files
        if self._run is None:
            created = datetime.now(UTC).isoformat(timespec="seconds")
            self._run = Run(type(self._model).__name__, created, model_info(self._model))
        facts: dict[str, str] = {}
        if self._taker.skipped:
            facts["skipped steps"] = f"{self._taker.skipped}, for gradients had overflowed"
        with self._guard("the description of the run"):
            self._facts |= facts | dict(self._taker.trouble.facts())
            run = replace(self._run, gaps=self.gaps, facts=dict(self._facts))
            self._opened().describe(run)

    def _cost_text(self) -> str:
        share = self._cadence.share
        cost = "not measured" if share is None else f"{share:.1%} of the training time"
        norms, distributions = (self._cadence.paces[kind].every for kind in self._cadence.paces)
        every = self._cadence.fixed or distributions
        taken = "at start and end" if every is None else _often(every)
        size = "all" if self._sample is None else f"at most {self._sample}"
        text = f"{cost}; distributions {taken}, of {size} values a tensor"
        return text if norms is None else f"{text}; norms {_often(norms)}"

    def _tell_gap(self, gap: Gap) -> None:
        if self._store is not None and not self._closed:
            self._store.add_gap(gap)

    def _opened(self) -> RunStore:
        if self._store is None:
            raise CaptureError(
                "the recorder is not running: use it as `with ta.record(...) as r:`, "
                "or call start()"
            )
        return self._store


def without_wrappers(model: nn.Module) -> nn.Module:
    """The model that DDP or the compiler was put around."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod  # type: ignore[assignment]
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        else:
            return model


_AT_THE_END = ("ended by", "recording", "steps")
"""Facts of a run that has ended: where one of them stands, nobody waits for more."""


def _often(every: int) -> str:
    if every >= NEVER:
        return "no more within the budget (every= or budget= takes more)"
    return f"every {every:,} steps"


def _number(value: Any) -> float:
    return float(value.detach()) if isinstance(value, torch.Tensor) else float(value)


def _scores(outcome: Outcome) -> dict[str, float]:
    scores = {}
    if outcome.loss_name is not None and outcome.samples:
        scores["loss"] = outcome.loss_total / outcome.samples
    if outcome.confusion is not None and outcome.confusion.sum():
        scores["accuracy"] = float(outcome.confusion.trace() / outcome.confusion.sum())
    return scores
