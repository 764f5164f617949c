"""Checkpoints as runs: one, the steps of a series, or two held against each other, streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchatlas._progress import StartTask
from torchatlas.errors import RunError
from torchatlas.measure.graph_tables import shape_text
from torchatlas.measure.named_tree import named_tree, tensor_kind
from torchatlas.measure.tensor_changes import tensor_change_row
from torchatlas.measure.tensor_names import counterpart_names
from torchatlas.run import Gap, Graph, ModelInfo, Run, StoredTensor, build_table
from torchatlas.store.checkpoint_files import CheckpointFiles, checkpoint_files, is_checkpoint
from torchatlas.store.checkpoint_series import Series, series_in, series_of, worded_step

if TYPE_CHECKING:
    import torch
    from torch import nn

    from torchatlas.capture.checkpoint import CheckpointTensors
    from torchatlas.capture.tensor_distance import TensorDistance

_FORMS = {
    "safetensors": "safetensors",
    "pickle": "torch.save, loaded with weights_only=True",
    "distributed": "torch.distributed.checkpoint",
}
_NO_CODE = "parameters alone were looked at; give visualize_model data to see ops and edges"


@dataclass
class Weights:
    """A checkpoint, or a model in memory: what is known of it, and its tensors one at a time."""

    name: str
    type: str
    tensors: CheckpointTensors
    graph: Graph
    owner: Callable[[str], str]
    parameter_rows: list[dict[str, Any]]
    facts: dict[str, str]
    info: ModelInfo
    step: int = 0

    @cached_property
    def entries(self) -> dict[str, StoredTensor]:
        """The tensors by name."""
        return {entry.name: entry for entry in self.tensors.entries}

    @cached_property
    def kinds(self) -> dict[str, str]:
        """By name of a tensor, "parameter" or "buffer"."""
        return {row["tensor"]: row["kind"] for row in self.parameter_rows}

    def read(self, entry: StoredTensor) -> torch.Tensor | Exception:
        """The values of a tensor until the next one is read, or why they cannot be had."""
        from torchatlas.capture.checkpoint import CannotRead

        try:
            return self.tensors.read(entry.name)
        except CannotRead as reason:
            return reason

    def run(self, measured: Measured) -> Run:
        """All that is known of it, with what was measured."""
        rows = {"parameters": self.parameter_rows}
        if measured.rows:
            rows["distributions"] = measured.rows
        return Run(
            self.name,
            datetime.now(UTC).isoformat(timespec="seconds"),
            model=self.info,
            graph=self.graph,
            tables={name: build_table(name, found) for name, found in rows.items()},
            gaps=tuple(measured.gaps),
            facts=self.facts,
        )


@dataclass
class Measured:
    """Rows of the table `distributions`, and what could not be measured."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    is_stopped: bool = False

    def add(self, weights: Weights, entry: StoredTensor, values: torch.Tensor | Exception) -> None:
        """The distribution of a tensor, or why there is none.

        Buffers are looked through as well, and have a row where they hold NaN or infinity.
        """
        from torchatlas.capture.summarize import NotSummarizable, summarize

        node = weights.owner(entry.name)
        try:
            if isinstance(values, Exception):
                raise NotSummarizable(str(values))
            summary = summarize(values)
        except NotSummarizable as reason:
            self._leave_out(entry, node, str(reason))
            return
        except RuntimeError as error:  # an op that this torch lacks for a dtype of tomorrow
            self._leave_out(entry, node, " ".join(str(error).split())[:200])
            return
        if weights.kinds[entry.name] == "parameter" or summary.nonfinite:
            self.rows.append(
                {
                    "node": node,
                    "tensor": entry.name,
                    "quantity": "parameter",
                    "step": weights.step,
                    "elements": entry.elements,
                    "summary": summary,
                }
            )

    def stop(self, done: int, count: int) -> None:
        """Somebody pressed Ctrl-C: what was measured stays."""
        self.is_stopped = True
        self.gaps.append(Gap("parameter", f"stopped by hand after {done:,} of {count:,} tensors"))

    def _leave_out(self, entry: StoredTensor, node: str, reason: str) -> None:
        self.gaps.append(Gap("parameter", f"{entry.name} has no distribution: {reason}", node))


def is_weights(source: Any) -> bool:
    """Whether something can be opened as weights: a model, or the path of a checkpoint."""
    if isinstance(source, str | Path):
        path = Path(source)
        return path.exists() and (is_checkpoint(path) or is_series(path))
    from torch import nn

    return isinstance(source, nn.Module)


def is_series(path: Path) -> bool:
    """Whether a path is a folder of several checkpoints, and none of them is that of the folder."""
    return path.is_dir() and series_in(path) is not None


