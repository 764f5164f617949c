"""FLOPs of one aten op, a multiply-add counted as two; None where there is no formula.

What has a matrix product, a convolution, a transform or a factorisation in it is counted from
shapes alone, the same on every device and on fake tensors. Elementwise ops, reductions,
normalisation and pooling have no formula, as is the custom. docs/measures/flops.md says what each
formula counts and where it comes from.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from torchatlas.capture.flop_formulas import FORMULAS
from torchatlas.capture.tensors import map_tensors

_TAKEN_APART = (
    "aten.einsum",
    "aten.tensordot",
    "aten.inner",
    "aten.chain_matmul",
    "aten.linalg_multi_dot",
    "aten.linalg_matrix_power",
    "aten.matrix_power",
    "aten.linalg_cholesky",
    "aten.linalg_inv",
    "aten.linalg_solve",
    "aten.linalg_det",
    "aten.linalg_slogdet",
    "aten.linalg_lu_factor",
    "aten.inverse",
    "aten.det",
    "aten.logdet",
    "aten.slogdet",
    "aten.fft_fft",
    "aten.fft_ifft",
    "aten.fft_rfft",
    "aten.fft_irfft",
    "aten.fft_hfft",
    "aten.fft_ihfft",
    "aten.stft",
    "aten.istft",
    "aten._convolution_mode",
)
"""How the names of ops begin that torch makes of counted ones and does not always take apart.

`fft_fftfreq` and `fft_fftshift` are among them and come out uncounted, as they should.
"""


def count_flops(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> float | None:
    """FLOPs of a call of an aten op; None where there is no formula, never 0 for that.

    An op that torch has not taken apart (under `torch.inference_mode`) is taken apart here, and a
    custom op counts by the formula that its author gave to torch's `register_flop_formula`.
    """
    formula = _formula_of(op) or _registered_formula(op)
    if formula is None:
        return None
    try:
        counted = formula(op, args, kwargs, out)
        return None if counted is None else float(counted)
    except Exception:  # noqa: BLE001 (an odd call is one not counted; capturing it goes on)
        return None


_Formula = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], Any]
_TORCHS_REGISTRY = "torch.utils.flop_counter"


@cache
def _formula_of(op: Any) -> _Formula | None:
    """How to count the calls of an op, looked up once."""
    packet = getattr(op, "overloadpacket", op)
    name = str(packet)
    own = FORMULAS.get(name)
    if own is not None:
        names = [argument.name for argument in op._schema.arguments]
        return lambda _op, args, kwargs, out: own(
            SimpleNamespace(**(dict(zip(names, args, strict=False)) | kwargs | {"out": out}))
        )
    if name.startswith(_TAKEN_APART):
        return _by_parts
    return None


def _registered_formula(op: Any) -> _Formula | None:
    """The formula that somebody gave to torch for an op, if anybody has.

    Torch's registry is asked only where it has been loaded: with it comes Triton, which takes
    longer and more memory than the trace of a small model.
    """
    module = sys.modules.get(_TORCHS_REGISTRY)
    if module is None:
        return None
    registered = module.flop_registry.get(getattr(op, "overloadpacket", op))
    if registered is None:
        return None
    return lambda _op, args, kwargs, out: registered(*args, **kwargs, out_val=out)


class _Counter(TorchDispatchMode):
    """Adds up the FLOPs of what runs beneath it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops: float | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        flops = count_flops(func, args, kwargs or {}, out)
        if flops is not None:
            self.flops = (self.flops or 0.0) + flops
        return out


def _by_parts(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], _out: Any) -> float | None:
    """FLOPs of the ops that an op is made of, run on tensors without values."""
    args, kwargs = map_tensors((args, kwargs), lambda tensor: tensor.to("meta"))
    with _Counter() as counter:
        if op.decompose(*args, **kwargs) is NotImplemented:
            return None
    return float(counter.flops)
