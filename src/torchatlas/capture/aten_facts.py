"""What the schema of an aten op says, looked up once for each op."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

_READ_BY = frozenset({"aten::_local_scalar_dense", "aten::equal", "aten::is_nonzero"})


@dataclass(frozen=True, slots=True)
class AtenFacts:
    """Facts of one op.

    Attributes:
        op: the op itself, kept so that its address is not used again.
        name: with overload, as in `aten.add.Tensor`.
        packet: without, as in `aten.add`.
        arguments: their names in order.
        mutable: position and name of those that it writes to.
        reads_host: whether it brings a value to the host.
    """

    op: Any
    name: str
    packet: str
    arguments: tuple[str, ...] = ()
    mutable: tuple[tuple[int, str], ...] = ()
    reads_host: bool = False


def aten_facts(op: Any) -> AtenFacts:
    """The facts of an op; by address, since hashing an op is slow and ops stay where they are."""
    known = _KNOWN.get(id(op))
    if known is None:
        known = _KNOWN[id(op)] = _read(op)
    return known


_KNOWN: dict[int, AtenFacts] = {}


def _read(op: Any) -> AtenFacts:
    if isinstance(op, torch._ops.HigherOrderOperator):
        return AtenFacts(op, str(op), str(op))
    arguments = op._schema.arguments
    return AtenFacts(
        op,
        str(op),
        str(op.overloadpacket),
        tuple(argument.name for argument in arguments),
        tuple(
            (position, argument.name)
            for position, argument in enumerate(arguments)
            if argument.alias_info and argument.alias_info.is_write
        ),
        op._schema.name in _READ_BY,
    )
