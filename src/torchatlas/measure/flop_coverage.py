"""How much of a model does its FLOP total stand for?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal

from torchatlas.run import Graph, Node, Table

Counting = Literal["counted", "nothing to count", "no formula"]
"""Whether an op has a FLOP formula, does no arithmetic, or does some that is not counted."""

MOST_NAMES = 4
"""Of more kinds of op without a formula, the largest are named and the others are summed up."""

_NAMES = """
    __getitem__ _autocast_to_full_precision _autocast_to_reduced_precision _conj _copy_from
    _copy_from_and_resize _efficientzerotensor _has_same_storage_numel _indices _is_zerotensor
    _linalg_check_errors _local_scalar_dense _neg_view _nested_from_padded
    _nested_from_padded_tensor _nested_get_jagged_dummy _nested_get_lengths _nested_get_max_seqlen
    _nested_get_min_seqlen _nested_get_offsets _nested_get_ragged_idx _nested_get_values
    _nested_get_values_copy _nested_tensor_from_mask _nested_tensor_from_tensor_list
    _nested_tensor_size _nested_tensor_storage_offsets _nested_tensor_strides
    _nested_view_from_buffer _nested_view_from_jagged _nnz _pack_padded_sequence
    _pad_packed_sequence _reshape_alias _reshape_copy _reshape_from_tensor _resize_output_
    _shape_as_tensor _sparse_broadcast_to _sparse_compressed_tensor_unsafe
    _sparse_coo_tensor_unsafe _sparse_coo_tensor_with_dims
    _sparse_coo_tensor_with_dims_and_tensors _stack _to_copy _to_cpu _to_dense _to_sparse
    _to_sparse_bsc _to_sparse_bsr _to_sparse_csc _to_sparse_csr _unsafe_index _unsafe_masked_index
    _unsafe_view _values adjoint alias alias_copy arange argwhere as_strided as_strided_
    as_strided_copy as_strided_scatter atleast_1d atleast_2d atleast_3d block_diag
    broadcast_tensors broadcast_to cat ccol_indices channel_shuffle chunk clone coalesce
    col_indices column_stack combinations complex concat concatenate conj constant_pad_nd
    contiguous copy copy_ cpu crow_indices cuda dense_dim detach detach_ diag diag_embed diagflat
    diagonal diagonal_copy diagonal_scatter dim dsplit dstack embedding empty empty_like
    empty_permuted empty_quantized empty_strided expand expand_as expand_copy eye fill fill_
    flatten flip fliplr flipud full full_like gather hsplit hstack im2col imag index index_copy
    index_copy_ index_fill index_fill_ index_put index_put_ index_select indices int_repr
    is_coalesced is_contiguous is_nonzero is_same_size item lift lift_fresh lift_fresh_copy
    linalg_diagonal linspace local_value mH mT masked_fill masked_fill_ masked_scatter
    masked_scatter_ masked_select matrix_H meshgrid moveaxis movedim narrow narrow_copy
    native_channel_shuffle new_empty new_empty_strided new_full new_ones new_zeros nonzero
    nonzero_numpy nonzero_static numel numpy_T one_hot ones ones_like pad permute permute_copy
    pin_memory pixel_shuffle pixel_unshuffle positive put put_ ravel real reflection_pad1d
    reflection_pad2d reflection_pad3d repeat repeat_interleave replication_pad1d replication_pad2d
    replication_pad3d reshape reshape_as resize resize_ resize_as_ resolve_conj resolve_neg roll
    rot90 row_indices row_stack scalar_tensor scatter scatter_ select select_copy select_scatter
    set_ size slice slice_copy slice_inverse slice_scatter sparse_dim sparse_resize_ split
    split_copy split_with_sizes split_with_sizes_copy squeeze squeeze_ squeeze_copy stack
    storage_offset stride swapaxes swapaxes_ swapdims swapdims_ sym_is_contiguous sym_numel
    sym_size sym_storage_offset sym_stride t t_ t_copy take take_along_dim tensor_split tile to
    to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_csc
    to_sparse_csr transpose transpose_ transpose_copy tril tril_ tril_indices triu triu_
    triu_indices type_as unbind unbind_copy unflatten unflatten_dense_tensors unfold unfold_copy
    unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze unsqueeze_ unsqueeze_copy values
    values_copy view view_as view_as_complex view_as_complex_copy view_as_real view_as_real_copy
    view_copy vsplit vstack where zero zero_ zeros zeros_like
