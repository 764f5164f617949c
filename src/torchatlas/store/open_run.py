"""Opens the run in a folder: one of our own, or a TensorBoard log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.run import Gap, Run
from torchatlas.store.folder import RUN_FILE, read_run_file
from torchatlas.store.growing_run import GrowingRun
from torchatlas.store.log_folder import event_files, run_folders_joined, sources_of

_MOST_NAMED = 8


def load_run(folder: str | Path) -> Run:
    """Read a run back, its series from the event files included.

    A folder with event files alone (a TensorBoard log) gives a run of its scalars, distributions,
    texts and pictures. What could not be read of them is a gap.

    Raises:
        RunError: there is no run, there are several, or `run.json` is damaged; the message says
            which file, or which runs there are.
    """
    folder = Path(folder)
    _check_is_run(folder)
    if (folder / RUN_FILE).exists():
        read_run_file(folder / RUN_FILE)  # damage is an error here, and nothing to wait for
    growing = GrowingRun(folder, silent_after_s=0.0)
    growing.poll()
    if growing.problem:
        raise RunError(growing.problem)
    run = growing.run
    further = [found.path for found in run_folders_joined(folder) if found.path != folder]
    return run if not further else replace(run, gaps=(*run.gaps, _further(folder, further)))


def is_run_folder(path: Path) -> bool:
    """Whether a folder holds a run, or the event files of one."""
    return path.is_dir() and bool(
        (path / RUN_FILE).exists() or event_files(path) or sources_of(path)
    )


def _check_is_run(folder: Path) -> None:
    if not folder.exists():
        raise RunError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise RunError(f"{folder} is a file, and a run is a folder with a {RUN_FILE}")
    if (folder / RUN_FILE).exists() or event_files(folder) or sources_of(folder):
        return
    runs = [found.path.relative_to(folder).as_posix() for found in run_folders_joined(folder)]
    if len(runs) == 1:
        hint = f"; did you mean {folder / runs[0]}?"
    elif runs:
        raise RunError(
            f"{folder} holds {len(runs)} runs: {_named(runs)}. Open one of them: {folder / runs[0]}"
        )
    else:
        hint = ""
    raise RunError(f"{folder} is no run: it has no {RUN_FILE} and no event files{hint}")


def _further(folder: Path, paths: list[Path]) -> Gap:
    names = [path.relative_to(folder).as_posix() for path in paths]
    runs = "a further run lies" if len(names) == 1 else f"{len(names)} further runs lie"
    reason = f"{runs} in the folder and can be opened apart: {_named(names)}"
    return Gap("runs", reason)


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
