"""An exported program (`.pt2`) as a run: graph and parameters, read without torch or pickle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from torchatlas.run import ROOT, Cell, Gap, Graph, ModelInfo, Run, build_table
from torchatlas.store.program_graph import program_graph, tied_names
from torchatlas.store.program_json import Program, parse_program
from torchatlas.store.pt2_archive import read_pt2

_LONGEST_PATH = 1_000
"""Characters of a weight's name in which its module is looked for."""

_NOT_RUN = "an exported program is read and not run"
_GAPS = {
    "parameter": "the values of the weights are not read from an exported program",
    **dict.fromkeys(("activation", "gradient", "cost", "evaluation"), _NOT_RUN),
}


def load_exported_program(path: str | Path) -> Run:
    """The run of a `.pt2` file that `torch.export.save` wrote.

    Nothing in the file is unpickled or run, so a stranger's file can be opened.

    Raises:
        RunError: the file is no such archive, is damaged, or of a schema that is not read.
    """
    path = Path(path)
    text = read_pt2(path)
    return exported_run(text.program, text.weights, path.stem, str(path), text.notes)


def exported_run(
    program: bytes,
    weights: Mapping[str, str],
    name: str | None = None,
    where: str = "the exported program",
    notes: tuple[str, ...] = (),
) -> Run:
    """The run of an exported program that is given as torch's JSON.

    Args:
        weights: names of parameters and buffers to where they are stored; two with one store are
            tied.
        name: for a heading; the model's class where there is none.
        where: what the program is, for the words of an error.

    Raises:
        RunError: the JSON is damaged, or of a schema that is not read.
    """
    parsed = parse_program(program, where)
    graph = program_graph(parsed, weights, notes)
    rows = _parameter_rows(parsed, tied_names(parsed, weights), graph)
    name = name or graph.nodes[ROOT].type
    facts = {"source": f"exported program, schema {parsed.schema}"}
    if parsed.torch_version:
        facts["torch"] = parsed.torch_version
    return Run(
        name,
        datetime.now(UTC).isoformat(timespec="seconds"),
        model=_model_info(name, graph, rows),
        graph=graph,
        tables={"parameters": build_table("parameters", rows)},
        gaps=tuple(Gap(what, reason) for what, reason in _GAPS.items()),
        facts=facts,
    )


def _parameter_rows(
    program: Program, first_names: Mapping[str, str], graph: Graph
) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for spec in program.inputs:
        if spec.kind not in ("parameter", "buffer") or spec.target is None:
            continue
        info = program.graph.tensors[spec.argument.tensors[0]]
        shape = info.spec.shape
        count = 1
        for size in shape:
            count *= size
        first = first_names[spec.target]
        rows.append(
            {
                "node": _owner(graph, spec.target),
                "tensor": spec.target,
                "kind": spec.kind,
                "shape": "×".join(map(str, shape)) or "scalar",
                "dtype": info.spec.dtype,
                "device": info.spec.device,
                "count": count,
                "size_bytes": info.spec.size_bytes,
                "trainable": info.requires_grad,
                "tied_to": first if first != spec.target else None,
            }
        )
    return rows


def _owner(graph: Graph, name: str) -> str:
    """The module that a weight belongs to, or the nearest one around it that has a node."""
    path = name[:_LONGEST_PATH].rpartition(".")[0]
    while path and path not in graph.nodes:
        path = path.rpartition(".")[0]
    return path or ROOT


def _model_info(name: str, graph: Graph, rows: list[dict[str, Cell]]) -> ModelInfo:
    own = [row for row in rows if row["kind"] == "parameter" and row["tied_to"] is None]
    training = any(
        node.attributes.get(key) is True
        for node in graph.nodes.values()
        if node.kind == "op"
        for key in ("train", "training")
    )
    return ModelInfo(
        name,
        graph.nodes[ROOT].type,
        training,
        sum(row["count"] for row in own),
        sum(row["count"] for row in own if row["trainable"]),
        sum(row["size_bytes"] for row in own),
    )
