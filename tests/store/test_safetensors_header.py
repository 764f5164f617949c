"""Headers of safetensors files: right ones are read, and wrong ones told by what is wrong."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

from torchatlas.errors import RunError
from torchatlas.store.safetensors_header import DTYPES, read_safetensors_header

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def written(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def test_names_shapes_and_places(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.randn(2, 3), "b": torch.ones((), dtype=torch.float16)}
    path = tmp_path / "model.safetensors"
    save_file(tensors, path, metadata={"format": "pt"})
    header = read_safetensors_header(path)
    assert header.metadata == {"format": "pt"}
    found = {one.name: one for one in header.tensors}
    assert found["a.weight"].spec.shape == (2, 3)
    assert (found["b"].spec.shape, found["b"].spec.dtype) == ((), "float16")
    content = path.read_bytes()
    start = found["a.weight"].start
    values = struct.unpack("<6f", content[start : start + 24])
    assert torch.equal(torch.tensor(values).reshape(2, 3), tensors["a.weight"])


def test_the_dtypes_are_those_of_torch() -> None:
    missing = {"float6_e2m3", "float6_e3m2"}
    names = {name for name, _ in DTYPES.values()}
    assert {name for name in names if not hasattr(torch, name)} <= missing


def test_tied_tensors_that_were_written_once(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    save_model(model, str(tmp_path / "m.safetensors"))
    tied = [
        one for one in read_safetensors_header(tmp_path / "m.safetensors").tensors if one.tied_to
    ]
    assert [{one.name, one.tied_to} for one in tied] == [{"0.weight", "1.weight"}]


@pytest.mark.parametrize(
    ("header", "data", "length", "message"),
    [
        ({"a": F32}, b"1234567", None, "'a' ends at byte .* and the file has .*: it was cut off"),
        ({"a": F32}, b"x" * 9, None, "goes on for 1 bytes after its last tensor"),
        ({"a": F32}, b"x" * 8, 10**6, "a header of 1,000,000 bytes and has .*: it was cut off"),
        ({"a": F32}, b"x" * 8, 10**9, "claims a header of 1,000,000,000 bytes, and the format"),
        (b"{nonsense", b"", None, "the header is no JSON: "),
        (b"[" * 100_000, b"", None, "the header is no JSON: "),
        (b"\xff\xfe{}", b"", None, "the header is no JSON: "),
        (b"[]", b"", None, "the header is no JSON object"),
        (b'{"a": {}, "a": {}}', b"", None, "the header names 'a' twice"),
        (b'{"a": {"dtype": "F32", "dtype": "F16"}}', b"", None, "names 'dtype' twice"),
        ({"a": F32, "b": F32}, b"x" * 8, None, "'a' and 'b' overlap in the file"),
        (
            {"a": F32, "b": {**F32, "data_offsets": [12, 20]}},
            b"x" * 20,
            None,
            "nothing is said of the 4 bytes before 'b'",
        ),
        ({"a": {**F32, "data_offsets": [4, 12]}}, b"x" * 12, None, "of the first 4 bytes of data"),
        ({"a": {**F32, "shape": [3]}}, b"x" * 8, None, "takes 12 bytes by its shape .* and 8 by"),
        ({"a": {**F32, "dtype": "F33"}}, b"x" * 8, None, "has the dtype 'F33', which is none"),
        ({"a": {**F32, "dtype": ["F32"]}}, b"x" * 8, None, "has the dtype .*, which is none"),
        ({"a": {**F32, "shape": [-2]}}, b"x" * 8, None, "has the shape .*, which is none"),
        ({"a": {**F32, "shape": [True, 2]}}, b"x" * 8, None, "has the shape"),
        ({"a": {**F32, "shape": [1] * 65}}, b"x" * 8, None, "has the shape"),
        (
            {"a": {**F32, "shape": [2**40, 2**40, 0]}},
            b"",
            None,
            "which is larger than any tensor",
        ),
        ({"a": {**F32, "shape": [2**63, 0]}}, b"", None, "which is larger than any tensor"),
        ({"a": {**F32, "shape": [10**4000, 0]}}, b"", None, "which is larger than any tensor"),
        ({"a": {**F32, "data_offsets": [0, 10**4300 - 1]}}, b"", None, "which is no place"),
        ({"a": {**F32, "data_offsets": [8, 0]}}, b"x" * 8, None, "which is no place"),
        ({"a": 3}, b"", None, "'a' has no description"),
        ({"__metadata__": {"a": 3}}, b"", None, "holds something other than text"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, header: Any, data: bytes, length: int | None, message: str
) -> None:
    path = written(tmp_path / "bad.safetensors", header, data, length)
    with pytest.raises(RunError, match=message) as caught:
        read_safetensors_header(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"abc", "has 3 bytes and is no safetensors file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "run `git lfs pull`"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"PK\x03\x04" + b"0" * 60, r"was written by torch.save .* give it the ending .pt"),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(RunError, match=message):
        read_safetensors_header(path)


def test_a_link_that_leads_nowhere_and_a_pipe(tmp_path: Path) -> None:
    link = tmp_path / "model.safetensors"
    link.symlink_to(tmp_path / "blobs" / "gone")
    with pytest.raises(RunError, match=r"is a link to .*gone, which is not there; complete the"):
        read_safetensors_header(link)
    pipe = tmp_path / "pipe.safetensors"
    os.mkfifo(pipe)
    with pytest.raises(RunError, match="is no regular file"):
        read_safetensors_header(pipe)


def test_an_empty_file_of_the_format_and_hostile_names(tmp_path: Path) -> None:
    assert read_safetensors_header(written(tmp_path / "none.safetensors", {})).tensors == ()
    names = ["", "..", "a" * 100_000, "\u202e<script>", "a\nb", "é/😀"]
    path = tmp_path / "names.safetensors"
    save_file({name: torch.ones(1) for name in names}, path)
    assert {one.name for one in read_safetensors_header(path).tensors} == set(names)
