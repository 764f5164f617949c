"""A run as a folder: `run.json`, one `.npz` a table, and event files for what grows with time.

`run.json` names the tables that belong to it, and replacing it is the last step of saving, so that
a reader finds either the run that was or the run that is.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from torchatlas.errors import RunError
from torchatlas.run import (
    ROOT,
    SCHEMA_VERSION,
    Cell,
    Gap,
    Run,
    Table,
    build_table,
    from_json,
    to_json,
)
from torchatlas.store.event_reader import Events, event_files, read_events
from torchatlas.store.ranks import merged_ranks
from torchatlas.store.tables import encode_table, read_table
from torchatlas.store.whole_file import write_whole

RUN_FILE = "run.json"
TABLE_FOLDER = "tables"
_FORMAT = "torchatlas run"


def save_run(run: Run, folder: str | Path) -> Path:
    """Write a run into a folder, in the place of the one there; event files are left alone.

    Raises:
        RunError: it cannot be written; an earlier run in the folder can still be read.
    """
    folder = Path(folder)
    tables = folder / TABLE_FOLDER
    try:
        tables.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run folder {folder}: {error}") from error
    files = {name: _save_table(name, table, tables) for name, table in run.tables.items()}
    document = {"format": _FORMAT, "tables": files, "run": to_json(replace(run, tables={}))}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    write_whole(folder / RUN_FILE, text.encode("utf-8", "surrogatepass"))
    for stale in {path.name for path in tables.glob("*.npz")} - set(files.values()):
        (tables / stale).unlink(missing_ok=True)
    return folder


def load_run(folder: str | Path) -> Run:
    """Read a run back, its series from the event files included.

    A folder with event files alone (a TensorBoard log) gives a run of its scalars. What could not
    be read of the series is a gap.

    Raises:
        RunError: there is no run, or it is damaged; the message says which file.
    """
    folder = Path(folder)
    _check_is_run(folder)
    events = read_events(folder)
    path = folder / RUN_FILE
    run = read_run_file(path) if path.exists() else _only_series(folder, events)
    owners = _owners(run)
    series = {
        "scalars": _scalar_rows(events),
        "distributions": merged_ranks(_distribution_rows(events, owners), "distributions"),
        "norms": merged_ranks(_norm_rows(events, owners), "norms"),
    }
    tables = {name: build_table(name, rows) for name, rows in series.items() if rows}
    notes = (Gap("scalars", note) for note in events.notes)
    gaps = tuple(dict.fromkeys((*run.gaps, *events.gaps, *notes)))
    return replace(run, tables=tables | run.tables, gaps=gaps)


def _check_is_run(folder: Path) -> None:
    if not folder.exists():
        raise RunError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise RunError(f"{folder} is a file, and a run is a folder with a {RUN_FILE}")
    if not (folder / RUN_FILE).exists() and not event_files(folder):
        inside = sorted(path.parent.name for path in folder.glob(f"*/{RUN_FILE}"))
        hint = f"; did you mean {folder / inside[0]}?" if inside else ""
        raise RunError(f"{folder} is no run: it has no {RUN_FILE} and no event files{hint}")


def _save_table(name: str, table: Table, folder: Path) -> str:
    """Write the table under a name that no other content has; give that name."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise RunError(f"{name!r} cannot be the name of a table: use letters, digits, - and _")
    content = encode_table(table)
    file_name = f"{name}.{sha256(content).hexdigest()[:12]}.npz"
    write_whole(folder / file_name, content)
    return file_name


def read_run_file(path: Path) -> Run:
    """The description of a run with its own tables, without the series of its event files.

    Raises:
        RunError: it is damaged, or of a later version.
    """
    document = _parse(path)
    data = document["run"]
    version = data.get("schema_version")
    if type(version) is not int or version > SCHEMA_VERSION:
        raise RunError(
            f"{path} has version {version!r} of the run format, and this TorchAtlas reads up to "
            f"{SCHEMA_VERSION}; update TorchAtlas"
        )
    run = from_json(Run, data, path.name)
    folder = path.parent / TABLE_FOLDER
    tables = {}
    for name, file_name in document["tables"].items():
        if not isinstance(file_name, str) or not file_name or Path(file_name).name != file_name:
            raise RunError(f"{path} names {file_name!r} for the table {name!r}: not a file name")
        tables[name] = read_table(folder / file_name)
    return replace(run, tables=tables)


def _parse(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise RunError(f"{path} was not written by TorchAtlas")
    if not isinstance(document.get("run"), dict) or not isinstance(document.get("tables"), dict):
        raise RunError(f"{path} is damaged: it lacks the run or its list of tables")
    return document


def _only_series(folder: Path, events: Events) -> Run:
    created = datetime.fromtimestamp(events.started_s or 0.0, UTC)
    reason = f"{folder.name} holds event files alone: there is no {RUN_FILE} with the model"
    return Run(
        folder.resolve().name,
        created.isoformat(timespec="seconds"),
        gaps=(Gap("graph", reason),),
    )


def _scalar_rows(events: Events) -> list[dict[str, Cell]]:
    started_s = events.started_s or 0.0
    return [
        {
            "name": point.name,
            "split": point.split,
            "step": point.step,
            "rank": rank,
            "value": point.value,
            "time_s": point.time_s - started_s,
        }
        for rank, point in events.scalars
    ]


def _distribution_rows(events: Events, owners: dict[str, str]) -> list[dict[str, Cell]]:
    return [
        {
            **_place(point.quantity, point.tensor, owners),
            "quantity": point.quantity,
            "step": point.step,
            "rank": rank,
            "elements": point.elements,
            "summary": point.summary,
        }
        for rank, point in events.summaries
    ]


def _norm_rows(events: Events, owners: dict[str, str]) -> list[dict[str, Cell]]:
    return [
        {
            **_place(point.quantity, point.tensor, owners),
            "quantity": point.quantity,
            "step": point.step,
            "rank": rank,
            "norm": point.norm,
            "nonfinite": point.nonfinite,
            "elements": point.elements,
            "sampled": point.sampled,
        }
        for rank, point in events.norms
    ]


def _place(quantity: str, tensor: str, owners: dict[str, str]) -> dict[str, Cell]:
    """Node and name of a tensor; an activation is named after the node that put it out."""
    if quantity == "activation" and "/" in tensor:
        node, _, output = tensor.rpartition("/")
        return {"node": node, "tensor": output}
    return {
        "node": owners.get(tensor, tensor.rpartition(".")[0] or ROOT),
        "tensor": tensor,
    }


def _owners(run: Run) -> dict[str, str]:
    """The node of each tensor, where the run has a list of its parameters."""
    if "parameters" not in run.tables:
        return {}
    cells = run.tables["parameters"].cells
    return dict(zip(cells["tensor"], cells["node"], strict=True))
