"""Whether a path is a file that can be read from end to end, and what it is where it is not."""

from __future__ import annotations

from pathlib import Path

from torchatlas.errors import RunError

_POINTER = b"version https://git-lfs"
_PAGES = (b"<!doctype html", b"<html")


def check_regular_file(path: Path) -> int:
    """Size of a file in bytes. Links are followed, as in folders of the Hugging Face cache.

    Raises:
        RunError: it is not there, a link that leads nowhere, no regular file (a device or a pipe
            would never end), empty, or what a download left in the place of a file.
    """
    try:
        if path.is_symlink() and not path.exists():
            raise RunError(
                f"{path} is a link to {path.readlink()}, which is not there; complete the "
                "download, or copy the file itself"
            )
        if not path.exists():
            raise RunError(f"there is no file {path}")
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "no regular file"
            raise RunError(f"{path} is {kind}, and a file of tensors is wanted there")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(64)
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    if not start:
        raise RunError(f"{path} is empty; fetch or write it again")
    if start.startswith(_POINTER):
        raise RunError(
            f"{path} is a pointer of Git LFS and not the file itself; run `git lfs pull` in its "
            "folder"
        )
    if start.lower().startswith(_PAGES):
        raise RunError(f"{path} is a web page, as a failed download leaves it; fetch it again")
    return size
