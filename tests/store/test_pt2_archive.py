"""Files that are no whole exported program are refused by name; nothing in one is unpickled."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from tests.store import programs
from tests.store.programs import export, members, program_member, save, zipped

import torchatlas as ta
from torchatlas.store import pt2_archive


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    return save(export(programs.Residual(), torch.randn(2, 3, 8, 8)), folder / "model.pt2")


def refused(path, message):
    with pytest.raises(ta.RunError, match=message) as caught:
        ta.load(path)
    assert str(path) in str(caught.value)


def test_a_file_that_was_cut_off(whole, tmp_path):
    path = tmp_path / "cut.pt2"
    path.write_bytes(whole.read_bytes()[:-200])
    refused(path, "is a zip that was cut off; write it again with torch.export.save")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK"])
def test_what_is_no_zip(tmp_path, content):
    path = tmp_path / "other.pt2"
    path.write_bytes(content)
    refused(path, r"is (no zip|a zip that was cut off)")


def test_a_damaged_member(whole, tmp_path):
    path = tmp_path / "damaged.pt2"
    content = bytearray(whole.read_bytes())
    with zipfile.ZipFile(whole) as archive:
        start = archive.getinfo(program_member(whole)).header_offset
    content[start + 2000] ^= 0xFF
    path.write_bytes(content)
    refused(path, "cannot be read: Bad CRC-32")


@pytest.mark.parametrize(
    ("compression", "message"),
    [
        (zipfile.ZIP_DEFLATED, "cannot be read: Error -3 while decompressing"),
        (zipfile.ZIP_BZIP2, "cannot be read: Invalid data stream"),
        (zipfile.ZIP_LZMA, "cannot be read: Corrupt input data"),
    ],
)
def test_a_damaged_member_that_is_compressed(whole, tmp_path, compression, message):
    path, name = tmp_path / "damaged.pt2", program_member(whole)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(name, members(whole)[name])
    content = bytearray(path.read_bytes())
    start = 30 + len(name) + 40
    content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    refused(path, message)


def test_of_a_large_file_that_is_no_zip_only_the_start_is_read(tmp_path, monkeypatch):
    monkeypatch.delattr(Path, "read_bytes")
    path = tmp_path / "sparse.pt2"
    path.touch()
    os.truncate(path, 30 * 1024**3)
    refused(path, "is no zip, and an exported program is one")


def test_a_pickle_is_not_read(tmp_path):
    path = tmp_path / "pickle.pt2"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    refused(path, "is a pickle, which is never read here")
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_within_the_archive_is_not_read(whole, tmp_path):
    content = members(whole)
    (inputs,) = (name for name in content if name.endswith("sample_inputs/model.pt"))
    content[inputs] = pickle.dumps(Trap(tmp_path / "sprung"))
    assert ta.load(zipped(tmp_path / "trap.pt2", content)).graph.capture.status == "complete"
    assert not (tmp_path / "sprung").exists()


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_checkpoint_is_told_from_a_program(tmp_path):
    path = tmp_path / "checkpoint.pt2"
    torch.save({"weight": torch.ones(2)}, path)
    refused(path, "was written by torch.save or torch.jit.save: it holds a pickle")


def test_a_zip_without_a_program(whole, tmp_path):
    content = {n: c for n, c in members(whole).items() if n != program_member(whole)}
    refused(zipped(tmp_path / "empty.pt2", content), "is a zip without an exported program")


def test_compiled_code_is_told_from_a_program(tmp_path):
    path = zipped(tmp_path / "compiled.pt2", {"x/data/aotinductor/model/a.cpp": b""})
    refused(path, "holds code compiled by AOTInductor and no exported program")


def test_a_program_that_unpacks_to_too_much(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(pt2_archive, "LARGEST_MEMBER_BYTES", 1024**2)
    path = tmp_path / "bomb.pt2"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/models/model.json", b" " * (1024**2 + 1))
    assert path.stat().st_size < 10_000
    refused(path, "models/model.json unpacks to more than 1 MiB, which no exported program does")


def test_weights_that_cannot_be_read_are_an_error(whole, tmp_path):
    content = members(whole)
    (config,) = (name for name in content if name.endswith("model_weights_config.json"))
    content[config] = b"[]"
    refused(zipped(tmp_path / "config.pt2", content), "is damaged: it lacks 'config'")


def test_of_several_programs_the_model_is_shown_and_the_others_are_named(whole, tmp_path):
    content, name = members(whole), program_member(whole)
    content[name.replace("model.json", "decode.json")] = content[name]
    graph = ta.load(zipped(tmp_path / "two.pt2", content)).graph
    assert graph.capture.notes[0] == (
        "the archive holds 2 programs; this is 'model', and the others are decode"
    )
