"""One look at a model: what `visualize_model` and `evaluate` measure, step by step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from torchatlas._progress import StartTask
from torchatlas.errors import CaptureError, DataError
from torchatlas.measure.evaluation import confusion_rows, evaluation_rows
from torchatlas.measure.graph_tables import cost_rows
from torchatlas.measure.parameters import parameter_counts
from torchatlas.measure.without_code import without_code
from torchatlas.run import Gap, Graph, Outcome, Run, Table, build_table

if TYPE_CHECKING:
    from torch import nn

    from torchatlas.capture.batches import Batch, Batches
    from torchatlas.capture.losses import Loss
    from torchatlas.capture.trace import Mode, Trace


class Measurement:
    """Collects tables and gaps, step by step."""

    def __init__(
        self, model: nn.Module, loss: Loss | None, step: int, *, code: bool = True
    ) -> None:
        self.model, self.loss, self.step, self.code = model, loss, step, code
        self.graph: Graph | None = None
        self.traced: Trace | None = None
        self.backward_graph: Graph | None = None
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
            self.gaps.append(Gap("backward", problem))
        else:
            traced = run_trace(self.model, batch.args, batch.kwargs, mode=mode)
            self.graph, self.traced = traced.graph, traced
            batch = self._runnable(batch, traced, mode)
        self.rows["parameters"] = parameter_rows(self.model, self.graph)
        return batch

    def backward(self) -> None:
        """The autograd graph of the pass that gave the structure."""
        if self.traced is None or self.traced.error is not None:
            return  # `structure` has said why
        try:
            found = self.traced.backward()
        except Exception as error:  # noqa: BLE001 (hooks and subclasses are anybody's code)
            self.gaps.append(
                Gap(
                    "backward",
                    f"the autograd graph could not be read: {type(error).__name__}: {error}",
                )
            )
            return
        reason = found.capture.error or "; ".join(found.capture.notes)
        if found.nodes:
            self.backward_graph = found
        else:
            self.gaps.append(Gap("backward", reason))

    def parameters(self) -> None:
        """How the parameters are spread."""
        from torchatlas.capture.weights import weight_distributions

        rows, gaps = weight_distributions(self.model, self.graph, self.step)
        self.rows.setdefault("distributions", []).extend(rows)
        self.gaps.extend(gaps)

    def behaviour(self, train: Batches, count: int, wanted: set[str], start: StartTask) -> None:
        """Activations and gradients, those that are wanted, over a few batches."""
        from torchatlas.capture.observe import observe

        assert self.graph is not None
        try:
            seen = observe(
                self.model,
                train,
                self.graph,
                loss=self.loss,
                count=count,
                gradients="gradients" in wanted,
                step=self.step,
                advance=start("activations and gradients", count),
            )
        except DataError as error:
            self.gaps += [Gap("activation", str(error)), Gap("gradient", str(error))]
            return
        self.rows.setdefault("distributions", []).extend(
            row for row in seen.rows if f"{row['quantity']}s" in wanted
        )
        if seen.channels and "activations" in wanted:
            self.rows.setdefault("channels", []).extend(seen.channels)
        self.gaps.extend(seen.gaps)

    def cost(self, batch: Batch) -> None:
        """Forward time, FLOPs and sizes by node."""
        from torchatlas.capture.profile import forward_times

        assert self.graph is not None
        try:
            times = forward_times(
                self.model, batch, dispatched=bool(self.graph.capture.dispatched_only)
            )
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
                outcome = evaluate_split(self.model, split, self.loss, advance)
                self._add_outcome(outcome)
                if outcome.interrupted:
                    return
            except (DataError, CaptureError) as error:
                if strict:
                    raise
                self.gaps.append(Gap("evaluation", str(error)))

    def run(self, info: Any, facts: dict[str, str], classes: tuple[str, ...]) -> Run:
        """All that was measured."""
        from torchatlas.capture.source_excerpts import source_excerpts

        run = Run(
            name=info.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            model=info,
            graph=self.graph,
            tables={name: build_table(name, rows) for name, rows in self.rows.items()},
            gaps=tuple(self.gaps),
            classes=classes,
            facts=facts,
            backward=self.backward_graph,
            excerpts=source_excerpts(self.traced.graph) if self.code and self.traced else (),
        )
        return run if self.code else without_code(run)

    def _table(self, name: str) -> Table:
        return build_table(name, self.rows.get(name, []))

    def _add_outcome(self, outcome: Outcome) -> None:
        self.rows.setdefault("evaluation", []).extend(evaluation_rows(outcome))
        self.rows.setdefault("confusion", []).extend(confusion_rows(outcome))
        if outcome.right is not None and outcome.confusion is None:
            reason = f"{outcome.split}: too many classes for a confusion matrix"
            self.gaps.append(Gap("confusion", reason))
        if outcome.unclear:
            reason = f"{outcome.split}: {outcome.unclear:,} examples have NaN for a score"
            self.gaps.append(Gap("evaluation", f"{reason}, which is no prediction"))
        if outcome.interrupted:
            reason = f"{outcome.split}: stopped by hand after {outcome.samples} examples"
            self.gaps.append(Gap("evaluation", reason))

    def _runnable(self, batch: Batch, traced: Trace, mode: Mode) -> Batch | None:
        """The batch, or None with gaps that say why nothing more can be measured."""
        if traced.error is not None:
            failed = traced.graph.capture.failed_node
            reason = f"the model raised at {failed}: {traced.graph.capture.error}"
            self._gap_everything(reason, failed)
            self.gaps.append(Gap("backward", reason, failed))
            return None
        if mode == "fake" or any(p.is_meta for p in self.model.parameters()):
            self._gap_everything("the model ran on fake tensors, which have shapes and no values")
            return None
        return batch

    def _gap_everything(self, reason: str, node: str | None = None) -> None:
        whats = ("activation", "gradient", "cost", "evaluation")
        self.gaps.extend(Gap(what, reason, node) for what in whats)
