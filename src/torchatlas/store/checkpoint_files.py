"""What kind of checkpoint a path is, and which files it consists of, without torch.

A checkpoint is a file of tensors (safetensors, or what torch.save wrote), the same in several
files with or without an index, a folder of `torch.distributed.checkpoint`, or a folder of Hugging
Face with any of these in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from torchatlas.errors import RunError
from torchatlas.run import StoredTensor
from torchatlas.store.regular_file import check_regular_file
from torchatlas.store.safetensors_header import read_safetensors_header
from torchatlas.store.shard_index import is_file_name, missing_shards, read_shard_index

Form = Literal["safetensors", "pickle", "distributed"]

SAFETENSORS = (".safetensors",)
PICKLES = (".pt", ".pth", ".bin", ".ckpt")
INDEX = ".index.json"
DISTRIBUTED = ".metadata"
"""Name of the file in which `torch.distributed.checkpoint` says what is where."""

_FIRST = ("model", "adapter_model", "diffusion_pytorch_model", "pytorch_model", "consolidated")
"""Of several checkpoints in one folder the one of these names is the model."""

_NOT_WEIGHTS = re.compile(r"^(optimizer|scheduler|scaler|training_args|rng_state|trainer)")
_SHARD = re.compile(r"^(?P<stem>.*?)-(?P<number>\d{1,6})-of-(?P<count>\d{1,6})$")
_LARGEST_CONFIG_BYTES = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class CheckpointFiles:
    """The files of one checkpoint.

    Attributes:
        path: what was asked for.
        files: that hold its values, in order; of a distributed one the folder alone.
        tensors: what is in them, where that can be told without torch (safetensors).
        name: for a heading. architecture: class of the model, where a config.json names it.
        facts: text about it, for people.
        notes: what a reader should know.
    """

    form: Form
    path: Path
    files: tuple[Path, ...]
    name: str
    tensors: tuple[StoredTensor, ...] = ()
    architecture: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def is_checkpoint(path: Path) -> bool:
    """Whether a path looks like a checkpoint, by its name or by what lies in the folder."""
    if path.is_dir():
        return bool(_parts_of(path))
    return _form_of(path) is not None or path.name.endswith(INDEX)


def checkpoint_files(path: Path) -> CheckpointFiles:
    """Which files a checkpoint consists of; headers of safetensors files are read and checked.

    Raises:
        RunError: it is none, or files are missing or damaged; the message says what to do.
    """
    path = Path(path)
    notes: list[str] = []
    if path.is_dir():
        chosen = _chosen_part(path, notes)
        if chosen.name == DISTRIBUTED:
            check_regular_file(chosen)
            name = path.resolve().name
            return CheckpointFiles("distributed", path, (path,), name, notes=tuple(notes))
        found = _of_file(chosen, notes)
        about = _about_folder(path)
        name = path.resolve().name
    else:
        check_regular_file(path)
        found = _of_file(path, notes)
        about = {}
        name = path.name.removesuffix(INDEX)
    form, files, tensors, facts = found
    return CheckpointFiles(
        form, path, files, name, tensors, about.pop("architecture", ""), about | facts, tuple(notes)
    )


def _form_of(path: Path) -> Form | None:
    ending = path.suffix.lower()
    return "safetensors" if ending in SAFETENSORS else "pickle" if ending in PICKLES else None


def _parts_of(folder: Path) -> list[Path]:
    """Files in a folder each of which stands for a checkpoint: indices, single files, and the
    first of those that are numbered without an index."""
    try:
        present = sorted(folder.iterdir(), key=lambda file: file.name)
    except OSError as error:
        raise RunError(f"the folder {folder} cannot be read: {error}") from error
    parts: list[Path] = []
    stems: set[str] = set()
    for file in present:
        if file.name == DISTRIBUTED and any(one.suffix == ".distcp" for one in present):
            return [file]
        if file.name.endswith(INDEX) and _form_of(Path(file.name.removesuffix(INDEX))):
            parts.append(file)
            stems.add(Path(file.name.removesuffix(INDEX)).stem)
    for file in present:
        if _form_of(file) is None or _NOT_WEIGHTS.match(file.name) or file.is_dir():
            continue
        shard = _SHARD.match(file.stem)
        if shard is None:
            parts.append(file)
        elif shard["stem"] not in stems:
            stems.add(shard["stem"])
            parts.append(file)
    return parts


def _chosen_part(folder: Path, notes: list[str]) -> Path:
    parts = _parts_of(folder)
    if not parts:
        raise RunError(
            f"{folder} holds no checkpoint: no .safetensors, .pt, .pth, .bin or .ckpt file of "
            f"weights and no .metadata of torch.distributed.checkpoint{_hint(folder)}"
        )
    named = [part for part in parts if _base_name(part) in _FIRST]
    ranked = sorted(named or parts, key=_rank)
    if len(named or parts) > 1 and not named:
        names = ", ".join(part.name for part in parts[:4]) + (", ..." if len(parts) > 4 else "")
        raise RunError(
            f"{folder} holds several checkpoints ({names}); give one of them, or a list of those "
            "that are steps of one training"
        )
    others = [part.name for part in parts if part != ranked[0]]
    if others:
        notes.append(
            f"read was {ranked[0].name}; also in the folder, and left aside: {', '.join(others)}"
        )
    return ranked[0]


def _hint(folder: Path) -> str:
    inside = sorted(child.name for child in folder.iterdir() if child.is_dir())
    found = [name for name in inside if is_checkpoint(folder / name)]
    return f"; did you mean {folder / found[0]}?" if found else ""


def _rank(part: Path) -> tuple[int, int, str]:
    form = _form_of(Path(part.name.removesuffix(INDEX)))
    return (
        form != "safetensors",
        _FIRST.index(_base_name(part)) if _is_first(part) else 99,
        part.name,
    )


def _is_first(part: Path) -> bool:
    return _base_name(part) in _FIRST


def _base_name(part: Path) -> str:
    stem = Path(part.name.removesuffix(INDEX)).stem
    shard = _SHARD.match(stem)
    return (shard["stem"] if shard else stem).removesuffix(".fp16")


_Found = tuple[Form, tuple[Path, ...], tuple[StoredTensor, ...], dict[str, str]]


def _of_file(path: Path, notes: list[str]) -> _Found:
    """Files and tensors of an index, a single file, or the first of numbered files."""
    weight_map: dict[str, str] = {}
    if path.name.endswith(INDEX):
        index = read_shard_index(path)
        weight_map, files = index.weight_map, index.files
        forms = {_form_of(file) for file in files}
        if len(forms) > 1 or forms == {None}:
            raise RunError(f"{path} names files of another kind than .safetensors or .bin alone")
        form = forms.pop()
    else:
        form, files = _form_of(path), _numbered(path, notes)
    if form is None:
        raise RunError(
            f"{path} is no checkpoint by its name: those end with .safetensors, .pt, .pth, .bin or "
            ".ckpt"
        )
    for file in files:
        check_regular_file(file)
    if form == "pickle":
        return form, files, (), {"files": str(len(files))} if len(files) > 1 else {}
    tensors, facts = _safetensors(files, weight_map, path, notes)
    return form, files, tensors, facts


def _numbered(path: Path, notes: list[str]) -> tuple[Path, ...]:
    """All files of the same numbering as this one, or the one by itself."""
    shard = _SHARD.match(path.stem)
    if shard is None or int(shard["count"]) > 100_000:
        return (path,)
    count, width = int(shard["count"]), len(shard["number"])
    start = 0 if (path.parent / _shard_name(path, shard, 0, width)).exists() else 1
    names = [_shard_name(path, shard, start + k, width) for k in range(count)]
    present = [path.parent / name for name in names]
    missing = [file.name for file in present if not file.exists()]
    if missing:
        raise RunError(missing_shards(path.parent, missing, count))
    notes.append(f"the {count} files have no index; all of them were read")
    return tuple(present)


def _shard_name(path: Path, shard: re.Match[str], number: int, width: int) -> str:
    return f"{shard['stem']}-{number:0{width}d}-of-{shard['count']}{path.suffix}"


def _safetensors(
    files: tuple[Path, ...], weight_map: dict[str, str], path: Path, notes: list[str]
) -> tuple[tuple[StoredTensor, ...], dict[str, str]]:
    tensors: dict[str, StoredTensor] = {}
    facts: dict[str, str] = {}
    for file in files:
        header = read_safetensors_header(file)
        facts |= {f"file: {name}": text[:500] for name, text in header.metadata.items()}
        for tensor in header.tensors:
            other = tensors.get(tensor.name)
            if other is not None and tensor.tied_to is None and other.tied_to is None:
                raise RunError(
                    f"{tensor.name[:200]!r} is in {Path(other.file).name} and in {file.name}; "
                    "only one of them can be meant"
                )
            if other is None or other.tied_to is not None:
                tensors[tensor.name] = tensor
    held = {name: Path(one.file).name for name, one in tensors.items()}
    lacking = [name for name, file in weight_map.items() if held.get(name) != file]
    if lacking:
        wanted = weight_map[lacking[0]]
        raise RunError(
            f"{path} says that {lacking[0][:200]!r} is in {wanted}, and it is not"
            + (f"; the same is so of {len(lacking) - 1} more" if len(lacking) > 1 else "")
            + "; fetch index and files again, of one version"
        )
    unnamed = [name for name in tensors if weight_map and name not in weight_map]
    if unnamed:
        notes.append(f"{len(unnamed)} tensors are in the files and not in {path.name}")
    if len(files) > 1:
        facts["files"] = str(len(files))
    return tuple(tensors.values()), facts


def _about_folder(folder: Path) -> dict[str, str]:
    """What the config.json beside the weights says, in a few words."""
    config = _json_object(folder / "config.json")
    state = _json_object(folder / "trainer_state.json")
    found: dict[str, str] = {}
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures and isinstance(architectures[0], str):
        found["architecture"] = architectures[0][:200]
    for name in ("model_type", "_class_name", "torch_dtype", "dtype", "transformers_version"):
        if isinstance(config.get(name), str):
            found[f"config: {name.strip('_')}"] = config[name][:200]
    quantised = config.get("quantization_config")
    if isinstance(quantised, dict) and isinstance(quantised.get("quant_method"), str):
        found["config: quantization"] = quantised["quant_method"][:200]
    if type(state.get("global_step")) is int:
        found["trainer: global_step"] = str(state["global_step"])
    return found


def _json_object(path: Path) -> dict[str, Any]:
    """The content of a file that only adds to the picture; nothing where it cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_CONFIG_BYTES:
            return {}
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def checkpoints_in(folder: Path) -> Iterator[Path]:
    """What in a folder is a checkpoint by itself: sub-folders and single files, by name."""
    for child in sorted(folder.iterdir(), key=lambda one: one.name):
        if child.is_dir() and not child.name.startswith(".") and is_checkpoint(child):
            yield child
    yield from (part for part in _parts_of(folder) if part.name != DISTRIBUTED)


__all__ = [
    "CheckpointFiles",
    "Form",
    "checkpoint_files",
    "checkpoints_in",
    "is_checkpoint",
    "is_file_name",
]
