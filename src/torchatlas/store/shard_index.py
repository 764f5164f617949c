"""The index of a checkpoint in several files: which tensor is in which of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from torchatlas.errors import RunError
from torchatlas.store.regular_file import check_regular_file

LARGEST_INDEX_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """By name of each tensor the file that it is in, and those files in order, each once."""

    path: Path
    weight_map: dict[str, str]
    files: tuple[Path, ...]


def read_shard_index(path: Path) -> ShardIndex:
    """Read `model.safetensors.index.json` or its like; the files it names lie beside it.

    Raises:
        RunError: it is damaged, names a file outside its folder, or files are missing.
    """
    if check_regular_file(path) > LARGEST_INDEX_BYTES:
        raise RunError(f"{path} is larger than {LARGEST_INDEX_BYTES // 1024**2} MiB: no index is")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} is no JSON: {error}; fetch or write it again") from error
    weight_map = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        raise RunError(f"{path} has no weight_map that says which tensor is in which file")
    for name, file_name in weight_map.items():
        if not is_file_name(file_name):
            raise RunError(
                f"{path} says that {name[:200]!r} is in {str(file_name)[:200]!r}, which is not "
                "the name of a file beside it; nothing outside the folder is read"
            )
    names = sorted(set(weight_map.values()))
    files = tuple(path.parent / name for name in names)
    missing = [file.name for file in files if not file.exists() and not file.is_symlink()]
    if missing:
        raise RunError(missing_shards(path.parent, missing, len(files)))
    return ShardIndex(path, weight_map, files)


def missing_shards(folder: Path, missing: list[str], count: int) -> str:
    """The sentence for files that an index or a name speaks of and that are not there."""
    shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    return (
        f"{folder} lacks {len(missing)} of the {count} files of the checkpoint: {shown}; complete "
        "the download"
    )


def is_file_name(name: object) -> bool:
    """Whether a name stands for a file in the same folder, on any system."""
    if not isinstance(name, str) or name in ("", ".", "..") or "\0" in name:
        return False
    return PurePosixPath(name).name == name and PureWindowsPath(name).name == name
