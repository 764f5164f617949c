"""The public functions: each hands the work to the rooms below and reads as a table of contents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchatlas._progress import progress
from torchatlas.atlas import Atlas
from torchatlas.errors import CaptureError, DataError, RunError, TorchAtlasError
from torchatlas.measure.compared_runs import compared_runs, names_of_compared
from torchatlas.measure.findings import RULES, examine
from torchatlas.measurement import Measurement
from torchatlas.report import read_html
from torchatlas.run import (
    ROOT,
    SCHEMA_VERSION,
    Document,
    Graph,
    Run,
    build_table,
    from_json,
)
from torchatlas.serve import Server, start

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram

    from torchatlas.capture.losses import Loss
    from torchatlas.capture.recorder import Recorder
    from torchatlas.capture.trace import Mode, Trace
    from torchatlas.capture.tracer import Level

SECTIONS = ("parameters", "activations", "gradients", "backward", "evaluation", "cost")
"""What `visualize_model` measures beside the structure; `include` chooses among them."""


def visualize_model(
    model: nn.Module | ExportedProgram,
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
    code: bool = True,
) -> Atlas:
    """See a model: its structure, parameters, activations, gradients, accuracy and cost, linked.

    The model comes back as it was: mode, buffers, gradients, random state and hooks. What could
    not be measured is a gap with its reason (`atlas.gaps`), and the rest is still shown.

    Args:
        model: any `torch.nn.Module`; without data also a `torch.export.ExportedProgram`.
        data: a DataLoader, a Dataset, a pair (inputs, targets), or inputs alone (a tensor, a tuple
            of arguments, a dict, a Hugging Face batch). Moved to the model's device. Without data
            only the modules and their parameters are shown.
        test: data of the same forms that the model was not trained on.
        loss: `f(outputs, targets) -> scalar`. Left out, integer class targets give cross-entropy
            and float targets of the outputs' shape give mean squared error.
        optimizer: the optimizer in use; its settings are noted.
        include: "all", or some of "parameters", "activations", "gradients", "backward",
            "evaluation" and "cost".
        batches: how many batches activations and gradients are taken from.
        classes: names of the classes, in order of their index; taken from the dataset if it has
            `classes`.
        mode: "real", "fake" (nothing is computed: structure only) or "auto".
        run: folder of a recorded run of this model, whose training curves join.
        code: whether a few lines of the code around each call are kept, to be shown beside the
            node. `save` can leave them out later.

    Returns:
        The atlas: `.show()`, `.save("report.html")`, `.findings`, `.table(name)`, `.plot(view)`.

    Raises:
        CaptureError: `model` is no module, or an exported program that comes with data.
        DataError: `data` has none of the forms above.
        RunError: `run` holds no readable run.
    """
    from torch.export import ExportedProgram

    from torchatlas.capture.facts import run_facts
    from torchatlas.capture.trace import check_model
    from torchatlas.capture.weights import model_info

    if isinstance(model, ExportedProgram):
        if data is not None or test is not None or run is not None:
            raise CaptureError(
                "an exported program is read and not run: call visualize_model(program) without "
                "data, or hand over the module that it was exported from"
            )
        return Atlas(_finished(_exported_run(model), None))
    model = check_model(model)
    wanted = _sections(include)
    if batches < 1:
        raise DataError(f"batches is 1 or more, not {batches}")
    if data is None and test is not None:
        raise DataError("test data were given without data; hand over the training data too")
    recorded = _recorded(run)
    if recorded is not None:
        _check_same_model(model, recorded, run)
    measured = Measurement(model, loss, _last_step(recorded), code=code)
    with progress() as start:
        train = measured.take(data, "train")
        held_out = measured.take(test, "test")
        batch = measured.structure(train, mode)
        if "parameters" in wanted:
            measured.parameters()
        if "backward" in wanted:
            measured.backward()
        if batch is not None and train is not None:
            if wanted & {"activations", "gradients"}:
                measured.behaviour(train, batches, wanted, start)
            if "cost" in wanted:
                measured.cost(batch)
            if "evaluation" in wanted:
                splits = [split for split in (train, held_out) if split is not None]
                measured.evaluation(splits, start)
    facts = run_facts(model, optimizer)
    names = tuple(classes) if classes is not None else _class_names(data)
    return Atlas(_finished(measured.run(model_info(model), facts, names), recorded))


def weights(
    model_or_checkpoint: nn.Module | str | Path | Sequence[str | Path],
) -> Atlas:
    """What do the parameters of a model, or of a checkpoint, look like, tensor by tensor?

    A checkpoint needs no code of its model: modules are grouped by the names of the tensors. It is
    streamed, with one tensor in memory at a time, and nothing in it is run. Ctrl-C ends the
    reading; what was read is kept, and the rest is a gap.

    Args:
        model_or_checkpoint: a module; a `.safetensors` file; what torch.save wrote (`.pt`, `.pth`,
            `.bin`, `.ckpt`), loaded with `weights_only=True`; an index or the folder of a
            checkpoint in several files; a Hugging Face folder; a folder that
            `torch.distributed.checkpoint` wrote. A list of these, or a folder of several
            (`checkpoint-500`, `checkpoint-1000`, ...), is a series: each is a step of one run.

    Returns:
        The atlas: tables `parameters` and `distributions`, charts, findings and a report.

    Raises:
        RunError: it is none of these, damaged, or a pickle that asks for code; the message says
            what, where and what to do.
    """
    from torchatlas.checkpoints import weights_run

    with progress() as start:
        return Atlas(_finished(weights_run(model_or_checkpoint, start), None))


def trace(
    model: nn.Module | ExportedProgram,
    args: Any = (),
    kwargs: dict[str, Any] | None = None,
    *,
    mode: Mode = "auto",
    level: Level = "user",
) -> Trace:
    """What ran, in what order, and what flowed where: see `torchatlas.capture.trace.trace`.

    Of a `torch.export.ExportedProgram` the graph is read off the program; nothing is run.
    """
    from torch.export import ExportedProgram

    from torchatlas.capture.trace import Trace
    from torchatlas.capture.trace import trace as run_trace

    if isinstance(model, ExportedProgram):
        graph = _exported_run(model).graph
        assert graph is not None
        return Trace(graph)
    return run_trace(model, args, kwargs, mode=mode, level=level)


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
    from torchatlas.capture.facts import run_facts
    from torchatlas.capture.trace import check_model
    from torchatlas.capture.weights import model_info

    model = check_model(model)
    if not splits:
        raise DataError('no split was given; write {"test": loader}, say')
    measured = Measurement(model, loss, step=0)
    with progress() as start:
        readable = [measured.take(data, split) for split, data in splits.items()]
        measured.evaluation([split for split in readable if split is not None], start, strict=True)
    names = tuple(classes) if classes is not None else _class_names(next(iter(splits.values())))
    return Atlas(_finished(measured.run(model_info(model), run_facts(model, None), names), None))


def record(
    folder: str | Path,
    model: nn.Module,
    *,
    optimizer: Any = None,
    example: Any = None,
    budget: float = 0.01,
    every: int | None = None,
    sample: int | None = 16_384,
    quantities: Iterable[str] = ("parameter", "gradient", "update"),
    activations: Any = "default",
    scaler: Any = None,
    hparams: Mapping[str, Any] | None = None,
    resume: bool = False,
    step: int | None = None,
) -> Recorder:
    """Record training into a run folder: `with ta.record(folder, model) as recorder:`.

    A run that is in the folder already is set aside, to `earlier/` within it. Under
    `torch.distributed` every rank calls this with the same folder, and writes its own file.

    Args:
        optimizer: the optimizer, or several; left out, those that train the model are found.
        example: a batch to trace the architecture with, in any form that `visualize_model` takes.
        budget: share of the training time that recording may take.
        every: take distributions every so many steps whatever they cost, not as the budget allows.
        sample: values of a tensor that a distribution is of, at most; None for all of them.
        quantities: those of which distributions are taken, beside activations.
        activations: modules whose outputs are looked at: names (`*` for any text), classes, "all",
            None, or "default": those that own parameters and activation functions.
        scaler: the GradScaler in use, so that steps it leaves out are noted.
        hparams: hyperparameters to note.
        resume: go on with the run that is in the folder.
        step: with `resume`, the step of the checkpoint that was loaded, where that is not the last
            one recorded: what was recorded of later steps is superseded.

    Returns:
        See `torchatlas.capture.recorder.Recorder`: `log`, `evaluate`, `note`, `rewind`, `serve`.

    Raises:
        CaptureError: something handed over is not of its kind; the message says what.
    """
    from torchatlas.capture.recorder import Recorder
    from torchatlas.store import Recording

    if step is not None and not resume:
        raise CaptureError("step is where a resumed run goes on: write resume=True with it")

    def open_store(ranks: Any) -> Recording:
        ranks.meet(str(Path(folder).resolve()))
        begins = step
        if ranks.number:
            told = ranks.wait_for("the folder")  # which the first rank may have to empty
            begins = told if resume and step is None else step
        recording = Recording(folder, ranks.number, resume=resume, step=begins)
        if not ranks.number:
            ranks.done("the folder", recording.step)
        return recording

    def open_server(run: Path, port: int) -> Server:
        return start(run, port=port or None)

    return Recorder(
        open_store,
        model,
        optimizer=optimizer,
        example=example,
        budget=budget,
        every=every,
        sample=sample,
        quantities=quantities,
        activations=activations,
        scaler=scaler,
        hparams=hparams,
        open_server=open_server,
    )


def lightning_callback(folder: str | Path, **options: Any) -> Any:
    """Record what Lightning trains: `Trainer(callbacks=[ta.lightning_callback("runs/first")])`.

    Optimizers and the scaler of mixed precision are the trainer's. Recorded are the loss of each
    batch, what the module logs, and its hyperparameters. A training that goes on from a checkpoint
    goes on in its run.

    Args:
        folder: the run folder.
        options: as `record` takes them: `example`, `budget`, `every`, `activations`, ...

    Returns:
        A `lightning.pytorch.Callback`.

    Raises:
        MissingDependency: Lightning is not installed.
    """
    from torchatlas.capture.callbacks import lightning_recorder

    return lightning_recorder(partial(record, folder), options)


def transformers_callback(folder: str | Path, **options: Any) -> Any:
    """Record what a Trainer of transformers trains: `Trainer(..., callbacks=[...])`.

    The optimizer is the trainer's. Recorded is what the trainer logs, at its `logging_steps`, and
    its settings. A training that goes on from a checkpoint goes on in its run.

    Args:
        folder: the run folder.
        options: as `record` takes them: `example`, `budget`, `every`, `activations`, ...

    Returns:
        A `transformers.TrainerCallback`.

    Raises:
        MissingDependency: transformers is not installed.
    """
    from torchatlas.capture.callbacks import transformers_recorder

    return transformers_recorder(partial(record, folder), options)


def load(path: str | Path) -> Atlas:
    """Open a recorded run, a report or JSON file saved from an atlas, a `.pt2` file, or weights.

    A `.pt2` file is an exported program (`torch.export.save`). It is read without torch, and
    nothing in it is unpickled or run. A checkpoint, or a folder of some, opens as in `weights`.

    Raises:
        RunError: there is nothing there, or it is none of these; the message says what it is.
    """
    if isinstance(path, str) and "://" in path:
        raise RunError(f"{path} is an address; load reads files of this machine: fetch it first")
    path = Path(path)
    if _is_checkpoint(path):
        return weights(path)
    if path.is_dir():
        from torchatlas.store import load_run

        return Atlas(_finished(load_run(path), None))
    if not path.exists():
        raise RunError(f"there is no file or folder {path}")
    if path.suffix == ".html":
        return _opened(read_html(path), path)
    if path.suffix == ".json":
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{path} is no JSON: {error}") from error
        return _opened(from_json(Document, data, "document"), path)
    if path.suffix == ".pt2":
        from torchatlas.store.exported_program import load_exported_program

        return Atlas(_finished(load_exported_program(path), None))
    raise RunError(
        f"{path} is no run folder, .html report or .json file saved by TorchAtlas, no .pt2 file "
        "and no checkpoint"
    )


def _is_checkpoint(path: Path) -> bool:
    """Whether a path is a checkpoint, or a folder of some; a recorded run is none."""
    from torchatlas.store import is_run_folder
    from torchatlas.store.checkpoint_files import is_checkpoint
    from torchatlas.store.checkpoint_series import series_in

    if not path.exists() or is_run_folder(path):
        return False
    return is_checkpoint(path) or (path.is_dir() and series_in(path) is not None)


def compare(
    before: Atlas | Trace | Graph | nn.Module | str | Path,
    after: Atlas | Trace | Graph | nn.Module | str | Path,
    *more: Atlas | Trace | Graph | nn.Module | str | Path,
) -> Atlas:
    """What is different between two models, two versions of one, or two checkpoints?

    Where all are checkpoints, or models in memory, the values of their tensors are held against
    each other too, streamed with one tensor of each in memory.

    Args:
        before: an atlas, a trace, a graph, a path that `load` opens, or a model's weights.
        after: the same; each is compared with the first.
        more: further ones, compared with the first as well.

    Returns:
        An atlas of the second, named `A → B`, whose report shows the graphs side by side. Its
        table `differences` says what was added, removed, changed and moved; it has no rows where
        the graphs agree. Its table `matches` says which node is which. See docs/measures/diff.md
        for what is compared and what is not. Of checkpoints its table `tensor_differences` says
        how far each tensor moved; see docs/measures/tensor-differences.md. Runs without a graph
        are held against each other by their curves and distributions, with a gap that says so.

    Raises:
        RunError: one of them cannot be read.
    """
    sources = (before, after, *more)
    if all(_has_weights_alone(source) for source in sources):
        return _compared_checkpoints(sources)
    return Atlas(*compared_runs([_comparable(source) for source in sources]))


def _has_weights_alone(source: Any) -> bool:
    if isinstance(source, str | Path):
        path = Path(source)
        return _is_checkpoint(path)
    return not isinstance(source, Atlas | Graph) and _is_module(source)


def _is_module(source: Any) -> bool:
    import sys

    torch = sys.modules.get("torch")  # without it nobody can have made a model
    return torch is not None and isinstance(source, torch.nn.Module)


def _compared_checkpoints(sources: Sequence[Any]) -> Atlas:
    """Graphs of checkpoints held against each other, and their tensors value by value."""
    from torchatlas.checkpoints import compared_weights

    names = names_of_compared(
        [
            Path(source).resolve().name if isinstance(source, str | Path) else type(source).__name__
            for source in sources
        ]
    )
    with progress() as start:
        runs, rows = compared_weights(sources, names[1:], start)
    run, comparison = compared_runs([_finished(run, None) for run in runs], names)
    table = build_table("tensor_differences", rows)
    return Atlas(replace(run, tables=run.tables | {"tensor_differences": table}), comparison)


def _comparable(source: Any) -> Run:
    """The run of whatever has one; of a graph alone, one that is made for it."""
    if isinstance(source, str | Path):
        source = load(source)
    if isinstance(source, Atlas):
        return source.run
    graph = source if isinstance(source, Graph) else getattr(source, "graph", None)
    if not isinstance(graph, Graph):
        raise RunError(
            f"cannot compare a {type(source).__name__}: hand over an atlas, a trace, a graph or "
            "a path; of a model, what trace(model, inputs) gives"
        )
    name = graph.nodes[ROOT].type if ROOT in graph.nodes else "graph"
    return Run(name, datetime.now(UTC).isoformat(timespec="seconds"), graph=graph)


def _exported_run(program: ExportedProgram) -> Run:
    """The run of an exported program in memory, by the way that a `.pt2` file goes."""
    from torchatlas.capture.exported_program import program_text
    from torchatlas.store.exported_program import exported_run

    text = program_text(program)
    run = exported_run(text.program, text.weights, "exported program")
    model = run.model
    return (
        run
        if model is None
        else replace(run, name=model.type, model=replace(model, name=model.type))
    )


def _opened(document: Document, path: Path) -> Atlas:
    run = document.run
    if run.schema_version > SCHEMA_VERSION:
        raise RunError(
            f"{path} was written by a later TorchAtlas (schema {run.schema_version}; this one "
            f"reads {SCHEMA_VERSION}); install a newer version"
        )
    return Atlas(run, document.comparison)


def _finished(run: Run, recorded: Run | None) -> Run:
    """The run with the recording's series joined and the findings drawn from all of it."""
    if recorded is not None:
        run = _joined(run, recorded)
    diagnosis = examine(run)
    measured = (gap for gap in run.gaps if gap.what not in RULES)  # not those of an earlier look
    gaps = tuple(dict.fromkeys((*measured, *diagnosis.gaps)))
    return replace(run, findings=diagnosis.findings, gaps=gaps)


def _joined(run: Run, recorded: Run) -> Run:
    tables = dict(run.tables)
    for name in ("scalars", "distributions", "norms", "channels"):
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


def _check_same_model(model: nn.Module, recorded: Run, folder: str | Path | None) -> None:
    """Curves of another model beside this one's numbers would say something false."""
    table = recorded.tables.get("parameters")
    if table is None:
        return
    names = {row["tensor"] for row in table.rows() if row["kind"] == "parameter"}
    own = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    if names and names != own:
        example = sorted(names ^ own)[0]
        raise RunError(
            f"{folder} was recorded from another model: {example} is in only one of the two; "
            "leave out run=, or give the folder of this model's training"
        )


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


def _class_names(data: Any) -> tuple[str, ...]:
    """The names that a dataset gives its classes, looked for through DataLoader and Subset."""
    while data is not None:
        names = getattr(data, "classes", None)
        if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
            return tuple(names)
        data = getattr(data, "dataset", None)
    return ()
