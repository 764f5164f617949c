"""The modules of a model from the names of its tensors alone, without its code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from torchatlas.measure.graph_tables import shape_text
from torchatlas.run import ROOT, CaptureReport, Graph, Node, NodeKind, StoredTensor, TensorSpec

DEEPEST = 64
"""Levels of modules; what a name divides further is one name on the last."""

MOST_SHOWN = 500
"""Tensors of a module that holds others too are nodes of their own, up to so many."""

_COMPILED = "_orig_mod"
_BUFFERS = re.compile(
    r"(^|_)(running_(mean|var)|num_batches_tracked|position_ids|token_type_ids|inv_freq|mask"
    r"|relative_position_index|rel_pos_index|cos_cached|sin_cached|zero_points?|scales?_inv"
    r"|absmax|quant_map|quant_state|g_idx|masked_bias|attn_bias|total_ops|total_params)($|_|\.)"
)
_EMBEDDING = re.compile(r"emb|wte$|wpe$|tokens?$|vocab", re.IGNORECASE)
_CONVOLUTIONS = {3: "conv 1d", 4: "conv 2d", 5: "conv 3d"}
_REAL = ("float", "bfloat", "complex", "qint", "quint")


def tensor_kind(name: str, dtype: str) -> str:
    """Whether a tensor of a checkpoint is a "parameter" or a "buffer", as far as names tell.

    Running statistics, caches and masks are buffers by their usual names, and so are whole
    numbers, unless they are called weights (quantised ones).
    """
    own = name.rpartition(".")[2]
    if _BUFFERS.search(own):
        return "buffer"
    if dtype.startswith(_REAL) or "weight" in own.lower():
        return "parameter"
    return "buffer"


@dataclass(slots=True)
class _Module:
    """A module as it is found: what is in it, and its own tensors by their last name."""

    id: str
    name: str
    parent: str | None
    inner: dict[str, _Module] = field(default_factory=dict)
    own: dict[str, StoredTensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedTree:
    """The graph, and the id of the module that each tensor lies in, by the tensor's name."""

    graph: Graph
    owners: dict[str, str]


def named_tree(
    tensors: Iterable[StoredTensor], root_type: str = "", notes: Iterable[str] = ()
) -> NamedTree:
    """Group tensors by the parts of their names: modules without ops and edges.

    Ids are those that a trace of the model gives. Modules that are numbered stand in the order of
    their numbers, all others in that of the checkpoint. The shapes of a module's tensors are its
    settings, so that blocks fold where all shapes are equal. A checkpoint does not say what a
    module is: its type is a guess from names and shapes, in lower case, where any is possible.

    Args:
        root_type: class of the model, where it is known.
        notes: what else `graph.capture.notes` says.
    """
    root = _Module(ROOT, root_type or "model", None)
    owners: dict[str, str] = {}
    for tensor in tensors:
        *path, own = tensor.name.split(".")
        module = root
        for part in _levels(path):
            module = _entered(module, part)
        owners[tensor.name] = module.id
        module.own[own] = tensor
    nodes: dict[str, Node] = {}
    unshown = 0
    stack = [root]
    while stack:
        module = stack.pop()
        nodes[module.id] = _node(module, root_type, len(nodes))
        if module.inner:
            shown = [one for one in module.own.items() if _is_shown(module, *one)]
            unshown += max(0, len(shown) - MOST_SHOWN)
            for own, tensor in shown[:MOST_SHOWN]:
                node = _tensor_node(module, own, tensor, len(nodes))
                nodes.setdefault(node.id, node)
        stack += reversed(_in_order(module))
    told = [
        "the modules are those that the names of the tensors speak of: a checkpoint has no code, "
        "so there are no ops and no edges, and the order is that of the checkpoint",
        "types in lower case are guessed from names and shapes, and so is what is a buffer",
        *notes,
    ]
    if unshown:
        told.append(f"{unshown:,} tensors of modules with many of their own are no nodes")
    return NamedTree(Graph(nodes, (), CaptureReport("partial", notes=tuple(told))), owners)


def _levels(path: list[str]) -> list[str]:
    parts = [part for part in path if part != _COMPILED]
    if len(parts) > DEEPEST:
        parts = [*parts[: DEEPEST - 1], ".".join(parts[DEEPEST - 1 :])]
    return parts


def _entered(module: _Module, part: str) -> _Module:
    found = module.inner.get(part)
    if found is None:
        safe = _safe(part)
        child = safe if module.id == ROOT else f"{module.id}.{safe}"
        found = module.inner[part] = _Module(child, part or "(no name)", module.id)
    return found


def _safe(part: str) -> str:
    """A part of a name as a part of an id: without the signs that mean something in ids."""
    if not part:
        return "%"
    return re.sub(r"[%#~/]", lambda sign: f"%{ord(sign[0]):02X}", part)


def _in_order(module: _Module) -> list[_Module]:
    numbered = [child for part, child in module.inner.items() if _is_number(part)]
    numbered.sort(key=lambda child: int(child.name))
    following = iter(numbered)
    return [next(following) if _is_number(part) else child for part, child in module.inner.items()]


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 10


def _node(module: _Module, root_type: str, order: int) -> Node:
    is_root = module.id == ROOT
    settings = {own: f"{shape_text(one.spec)} {one.spec.dtype}" for own, one in module.own.items()}
    return Node(
        module.id,
        "module",
        module.name,
        (root_type or "model") if is_root else _type(module),
        module.parent,
        parameters=tuple(
            one.name
            for one in module.own.values()
            if tensor_kind(one.name, one.spec.dtype) == "parameter"
        ),
        attributes={} if is_root else dict(settings),
        order=order,
        atomic=not module.inner and not is_root,
    )


def _is_shown(module: _Module, own: str, tensor: StoredTensor) -> bool:
    is_parameter = tensor_kind(tensor.name, tensor.spec.dtype) == "parameter"
    return own not in module.inner and is_parameter


def _tensor_node(module: _Module, own: str, tensor: StoredTensor, order: int) -> Node:
    safe = _safe(own)
    node_id = safe if module.id == ROOT else f"{module.id}.{safe}"
    kind: NodeKind = "parameter"
    return Node(
        node_id,
        kind,
        own or "(no name)",
        "parameter",
        module.id,
        outputs=(tensor.spec,),
        parameters=(tensor.name,),
        order=order,
    )


def _type(module: _Module) -> str:
    """What a module is, as far as its tensors tell."""
    if module.inner:
        return "list" if all(map(_is_number, module.inner)) else "module"
    own = {name: one.spec for name, one in module.own.items()}
    if {"running_mean", "running_var"} <= own.keys():
        return "batch norm"
    if "in_proj_weight" in own:
        return "attention"
    if any(name.startswith("weight_ih_l") for name in own):
        return "recurrent"
    if "qweight" in own:
        return "quantised linear"
    return _type_of_weight(module.name, own.get("weight"))


def _type_of_weight(name: str, weight: TensorSpec | None) -> str:
    dimensions = 0 if weight is None else len(weight.shape)
    if dimensions == 1:
        return "norm"
    if dimensions == 2:
        return "embedding" if _EMBEDDING.search(name) else "linear"
    return _CONVOLUTIONS.get(dimensions, "tensors")
