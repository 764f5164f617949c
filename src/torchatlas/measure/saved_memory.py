"""How much memory the way back holds, and for which node."""

from __future__ import annotations

from typing import Any

from torchatlas.measure.graph_tables import shape_cell
from torchatlas.run import ROOT, Graph


def held_bytes(backward: Graph) -> dict[str, int]:
    """How many bytes does each step, and each module call around it, hold for backward?

    Bytes are those of whole storages, each counted once, at the step that saved it first.
    Parameters, buffers, inputs and constants are not counted: they are in memory anyway. Under `.`
    stands the sum for the model. An op that another module's op saved for, too, is counted at the
    first of the two, so a module can hold nothing although it saves much.
    """
    held = dict.fromkeys((ROOT, *backward.nodes), 0)
    for saved in backward.saved:
        node_id: str | None = saved.step
        while node_id is not None:
            held[node_id] += saved.held_bytes
            node_id = backward.nodes[node_id].parent
    return held


def saved_tensor_rows(backward: Graph) -> list[dict[str, Any]]:
    """Rows of the table `saved_tensors`, in the order of the forward pass."""
    return [
        {
            "node": backward.nodes[saved.step].attributes.get("forward"),
            "step": saved.step,
            "tensor": saved.name,
            "kind": saved.kind,
            "shape": shape_cell(saved.tensor),
            "dtype": saved.tensor.dtype,
            "size_bytes": saved.tensor.size_bytes,
            "source": saved.source,
            "first_saver": saved.first_saver,
            "held_bytes": saved.held_bytes,
        }
        for saved in backward.saved
    ]
