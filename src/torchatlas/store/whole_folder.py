"""Writes a folder whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torchatlas.errors import RunError


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder beside the target to write into, put in its place when the block ends well.

    Raises:
        RunError: something is in the target's place already, or the folder cannot be written;
            nothing half-written stays.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"could not write {path}: it is there already; name a new folder")
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.mkdir()
        yield partial
        if path.exists():
            path.rmdir()
        partial.rename(path)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if not path.parent.is_dir():
            raise RunError(f"could not write {path}: there is no folder {path.parent}") from error
        raise RunError(f"could not write {path}: {error}") from error
    except BaseException:  # Ctrl-C too: nothing half-written stays
        shutil.rmtree(partial, ignore_errors=True)
        raise