def weights_run(source: Any, start: StartTask) -> Run:
    """The run of a model, of a checkpoint, or of a series of checkpoints.

    Raises:
        RunError: it is none of these, or damaged; the message says what is wrong and what to do.
    """
    others: tuple[str, ...] = ()
    if isinstance(source, list | tuple):
        paths = [Path(one) for one in source if isinstance(one, str | Path)]
        if not source or len(paths) < len(source):
            raise RunError("a series is a list of paths, one for each checkpoint")
        series = series_of(paths)
        name = paths[0].resolve().parent.name
    elif isinstance(source, str | Path) and is_series(Path(source)):
        found = series_in(Path(source))
        assert found is not None
        series, others = found
        name = Path(source).resolve().name
    else:
        weights = open_weights(source)
        measured = Measured()
        with weights.tensors:
            _measure(weights, measured, start(f"reading {weights.name}", len(weights.entries)))
        return weights.run(measured)
    if len(series.paths) == 1:
        return weights_run(series.paths[0], start)
    return _series_run(series, others, name, start)


def compared_weights(
    sources: Sequence[Any], names: Sequence[str], start: StartTask
) -> tuple[list[Run], list[dict[str, Any]]]:
    """Hold checkpoints, or models, against the first of them, tensor by tensor.

    Of a pair one tensor of each is in memory at a time.

    Args:
        names: what the column `run` says of each source after the first.

    Returns:
        The runs of all of them, and rows of the table `tensor_differences`.
    """
    first = open_weights(sources[0])
    own = Measured()
    runs: list[Run] = []
    rows: list[dict[str, Any]] = []
    for source, name in zip(sources[1:], names, strict=True):
        other = open_weights(source)
        measured = Measured()
        pair = _Pair(first, other, Measured() if runs else own, measured)
        with first.tensors, other.tensors:
            rows += [{"run": name, **row} for row in pair.rows(start)]
        other.facts = other.facts | pair.facts
        runs.append(other.run(measured))
    return [first.run(own), *runs], rows


def open_weights(source: Any) -> Weights:
    """Open a model, or a checkpoint by its path.

    Raises:
        RunError: it is neither, or is damaged.
    """
    from torch import nn

    if isinstance(source, str | Path):
        return _of_files(checkpoint_files(Path(source)))
    if isinstance(source, nn.Module):
        return _of_model(source)
    raise RunError(
        f"a {type(source).__name__} has no weights to look at: hand over a model, the path of a "
        "checkpoint, or a list of paths"
    )


def _measure(weights: Weights, measured: Measured, advance: Callable[[], None]) -> None:
    """The distribution of every tensor, one after the other; Ctrl-C leaves the rest out."""
    done = 0
    try:
        for entry in weights.entries.values():
            if entry.tied_to is None:
                measured.add(weights, entry, weights.read(entry))
            done += 1
            advance()
    except KeyboardInterrupt:
        measured.stop(done, len(weights.entries))


def _series_run(series: Series, others: Iterable[str], name: str, start: StartTask) -> Run:
    measured = Measured()
    entries: dict[str, StoredTensor] = {}
    holders: dict[str, int] = {}
    reshaped: dict[str, None] = {}
    last: Weights | None = None
    for path, step in zip(series.paths, series.steps, strict=True):
        last = open_weights(path)
        last.step = step
        with last.tensors:
            _measure(last, measured, start(f"reading step {step:,}", len(last.entries)))
        for entry in last.entries.values():
            if entry.name in entries and entries[entry.name].spec.shape != entry.spec.shape:
                reshaped[entry.name] = None
            entries[entry.name] = entry
            holders[entry.name] = holders.get(entry.name, 0) + 1
        if measured.is_stopped:
            break
    assert last is not None
    partly = [one for one, count in holders.items() if count < max(holders.values())]
    notes = [series.note]
    for told, found in (
        ("left aside, for their names tell no step", list(others)),
        ("not in every checkpoint", partly),
        ("of another shape in some", list(reshaped)),
    ):
        if found:
            notes.append(f"{told}: {_some(found)}")
    architecture = "" if last.type == "checkpoint" else last.type
    tree = named_tree(entries.values(), architecture, [*notes, *last.tensors.notes])
    steps = f"{len(series.steps)}, from {series.steps[0]:,} to {series.steps[-1]:,}"
    whole = replace(
        last,
        name=name,
        graph=tree.graph,
        parameter_rows=_parameter_rows(entries.values(), tree.owners),
        facts=last.facts | {"checkpoints": steps, "order": series.note},
    )
    return whole.run(measured)