"""

_MOVES_OR_MAKES = frozenset(_NAMES.split())
"""Names of aten ops that give tensors another shape, place or type, choose among their elements,
or make them of constants: no floating-point arithmetic. Comparisons, random numbers and sums are
none of these."""

_MARKS = ("prim.", "profiler.")
"""Namespaces of ops that ask for facts or mark the time."""


@dataclass(frozen=True, slots=True)
class FlopCoverage:
    """What part of the ops in a module its FLOPs stand for.

    Attributes:
        basis: "time" when the shares are of the time measured in ops, "ops" when no op was timed
            and they are of the number of ops.
        counted, nothing, uncounted: shares of ops with a formula, of those that do no arithmetic,
            and of those without a formula; together 1, or all 0 where there are no ops.
        names: the types of the ops without a formula, with the share of each, largest first.
        ops: how many ops there are. untimed: how many with arithmetic have no time when others do.
    """

    basis: Literal["time", "ops"]
    counted: float
    nothing: float
    uncounted: float
    names: tuple[tuple[str, float], ...]
    ops: int
    untimed: int = 0

    @property
    def statement(self) -> str:
        """The coverage as a sentence, to stand beside the total."""
        if not self.ops:
            return "No ops were seen, so it is not known what a total would stand for."
        measured = "of the time measured in ops" if self.basis == "time" else "of the ops"
        parts = [f"Counted: {_percent(self.counted)} {measured}"]
        if self.nothing:
            parts.append(f"nothing to count: {_percent(self.nothing)}")
        if self.names:
            parts.append(f"no formula: {self._named()}")
        plural = "" if self.untimed == 1 else "s"
        untimed = f" Not timed: {self.untimed} op{plural}." if self.untimed else ""
        basis = "" if self.basis == "time" else " Ops were not timed; each counts alike."
        return f"{'; '.join(parts)}.{untimed}{basis}"

    @property
    def short(self) -> str:
        """The same in a few words."""
        if not self.ops:
            return "coverage not known"
        return f"counts {_percent(self.counted)} of {'op time' if self.basis == 'time' else 'ops'}"

    def _named(self) -> str:
        named = [f"{name} {_percent(share)}" for name, share in self.names[:MOST_NAMES]]
        others = self.names[MOST_NAMES:]
        if others:
            rest = _percent(sum(share for _, share in others))
            named.append(f"{len(others)} other{'s' * (len(others) > 1)} {rest}")
        return ", ".join(named)


def flop_counting(node: Node) -> Counting:
    """Whether the FLOPs of an op are counted, of those aten ops that ran beneath it.

    An op that has a formula for a part of what it does is counted: of attention that is the
    products, not the softmax between them. An op beneath which nothing ran has nothing to count.
    """
    if node.flops is not None:
        return "counted"
    return "nothing to count" if all(map(_does_no_arithmetic, node.aten)) else "no formula"


def countings(graph: Graph) -> dict[str, Counting]:
    """Of each op, and of each module by the ops in it; a module with one counted op is counted."""
    found = {node.id: flop_counting(node) for node in graph.nodes.values() if node.kind == "op"}
    modules: dict[str, Counting] = {}
    for node_id, counting in found.items():
        for module in graph.ancestors(node_id):
            modules[module] = _stronger(modules.get(module, "nothing to count"), counting)
    for node in graph.nodes.values():
        if node.kind == "module":
            counted: Counting = "counted" if node.flops is not None else "nothing to count"
            found[node.id] = modules.get(node.id, counted)
    return found


def flop_coverage(graph: Graph, cost: Table | None = None) -> dict[str, FlopCoverage]:
    """The coverage of each module's FLOPs, by node id.

    Args:
        cost: the table `cost`; where no op in a module was timed, its ops count alike.
    """
    times = _times(cost)
    inside: dict[str, list[Node]] = {
        node.id: [] for node in graph.nodes.values() if node.kind == "module"
    }
    for node in graph.nodes.values():
        if node.kind == "op":
            for module in graph.ancestors(node.id):
                inside[module].append(node)
    return {module: _coverage(nodes, times) for module, nodes in inside.items()}


def flop_coverage_rows(graph: Graph, cost: Table | None = None) -> list[dict[str, Any]]:
    """Rows of the table `flop_coverage`, modules in execution order."""
    return [
        {
            "node": node_id,
            "basis": found.basis,
            "counted": found.counted,
            "nothing": found.nothing,
            "uncounted": found.uncounted,
            "ops": found.ops,
            "untimed": found.untimed,
            "short": found.short,
            "statement": found.statement,
        }
        for node_id, found in flop_coverage(graph, cost).items()
    ]


def _coverage(nodes: list[Node], times: dict[str, float]) -> FlopCoverage:
    timed = sum(times.get(node.id, 0.0) for node in nodes) > 0
    shares: dict[Counting, float] = defaultdict(float)
    names: dict[str, float] = defaultdict(float)
    untimed = 0
    for node in nodes:
        counting = flop_counting(node)
        weight = times.get(node.id, 0.0) if timed else 1.0
        shares[counting] += weight
        untimed += timed and counting != "nothing to count" and node.id not in times
        if counting == "no formula":
            names[node.type] += weight
    whole = sum(shares.values()) or 1.0
    return FlopCoverage(
        basis="time" if timed else "ops",
        counted=shares["counted"] / whole,
        nothing=shares["nothing to count"] / whole,
        uncounted=shares["no formula"] / whole,
        names=tuple((name, weight / whole) for name, weight in _largest_first(names)),
        ops=len(nodes),
        untimed=untimed,
    )


def _largest_first(weights: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))


def _times(cost: Table | None) -> dict[str, float]:
    """Seconds of the forward phase, by node, where they were measured."""
    if cost is None:
        return {}
    return {
        row["node"]: row["time_s"]
        for row in cost.rows()
        if row["phase"] == "forward" and row["time_s"] is not None
    }


def _does_no_arithmetic(aten: str) -> bool:
    """Of an op by its full name, such as `aten.view.default`."""
    if aten.startswith(_MARKS):
        return True
    namespace, _, rest = aten.partition(".")
    name, _, overload = rest.partition(".")
    adds_up = overload.endswith("reduce")  # of scatter
    return namespace == "aten" and name in _MOVES_OR_MAKES and not adds_up


def _stronger(one: Counting, other: Counting) -> Counting:
    order: tuple[Counting, ...] = ("nothing to count", "no formula", "counted")
    return max(one, other, key=order.index)


def _percent(share: float) -> str:
    """Whole per cent; never 0 % of what there is, nor 100 % of what is not all."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1 - 1e-9:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")
