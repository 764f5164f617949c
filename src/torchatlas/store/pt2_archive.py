"""The text of a `.pt2` archive: the JSON of its program, and which names share one weight.

The archive is a zip. Only members that hold JSON are read, each up to a limit; the values of the
weights are left alone, and so is whatever was pickled (example inputs, custom objects).
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from torchatlas.errors import RunError

_DAMAGED_LZMA: tuple[type[Exception], ...]
try:
    import lzma

    _DAMAGED_LZMA = (lzma.LZMAError,)
except ImportError:  # a Python without it: zipfile refuses such members with a RuntimeError
    _DAMAGED_LZMA = ()

LARGEST_MEMBER_BYTES = 256 * 1024**2
"""A program of 20,000 ops is 20 to 60 MB of JSON; beyond this it is no honest program."""

_OLDER_PROGRAM = "serialized_exported_program.json"
_EXPORT_AGAIN = "write it again with torch.export.save"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    *_DAMAGED_LZMA,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,  # zipfile, of an encrypted member
    NotImplementedError,  # zipfile, of an unknown compression
    ValueError,
    OverflowError,  # a member that claims to begin beyond any file
)


@dataclass(frozen=True)
class Pt2Text:
    """What is read of an archive.

    Attributes:
        program: JSON of the exported program.
        weights: by name of a parameter or buffer, the member that holds its values; two names
            with one member are tied.
        notes: what else is in the archive that a reader should know of.
    """

    program: bytes
    weights: dict[str, str]
    notes: tuple[str, ...] = ()


def read_pt2(path: Path) -> Pt2Text:
    """Read the program of a `.pt2` file, without unpickling anything.

    Raises:
        RunError: it is no such archive, is damaged, or a member is larger than is believable.
    """
    try:
        if not zipfile.is_zipfile(path):
            raise RunError(f"{path} {_what_it_is(path)}; {_EXPORT_AGAIN}")
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path)
    except _UNREADABLE as error:
        raise RunError(f"{path} cannot be read: {error}; {_EXPORT_AGAIN}") from error


def _read(archive: zipfile.ZipFile, path: Path) -> Pt2Text:
    members = archive.namelist()
    programs = [name for name in members if _is_program(name)]
    if not programs:
        raise RunError(f"{path} {_other_archive(archive)}")
    chosen = min(programs, key=lambda name: (PurePosixPath(name).name != "model.json", name))
    notes = []
    if len(programs) > 1:
        others = sorted(PurePosixPath(name).stem for name in programs if name != chosen)
        stem = PurePosixPath(chosen).stem
        notes.append(
            f"the archive holds {len(programs)} programs; this is {stem!r}, and the others are "
            f"{', '.join(others)}"
        )
    weights: dict[str, str] = {}
    for name in members:
        parts = PurePosixPath(name).parts
        if parts[-1:] == (f"{PurePosixPath(chosen).stem}_weights_config.json",):
            weights |= dict(_weight_members(_member(archive, name, path), f"{path}: {name}"))
    return Pt2Text(_member(archive, chosen, path), weights, tuple(notes))


def _is_program(name: str) -> bool:
    parts = PurePosixPath(name).parts
    in_models = len(parts) >= 2 and parts[-2] == "models" and name.endswith(".json")
    return in_models or parts[-1:] == (_OLDER_PROGRAM,)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    """The content of a member; what it claims to unpack to is not trusted either."""
    with archive.open(name) as file:
        content = file.read(LARGEST_MEMBER_BYTES + 1)
    if len(content) > LARGEST_MEMBER_BYTES:
        raise RunError(
            f"{path}: {name} unpacks to more than {LARGEST_MEMBER_BYTES // 1024**2} MiB, which no "
            "exported program does; the file is not to be trusted"
        )
    return content


def _weight_members(text: bytes, where: str) -> Iterator[tuple[str, str]]:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{where} is damaged: {error}; {_EXPORT_AGAIN}") from error
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise RunError(f"{where} is damaged: it lacks 'config'; {_EXPORT_AGAIN}")
    for name, entry in config.items():
        member = entry.get("path_name") if isinstance(entry, dict) else None
        if isinstance(member, str):
            yield name, member


def _what_it_is(path: Path) -> str:
    """Of a file that is no whole zip: what it looks like."""
    with path.open("rb") as file:
        start = file.read(2)
    if start == b"PK":
        return "is a zip that was cut off"
    if start[:1] == b"\x80":
        return "is a pickle, which is never read here, and no exported program"
    return "is no zip, and an exported program is one"


def _other_archive(archive: zipfile.ZipFile) -> str:
    members = archive.namelist()
    names = {PurePosixPath(name).name for name in members}
    if min((info.header_offset for info in archive.infolist()), default=0) > 0:
        # What was found is a zip within: the example inputs, which end before the whole does.
        return f"is a zip that was cut off; {_EXPORT_AGAIN}"
    if any("aotinductor" in PurePosixPath(name).parts for name in members):
        return (
            "holds code compiled by AOTInductor and no exported program; "
            "save the program itself with torch.export.save"
        )
    if "data.pkl" in names:
        return (
            "was written by torch.save or torch.jit.save: it holds a pickle, which is never read "
            "here; export the model with torch.export.export and torch.export.save"
        )
    return f"is a zip without an exported program; {_EXPORT_AGAIN}"
