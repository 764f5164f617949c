"""The public functions: each hands the work to the rooms below and reads as a table of contents."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchatlas._progress import StartTask, progress
from torchatlas.atlas import Atlas
from torchatlas.errors import CaptureError, DataError, RunError, TorchAtlasError
from torchatlas.measure.evaluation import confusion_rows, evaluation_rows
from torchatlas.measure.findings import examine
from torchatlas.measure.graph_tables import cost_rows
from torchatlas.measure.parameters import parameter_counts
from torchatlas.report import read_html
from torchatlas.run import Document, Gap, Graph, Outcome, Run, Table, build_table, from_json

if TYPE_CHECKING:
    from torch import nn

    from torchatlas.capture.batches import Batch, Batches
    from torchatlas.capture.losses import Loss
    from torchatlas.capture.recorder import Recorder
    from torchatlas.capture.trace import Mode, Trace

SECTIONS = ("parameters", "activations", "gradients", "evaluation", "cost")
"""What `visualize_model` measures beside the structure; `include` chooses among them."""


def visualize_model(
    model: nn.Module,
    data: Any = None,
    *,
    test: Any = None,
    loss: Loss | None = None,
    optimizer: Any = None,
    include: str | Iterable[str] = "all",
    batches: int = 4,
    classes: Iterable[str] | None = None,
    mode: Mode = "auto",
    run: str | Path | None = None,
) -> Atlas:
    """See a model: its structure, parameters, activations, gradients, accuracy and cost, linked.

    The model comes back as it was: mode, buffers, gradients, random state and hooks. What could
    not be measured is a gap with its reason (`atlas.gaps`), and the rest is still shown.

    Args:
        model: any `torch.nn.Module`.
        data: a DataLoader, a Dataset, a pair (inputs, targets), or inputs alone (a tensor, a tuple
            of arguments, a dict, a Hugging Face batch). Moved to the model's device. Without data
            only the modules and their parameters are shown.
        test: data of the same forms that the model was not trained on.
        loss: `f(outputs, targets) -> scalar`. Left out, integer class targets give cross-entropy
            and float targets of the outputs' shape give mean squared error.
        optimizer: the optimizer in use; its settings are noted.
        include: "all", or some of "parameters", "activations", "gradients", "evaluation", "cost".
        batches: how many batches activations and gradients are taken from.
        classes: names of the classes, in order of their index; taken from the dataset if it has
            `classes`.
        mode: "real", "fake" (nothing is computed: structure only) or "auto".
        run: folder of a recorded run of this model, whose training curves join.

    Returns:
        The atlas: `.show()`, `.save("report.html")`, `.findings`, `.table(name)`, `.plot(view)`.

    Raises:
        CaptureError: `model` is no module.
        DataError: `data` has none of the forms above.
        RunError: `run` holds no readable run.
    """
    from torchatlas.capture.trace import check_model
    from torchatlas.capture.weights import model_info

    check_model(model)
    wanted = _sections(include)
    recorded = _recorded(run)
    measured = _Measurement(model, loss, _last_step(recorded))
    with progress() as start:
        train = measured.take(data, "train")
        held_out = measured.take(test, "test")
        batch = measured.structure(train, mode)
        if "parameters" in wanted:
            measured.parameters()
        if batch is not None and train is not None:
            if wanted & {"activations", "gradients"}:
                measured.behaviour(train, batches, "gradients" in wanted, start)
            if "cost" in wanted:
                measured.cost(batch)
            if "evaluation" in wanted:
                measured.evaluation([split for split in (train, held_out) if split], start)
    facts = _facts(optimizer) | {"mode": "training" if model.training else "evaluation"}
    names = tuple(classes) if classes is not None else _class_names(data)
    return Atlas(_finished(measured.run(model_info(model), facts, names), recorded))


def trace(
    model: nn.Module, args: Any = (), kwargs: dict[str, Any] | None = None, *, mode: Mode = "auto"
) -> Trace:
    """What ran, in what order, and what flowed where: see `torchatlas.capture.trace.trace`."""
    from torchatlas.capture.trace import trace as run_trace

    return run_trace(model, args, kwargs, mode=mode)


def evaluate(
    model: nn.Module,
    splits: Mapping[str, Any],
    loss: Loss | None = None,
    classes: Iterable[str] | None = None,
) -> Atlas:
    """How well does the model do on each split: loss, accuracy with interval, confusion.

    Args:
        splits: data by the name of the split: `{"train": loader, "test": loader}`.

    Raises:
        DataError: a split cannot be read or judged.
        CaptureError: the model raised.
    """
    from torchatlas.capture.trace import check_model
    from torchatlas.capture.weights import model_info

    check_model(model)
    measured = _Measurement(model, loss, step=0)
    with progress() as start:
        readable = [measured.take(data, split) for split, data in splits.items()]
        measured.evaluation([split for split in readable if split], start, strict=True)
    names = tuple(classes) if classes is not None else _class_names(next(iter(splits.values())))
    return Atlas(_finished(measured.run(model_info(model), _facts(None), names), None))


def record(
    folder: str | Path,
    model: nn.Module,
    *,
    optimizer: Any = None,
    example: Any = None,
    budget: float = 0.01,
) -> Recorder:
    """Record training into a run folder: see `torchatlas.capture.recorder.Recorder`."""
    from torchatlas.capture.recorder import Recorder
    from torchatlas.store import Recording

    def open_store() -> Recording:
        return Recording(folder)

    return Recorder(open_store, model, optimizer=optimizer, example=example, budget=budget)


def load(path: str | Path) -> Atlas:
    """Open a recorded run folder, or a report or JSON file saved from an atlas.

    Raises:
        RunError: there is nothing there, or it is none of these; the message says what it is.
    """
    path = Path(path)
    if path.is_dir():
        from torchatlas.store import load_run

        return Atlas(_finished(load_run(path), None))
    if not path.exists():
        raise RunError(f"there is no file or folder {path}")
    if path.suffix == ".html":
        return Atlas(read_html(path).run)
    if path.suffix == ".json":
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{path} is no JSON: {error}") from error
        return Atlas(from_json(Document, data, "document").run)
    raise RunError(f"{path} is no run folder, .html report or .json file saved by TorchAtlas")


class _Measurement:
    """Collects tables and gaps, step by step."""

    def __init__(self, model: nn.Module, loss: Loss | None, step: int) -> None:
        self.model, self.loss, self.step = model, loss, step
        self.graph: Graph | None = None
        self.gaps: list[Gap] = []
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def take(self, data: Any, split: str) -> Batches | None:
        """The batches of a split; None when there are no data."""
        from torchatlas.capture.batches import Batches

        return None if data is None else Batches(data, self.model, split)

    def structure(self, train: Batches | None, mode: Mode) -> Batch | None:
        """The graph; gives a batch that the model can really run on, if there is one."""
        from torchatlas.capture.module_tree import module_tree
        from torchatlas.capture.trace import trace as run_trace
        from torchatlas.capture.weights import parameter_rows

        batch, problem = None, "no data were given"
        if train is not None:
            try:
                batch = train.first()
            except DataError as error:
                problem = str(error)
        if batch is None:
            self.graph = module_tree(self.model, problem)
            self._gap_everything(problem)
        else:
            traced = run_trace(self.model, batch.args, batch.kwargs, mode=mode)
            self.graph = traced.graph
            batch = self._runnable(batch, traced, mode)
        self.rows["parameters"] = parameter_rows(self.model, self.graph)
        return batch

    def parameters(self) -> None:
        """How the parameters are spread."""
        from torchatlas.capture.weights import weight_distributions

        rows, gaps = weight_distributions(self.model, self.graph, self.step)
        self.rows.setdefault("distributions", []).extend(rows)
        self.gaps.extend(gaps)

    def behaviour(self, train: Batches, count: int, gradients: bool, start: StartTask) -> None:
        """Activations, and gradients if wanted, over a few batches."""
        from torchatlas.capture.observe import observe

        assert self.graph is not None
        try:
            seen = observe(
                self.model,
                train,
                self.graph,
                loss=self.loss,
                count=count,
                gradients=gradients,
                step=self.step,
                advance=start("activations and gradients", count),
            )
        except DataError as error:
            self.gaps += [Gap("activation", str(error)), Gap("gradient", str(error))]
            return
        self.rows.setdefault("distributions", []).extend(seen.rows)
        self.gaps.extend(seen.gaps)

    def cost(self, batch: Batch) -> None:
        """Forward time, FLOPs and sizes by node."""
        from torchatlas.capture.profile import forward_times

        assert self.graph is not None
        try:
            times = forward_times(self.model, batch)
        except Exception as error:  # noqa: BLE001 (the model's own; it is shown as a gap)
            self.gaps.append(Gap("cost", f"the model raised {type(error).__name__}: {error}"))
            times = {}
        counts = parameter_counts(self.graph, self._table("parameters"))
        self.rows["cost"] = cost_rows(self.graph, counts, times)

    def evaluation(self, splits: list[Batches], start: StartTask, *, strict: bool = False) -> None:
        """Loss, accuracy and confusion on every split; `strict` raises instead of leaving gaps."""
        from torchatlas.capture.evaluate import evaluate_split

        for split in splits:
            advance = start(f"evaluating on {split.split}", len(split))
            try:
                self._add_outcome(evaluate_split(self.model, split, self.loss, advance))
            except (DataError, CaptureError) as error:
                if strict:
                    raise
                self.gaps.append(Gap("evaluation", str(error)))

    def run(self, info: Any, facts: dict[str, str], classes: tuple[str, ...]) -> Run:
        """All that was measured."""
        return Run(
            name=info.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            model=info,
            graph=self.graph,
            tables={name: build_table(name, rows) for name, rows in self.rows.items()},
            gaps=tuple(self.gaps),
            classes=classes,
            facts=facts,
        )

    def _table(self, name: str) -> Table:
        return build_table(name, self.rows.get(name, []))

    def _add_outcome(self, outcome: Outcome) -> None:
        self.rows.setdefault("evaluation", []).extend(evaluation_rows(outcome))
        self.rows.setdefault("confusion", []).extend(confusion_rows(outcome))
        if outcome.interrupted:
            reason = f"{outcome.split}: stopped by hand after {outcome.samples} examples"
            self.gaps.append(Gap("evaluation", reason))

    def _runnable(self, batch: Batch, traced: Trace, mode: Mode) -> Batch | None:
        """The batch, or None with gaps that say why nothing more can be measured."""
        if traced.error is not None:
            failed = traced.graph.capture.failed_node
            reason = f"the model raised at {failed}: {traced.graph.capture.error}"
            self._gap_everything(reason, failed)
            return None
        if mode == "fake" or any(p.is_meta for p in self.model.parameters()):
            self._gap_everything("the model ran on fake tensors, which have shapes and no values")
            return None
        return batch

    def _gap_everything(self, reason: str, node: str | None = None) -> None:
        whats = ("activation", "gradient", "cost", "evaluation")
        self.gaps.extend(Gap(what, reason, node) for what in whats)


def _finished(run: Run, recorded: Run | None) -> Run:
    """The run with the recording's series joined and the findings drawn from all of it."""
    if recorded is not None:
        run = _joined(run, recorded)
    diagnosis = examine(run)
    gaps = tuple(dict.fromkeys((*run.gaps, *diagnosis.gaps)))
    return replace(run, findings=diagnosis.findings, gaps=gaps)


