"""The values of what torch.save wrote: mapped from the file, and without running what is in it."""

from __future__ import annotations

import ctypes
import mmap
import pickle
import pickletools
import re
import struct
import sys
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from torchatlas.capture.checkpoint import CannotRead, Closing, stored_tensors
from torchatlas.capture.checkpoint_state import FoundState, find_state
from torchatlas.errors import RunError
from torchatlas.run import StoredTensor

_REFUSED = re.compile(r"GLOBAL (\S+)")
_PLAIN = re.compile(
    r"torch\.(\w+|_utils\._rebuild_\w+|nn\.parameter\.Parameter|_tensor\._rebuild_\w+)"
    r"|collections\.OrderedDict|(__builtin__|builtins)\.(set|complex|bytearray)|_codecs\.encode"
)
"""What torch itself builds tensors and containers with."""

_LARGEST_PICKLE_BYTES = 64 * 1024**2
_DONT_NEED = 4
"""MADV_DONTNEED of Linux."""

_UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(RuntimeError, AssertionError, MemoryError, OverflowError, UnicodeError, struct.error),
    *(zipfile.BadZipFile, RecursionError, ImportError),
)
"""What torch raises of a damaged file; of a refused one it is an UnpicklingError."""


class PickleTensors(Closing):
    """Tensors of one or several files of torch.save; one file is open at a time.

    A file of today's form is mapped: its values come into memory as they are looked at, and are let
    go after. A file of before torch 1.6 has no places to map, and is read as a whole.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self.facts: dict[str, str] = {}
        notes: list[str] = []
        entries: dict[str, StoredTensor] = {}
        self._home: dict[str, Path] = {}
        self._open: tuple[Path, FoundState] | None = None
        self._is_mapped = False
        self._last: torch.Tensor | None = None
        for file in files:
            state = self._state(file)
            for entry in stored_tensors(state.tensors, str(file)):
                if entry.name in entries:
                    raise RunError(
                        f"{entry.name[:200]!r} is in {self._home[entry.name].name} and in "
                        f"{file.name}; only one of them can be meant"
                    )
                entries[entry.name] = entry
                self._home[entry.name] = file
            self.facts |= state.facts
            notes += state.notes
            if not self._is_mapped:
                notes.append(f"{file.name} has the form of before torch 1.6 and is read as a whole")
        if not entries:
            raise RunError(f"{files[0]} holds no tensors")
        self.entries = tuple(entries.values())
        self.notes = tuple(dict.fromkeys(notes))

    def read(self, name: str) -> torch.Tensor:
        """The values of a tensor, until the next one is read."""
        self._let_go()
        self._last = self._state(self._home[name]).tensors[name].detach()
        if self._last.is_meta:
            raise CannotRead("it was saved without values (on the device meta)")
        return self._last

    def close(self) -> None:
        """Let go of the file."""
        self._let_go()
        self._open = None

    def _state(self, file: Path) -> FoundState:
        if self._open is None or self._open[0] != file:
            self.close()
            self._is_mapped = zipfile.is_zipfile(file)
            self._open = file, find_state(load_tensors_only(file))
        return self._open[1]

    def _let_go(self) -> None:
        """Give mapped pages back, so that the process does not grow by all that it looked at."""
        tensor, self._last = self._last, None
        if tensor is None or not self._is_mapped or sys.platform != "linux":
            return
        if tensor.layout != torch.strided or tensor.is_meta:
            return
        storage = tensor.untyped_storage()
        if storage.resizable():  # it is memory of its own, and no part of the mapped file
            return
        start = -(-storage.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
        size = (storage.data_ptr() + storage.nbytes() - start) // mmap.PAGESIZE * mmap.PAGESIZE
        if size > 0:
            madvise = ctypes.CDLL(None).madvise
            madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _DONT_NEED)


def load_tensors_only(file: Path) -> Any:
    """What torch.save wrote, if it is tensors, containers and plain values alone.

    Raises:
        RunError: it asks for anything else, which is not run, or the file is damaged.
    """
    is_zip = zipfile.is_zipfile(file)
    if is_zip:
        _check_archive(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about forms of files that are years old
            return torch.load(file, map_location="cpu", weights_only=True, mmap=is_zip)
    except pickle.UnpicklingError as error:
        raise RunError(_why_refused(file, error)) from error
    except _UNREADABLE as error:
        raise RunError(_why_damaged(file, error, is_zip)) from error


def _check_archive(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = {name.partition("/")[2] for name in archive.namelist()}
    except _UNREADABLE as error:
        raise RunError(f"{file} is a damaged zip: {error}; fetch or write it again") from error
    if "constants.pkl" in names:
        raise RunError(
            f"{file} is a TorchScript program, with code in it; save its weights alone: "
            "torch.save(torch.jit.load(FILE).state_dict(), OTHER)"
        )
    if "data.pkl" not in names:
        raise RunError(
            f"{file} is a zip and no checkpoint: it has no data.pkl, as torch.save writes it"
            + ("; give an exported program the ending .pt2" if _is_program(names) else "")
        )


def _is_program(names: set[str]) -> bool:
    return any(name.endswith("model.json") or "exported_program" in name for name in names)


def _why_refused(file: Path, error: Exception) -> str:
    """The message for a pickle that asks for more than tensors; names what it asks for."""
    asked = _REFUSED.findall(str(error))
    others = (name for name in _globals(file) if not _PLAIN.fullmatch(name))
    known = list(dict.fromkeys(map(_without_builtin, (*asked, *others))))
    if not known:
        line = " ".join(str(error).split())[:200]
        return f"{file} is no checkpoint of tensors alone, and was not loaded: {line}"
    shown = ", ".join(name[:100] for name in known[:4]) + (", ..." if len(known) > 4 else "")
    return (
        f"{file} was not loaded: to unpickle it would import and call {shown}, and a pickle can "
        "run any code that way. If you trust its origin, load it yourself and save the weights "
        "alone: torch.save(model.state_dict(), FILE), or better as safetensors"
    )


def _without_builtin(name: str) -> str:
    return name.removeprefix("__builtin__.").removeprefix("builtins.")


def _globals(file: Path) -> list[str]:
    """Every global that the pickle in a file names, found without running it."""
    try:
        text = _pickle_text(file)
        found: list[str] = []
        strings: list[str] = [""]
        memo: dict[int, str] = {}
        for opcode, argument, _ in pickletools.genops(text):
            if opcode.name == "GLOBAL":
                found.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                found.append(".".join(strings[-2:]))
            elif opcode.name == "MEMOIZE":
                memo[len(memo)] = strings[-1]
            elif opcode.name in ("BINGET", "LONG_BINGET"):
                strings.append(memo.get(argument, "") if isinstance(argument, int) else "")
            elif isinstance(argument, str):
                strings.append(argument)
        return found
    except _UNREADABLE:
        return []  # the message then names what torch named


def _pickle_text(file: Path) -> bytes:
    if not zipfile.is_zipfile(file):
        with file.open("rb") as plain:
            return plain.read(_LARGEST_PICKLE_BYTES)
    with zipfile.ZipFile(file) as archive:
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        with archive.open(name) as member:
            return member.read(_LARGEST_PICKLE_BYTES)


def _why_damaged(file: Path, error: BaseException, is_zip: bool) -> str:
    line = " ".join(str(error).split())[:200] or type(error).__name__
    with file.open("rb") as plain:
        start = plain.read(2)
    if start == b"PK" and not is_zip:
        return f"{file} is a zip that was cut off; fetch or write it again"
    if start[:1] not in (b"\x80", b"P"):
        return f"{file} was not written by torch.save: {line}"
    return f"{file} is damaged or was cut off: {line}; fetch or write it again"