@dataclass
class _Pair:
    """Two checkpoints whose tensors are held against each other."""

    before: Weights
    after: Weights
    of_before: Measured
    of_after: Measured
    facts: dict[str, str] = field(default_factory=dict)

    def rows(self, start: StartTask) -> list[dict[str, Any]]:
        """Rows of the table `tensor_differences`, in the order of the second, removed ones last."""
        names, note = counterpart_names(self.before.entries, self.after.entries)
        if note:
            self.facts["names"] = note
        there = set(names.values())
        pairs: list[tuple[StoredTensor | None, StoredTensor | None]] = [
            (self.before.entries[names[name]] if name in names else None, entry)
            for name, entry in self.after.entries.items()
        ]
        gone = (entry for entry in self.before.entries.values() if entry.name not in there)
        pairs += [(entry, None) for entry in gone]
        return list(self._compared(pairs, start(f"comparing {self.after.name}", len(pairs))))

    def _compared(
        self,
        pairs: list[tuple[StoredTensor | None, StoredTensor | None]],
        advance: Callable[[], None],
    ) -> Iterator[dict[str, Any]]:
        known: dict[tuple[str, str], TensorDistance | None] = {}
        done = 0
        for before, after in pairs:
            distance = None
            if not self.of_after.is_stopped:
                try:
                    distance = self._distance(before, after, known)
                    done += 1
                    advance()
                except KeyboardInterrupt:
                    self.of_before.stop(done, len(pairs))
                    self.of_after.stop(done, len(pairs))
            yield tensor_change_row(self._node(before, after), before, after, distance)

    def _distance(
        self,
        before: StoredTensor | None,
        after: StoredTensor | None,
        known: dict[tuple[str, str], TensorDistance | None],
    ) -> TensorDistance | None:
        """Measure both tensors and how far they are apart; None where that cannot be said."""
        from torchatlas.capture.checkpoint import CannotRead
        from torchatlas.capture.tensor_distance import tensor_distance

        firsts = _first_name(before), _first_name(after)
        if firsts in known:
            return known[firsts]
        left = self._taken(self.before, before, self.of_before)
        right = self._taken(self.after, after, self.of_after)
        known[firsts] = None
        if left is None or right is None or isinstance(left, Exception):
            return None
        if isinstance(right, Exception) or left.shape != right.shape:
            return None
        try:
            known[firsts] = tensor_distance(left, right)
        except CannotRead:
            return None  # the row says "not compared", and the gap of its distribution why
        return known[firsts]

    def _taken(
        self, weights: Weights, entry: StoredTensor | None, measured: Measured
    ) -> torch.Tensor | Exception | None:
        if entry is None:
            return None
        values = weights.read(entry)
        if entry.tied_to is None:
            measured.add(weights, entry, values)
        return values

    def _node(self, before: StoredTensor | None, after: StoredTensor | None) -> str:
        if after is not None:
            return self.after.owner(after.name)
        assert before is not None
        node = self.before.owner(before.name)
        return node if node in self.after.graph.nodes else ""


def _first_name(entry: StoredTensor | None) -> str:
    return "" if entry is None else entry.tied_to or entry.name


def _of_model(model: nn.Module) -> Weights:
    from torchatlas.capture.checkpoint import ModuleTensors
    from torchatlas.capture.facts import run_facts
    from torchatlas.capture.module_tree import module_tree
    from torchatlas.capture.weights import model_info, owner_node, parameter_rows

    graph = module_tree(model, _NO_CODE)
    info = model_info(model)
    return Weights(
        info.name,
        info.type,
        ModuleTensors(model),
        graph,
        lambda name: owner_node(graph, name),
        parameter_rows(model, graph),
        run_facts(model, None),
        info,
    )


def _of_files(files: CheckpointFiles) -> Weights:
    tensors = _tensors(files)
    tree = named_tree(tensors.entries, files.architecture, (*files.notes, *tensors.notes))
    kind = files.architecture or "checkpoint"
    return Weights(
        files.name,
        kind,
        tensors,
        tree.graph,
        lambda name: tree.owners[name],
        _parameter_rows(tensors.entries, tree.owners),
        {"checkpoint": str(files.path), "form": _FORMS[files.form], **files.facts, **tensors.facts},
        _info(files.name, kind, tensors.entries),
        worded_step(files.name) or 0,
    )


def _tensors(files: CheckpointFiles) -> CheckpointTensors:
    if files.form == "safetensors":
        from torchatlas.capture.checkpoint_safetensors import SafetensorsTensors

        return SafetensorsTensors(files.tensors)
    if files.form == "pickle":
        from torchatlas.capture.checkpoint_pickle import PickleTensors

        return PickleTensors(files.files)
    from torchatlas.capture.checkpoint_distributed import DistributedTensors

    return DistributedTensors(files.path)


def _parameter_rows(
    entries: Iterable[StoredTensor], owners: dict[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "node": owners[entry.name],
            "tensor": entry.name,
            "kind": tensor_kind(entry.name, entry.spec.dtype),
            "shape": shape_text(entry.spec),
            "dtype": entry.spec.dtype,
            "device": entry.spec.device,
            "count": entry.elements,
            "size_bytes": entry.spec.size_bytes,
            "tied_to": entry.tied_to,
        }
        for entry in entries
    ]


def _info(name: str, kind: str, entries: Iterable[StoredTensor]) -> ModelInfo:
    own = [
        entry
        for entry in entries
        if entry.tied_to is None and tensor_kind(entry.name, entry.spec.dtype) == "parameter"
    ]
    return ModelInfo(
        name,
        kind,
        training=None,
        parameter_count=sum(entry.elements for entry in own),
        trainable_count=None,
        parameter_bytes=sum(entry.spec.size_bytes for entry in own),
    )


def _some(names: list[str], most: int = 4) -> str:
    shown = ", ".join(name[:100] for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