def _joined(run: Run, recorded: Run) -> Run:
    tables = dict(run.tables)
    for name in ("scalars", "distributions"):
        if name in recorded.tables:
            mine = tables[name].rows() if name in tables else []
            measured = {_moment(row) for row in mine}  # of all values; the recorder samples them
            rows = [row for row in recorded.tables[name].rows() if _moment(row) not in measured]
            tables[name] = build_table(name, rows + mine)
    facts = recorded.facts | run.facts
    return replace(
        run, name=recorded.name, tables=tables, facts=facts, gaps=run.gaps + recorded.gaps
    )


def _moment(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a row is about, and when; rows of both runs that agree in it say the same twice."""
    keys = ("name", "node", "tensor", "quantity", "step")
    return tuple(row.get(key) for key in keys)


def _recorded(folder: str | Path | None) -> Run | None:
    if folder is None:
        return None
    from torchatlas.store import load_run

    return load_run(Path(folder))


def _last_step(recorded: Run | None) -> int:
    if recorded is None or "scalars" not in recorded.tables:
        return 0
    return max((step for step in recorded.tables["scalars"].cells["step"] if step), default=0)


def _sections(include: str | Iterable[str]) -> set[str]:
    if include == "all":
        return set(SECTIONS)
    wanted = {include} if isinstance(include, str) else set(include)
    unknown = wanted - set(SECTIONS)
    if unknown:
        raise TorchAtlasError(
            f"include does not know {', '.join(sorted(map(repr, unknown)))}; "
            f"choose among {', '.join(SECTIONS)}, or 'all'"
        )
    return wanted


def _facts(optimizer: Any) -> dict[str, str]:
    import torch

    facts = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": str(torch.get_num_threads()),
    }
    if optimizer is not None:
        settings = {
            name: value
            for name, value in optimizer.defaults.items()
            if isinstance(value, int | float | tuple) and not isinstance(value, bool)
        }
        text = ", ".join(f"{name}={value}" for name, value in settings.items())
        facts["optimizer"] = f"{type(optimizer).__name__}({text})"
    return facts


def _class_names(data: Any) -> tuple[str, ...]:
    """The names that a dataset gives its classes, looked for through DataLoader and Subset."""
    while data is not None:
        names = getattr(data, "classes", None)
        if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
            return tuple(names)
        data = getattr(data, "dataset", None)
    return ()
