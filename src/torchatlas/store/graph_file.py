"""A graph as a file of another form: TorchAtlas's own JSON, Graphviz, Model Explorer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.run import Document, Graph, Run, to_json
from torchatlas.store.dot import Direction, dot_text
from torchatlas.store.model_explorer import model_explorer_collection
from torchatlas.store.whole_file import write_whole

GRAPH_FORMATS = ("json", "dot", "model-explorer")
"""Forms of a file that a graph can be written in."""

_ENDINGS = {
    ".model-explorer.json": "model-explorer",
    ".json": "json",
    ".dot": "dot",
    ".gv": "dot",
}


def graph_format(path: str | Path, format: str | None = None) -> str | None:
    """The form to write: the one asked for, else that of the file's ending; None of another.

    Raises:
        RunError: no form has the name that was asked for.
    """
    if format is not None:
        if format not in GRAPH_FORMATS:
            raise RunError(f"there is no format {format!r}; choose {', '.join(GRAPH_FORMATS)}")
        return format
    name = Path(path).name.lower()
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)


def save_graph(
    graph: Graph,
    path: str | Path,
    format: str | None = None,
    *,
    name: str | None = None,
    depth: int | None = None,
    direction: Direction = "TB",
) -> Path:
    """Write a graph into a file, whole or not at all; gives the path.

    Args:
        path: its ending says the form: `.json` (TorchAtlas's own, `ta.load` opens it), `.dot` or
            `.gv` (Graphviz), `.model-explorer.json` (Google's Model Explorer).
        format: "json", "dot" or "model-explorer", whatever the ending is.
        name: of the model; the file's name without it.
        depth: how many levels of groups Graphviz shows open; None shows all.
        direction: in which Graphviz draws, "TB" from top to bottom or "LR" from left to right.

    Raises:
        RunError: the ending says none of these, an option is of another form, or the file cannot
            be written.
    """
    path = Path(path)
    kind = graph_format(path, format)
    title = name or path.name.partition(".")[0] or "model"
    if kind != "dot" and (depth is not None or direction != "TB"):
        raise RunError(f"depth and direction are of a .dot file, and {path.name} is none")
    if kind == "dot":
        text = dot_text(graph, name=title, depth=depth, direction=direction)
    elif kind == "model-explorer":
        text = json.dumps(model_explorer_collection(graph, title), ensure_ascii=False)
    elif kind == "json":
        created = datetime.now(UTC).isoformat(timespec="seconds")
        run = Run(title, created, graph=graph)
        text = json.dumps(to_json(Document(run)), ensure_ascii=False)
    else:
        raise RunError(
            f"cannot save a graph as {path.suffix or path.name!r}: use .json, .dot or "
            ".model-explorer.json, or say format="
        )
    write_whole(path, text.encode("utf-8", errors="replace"))
    return path
