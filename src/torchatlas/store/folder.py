"""The part of a run folder that does not grow: `run.json`, and one `.npz` a table.

`run.json` names the tables that belong to it, and replacing it is the last step of saving, so that
a reader finds either the run that was or the run that is.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from torchatlas.errors import RunError
from torchatlas.run import (
    SCHEMA_VERSION,
    Run,
    Table,
    from_json,
    to_json,
)
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


def _save_table(name: str, table: Table, folder: Path) -> str:
    """Write the table under a name that no other content has; give that name."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise RunError(f"{name!r} cannot be the name of a table: use letters, digits, - and _")
    content = encode_table(table)
    file_name = f"{name}.{sha256(content).hexdigest()[:12]}.npz"
    write_whole(folder / file_name, content)
    return file_name


def read_run_file(path: Path) -> Run:
    """The run that a `run.json` describes, with the tables beside it and without its series.

    Raises:
        RunError: it is damaged, of a later version, or a table is; the message says which file.
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
