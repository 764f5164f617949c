"""A `torch.export.ExportedProgram` in memory as torch's own JSON, without its weights."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import torch

from torchatlas.errors import CaptureError

_LONGEST_REASON = 240


@dataclass(frozen=True)
class ProgramText:
    """The JSON of a program, and by name of a weight where it is stored (tied ones agree)."""

    program: bytes
    weights: dict[str, str]


def program_text(program: torch.export.ExportedProgram) -> ProgramText:
    """What `torch.export.save` would write of a program, its weights left out.

    Raises:
        CaptureError: torch cannot write it (an op without a schema, say).
    """
    try:
        text = _serialised(program)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0][:_LONGEST_REASON]
        raise CaptureError(
            f"torch cannot write this exported program down: {said}; "
            "trace the module that it was exported from instead"
        ) from error
    stores = {
        name: f"{tensor.data_ptr()}:{tuple(tensor.shape)}:{tuple(tensor.stride())}"
        for name, tensor in program.state_dict.items()
        if _has_memory(tensor)
    }
    return ProgramText(text, stores)


def _serialised(program: torch.export.ExportedProgram) -> bytes:
    try:
        from torch._export.serde.serialize import serialize

        artifact = serialize(
            program,
            serialize_state_dict=False,
            serialize_constants=False,
            serialize_example_inputs=False,
        )
        return bytes(artifact.exported_program)
    except (ImportError, TypeError, AttributeError):  # an older torch: the public way, with weights
        buffer = io.BytesIO()
        torch.export.save(program, buffer)
        with zipfile.ZipFile(buffer) as archive:
            name = next(n for n in archive.namelist() if n.endswith("models/model.json"))
            return archive.read(name)


def _has_memory(tensor: torch.Tensor) -> bool:
    return not tensor.is_meta and tensor.layout == torch.strided and tensor.numel() > 0
