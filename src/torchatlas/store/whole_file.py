"""Writes a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from torchatlas.errors import RunError


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the target, then put it in its place in one step.

    Raises:
        RunError: it cannot be written; the file that was there before is untouched.
    """
    try:
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:  # Ctrl-C too: nothing half-written stays
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        if not path.parent.is_dir():
            raise RunError(f"could not write {path}: there is no folder {path.parent}") from error
        raise RunError(f"could not write {path}: {error}") from error
