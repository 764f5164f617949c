"""Tables of numbers, each row joined to the graph by node, and what their columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torchatlas.errors import RunError

ColumnKind = Literal["integer", "number", "text", "boolean", "summary", "numbers"]
GroupRule = Literal["sum", "max", "none"]
Cell = Any
"""int, float, str, bool, TensorSummary or an array of fp32, as the column's kind says; None where
not measured."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `unit` is SI or empty, `meaning` is one line for a tooltip.

    Attributes:
        label: what people call it, where that is not the name: "Time" for `time_s`.
        groups: what a module that has no number of its own shows of those inside it: their sum,
            the largest, or nothing.
    """

    name: str
    kind: ColumnKind
    meaning: str
    unit: str = ""
    label: str = ""
    groups: GroupRule = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows stored by column. Every column has the same number of cells."""

    name: str
    columns: tuple[Column, ...]
    cells: dict[str, list[Cell]]

    def __post_init__(self) -> None:
        named = {column.name for column in self.columns}
        if named != set(self.cells):
            raise RunError(
                f"table {self.name!r}: the cells are of {sorted(self.cells)}, "
                f"the columns are {sorted(named)}"
            )
        if len({len(cells) for cells in self.cells.values()}) > 1:
            lengths = {name: len(cells) for name, cells in self.cells.items()}
            raise RunError(f"table {self.name!r}: columns differ in length: {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.cells.values()), ()))

    def rows(self) -> list[dict[str, Cell]]:
        """The table as one dictionary a row."""
        names = list(self.cells)
        return [
            dict(zip(names, row, strict=True)) for row in zip(*self.cells.values(), strict=True)
        ]


_NODE = Column("node", "text", "id of the node in the graph; empty for the whole model")
_TENSOR = Column("tensor", "text", "qualified name of the tensor")
_STEP = Column("step", "integer", "optimizer steps done")
_SPLIT = Column("split", "text", "which data: train, test, ...")
_RANK = Column("rank", "integer", "rank of the process")

TABLES: dict[str, tuple[Column, ...]] = {
    "nodes": (
        _NODE,
        Column("kind", "text", "module, op, input, output, parameter, buffer or constant"),
        Column("name", "text", "what is written on the node"),
        Column("type", "text", "class of the module or name of the op"),
        Column("parent", "text", "id of the module call around it"),
        Column("order", "integer", "position in execution order", label="Execution order"),
        Column("output_shape", "text", "shapes of the outputs"),
        Column(
            "parameter_count",
            "integer",
            "parameters in it, shared ones counted once",
            label="Parameters",
        ),
        Column("flops", "number", "forward pass, a multiply-add counted as two", "FLOP", "FLOPs"),
        Column("counting", "text", "of its FLOPs: counted, nothing to count, or no formula"),
        Column("source", "text", "file and line of the call"),
    ),
    "edges": (
        Column("source", "text", "id of the node that made the tensor"),
        Column("target", "text", "id of the node that used it"),
        Column("shape", "text", "shape of the tensor"),
        Column("dtype", "text", "element type"),
        Column("size_bytes", "integer", "elements times element size", "B"),
    ),
    "folds": (
        Column("fold", "text", "id of the fold, from its first node to its last"),
        Column("parent", "text", "id of the module call that holds the members"),
        Column("member", "integer", "position of the member in the fold, from 0"),
        Column("count", "integer", "how many members the fold has"),
        Column("node", "text", "id of a node directly in the member"),
    ),
    "differences": (
        Column("run", "text", "name of the run that is compared with the first"),
        Column("kind", "text", "added, removed, changed or moved"),
        Column("node", "text", "id of the node in that run; empty where it was removed"),
        Column("before_node", "text", "id of the node in the first run; empty where it was added"),
        Column("what", "text", "what differs: node, edge, type, a shape, a dtype, a setting, ..."),
        Column("before", "text", "what it is in the first run"),
        Column("after", "text", "what it is in that run"),
        Column("count", "integer", "nodes that were added, removed or moved, itself included"),
    ),
    "matches": (
        Column("run", "text", "name of the run that is compared with the first"),
        Column("node", "text", "id of a node in that run"),
        Column("before_node", "text", "id of the node in the first run that it is"),
    ),
    "parameters": (
        _NODE,
        _TENSOR,
        Column("kind", "text", "parameter or buffer"),
        Column("shape", "text", "shape"),
        Column("dtype", "text", "element type"),
        Column("device", "text", "where it is stored"),
        Column("count", "integer", "elements", label="Elements", groups="sum"),
        Column(
            "size_bytes",
            "integer",
            "elements times element size",
            "B",
            label="Size of parameters and buffers",
            groups="sum",
        ),
        Column("trainable", "boolean", "requires a gradient"),
        Column("tied_to", "text", "name of the first tensor with the same storage"),
    ),
    "distributions": (
        _NODE,
        _TENSOR,
        Column("quantity", "text", "parameter, activation, gradient or update"),
        _STEP,
        _SPLIT,
        _RANK,
        Column("elements", "integer", "elements of the tensor (over all batches seen)"),
        Column("summary", "summary", "distribution of the values that were looked at"),
        Column(
            "units", "integer", "units (features or channels) watched for activity", groups="sum"
        ),
        Column("dead_units", "integer", "units never above zero in the whole sample", groups="sum"),
        Column(
            "converted",
            "text",
            "of what the summary was made; empty where the values themselves were counted",
        ),
    ),
    "norms": (
        _NODE,
        _TENSOR,
        Column("quantity", "text", "parameter, gradient or update"),
        _STEP,
        _RANK,
        Column("norm", "number", "L2 norm of all elements, estimated where fewer were looked at"),
        Column("nonfinite", "integer", "how many of those looked at are NaN or infinite"),
        Column("elements", "integer", "elements of the tensor"),
        Column("sampled", "integer", "elements looked at"),
    ),
    "channels": (
        _NODE,
        _TENSOR,
        Column("quantity", "text", "parameter, activation, gradient or update"),
        _STEP,
        _SPLIT,
        _RANK,
        Column("channels", "integer", "channels or features, each with a number in the columns"),
        Column("values", "integer", "values of each channel that were looked at"),
        Column("mean", "numbers", "mean of each channel"),
        Column("std", "numbers", "standard deviation of each channel"),
        Column("mean_absolute", "numbers", "mean of |x| of each channel"),
        Column("largest", "numbers", "largest |x| of each channel"),
        Column("active", "numbers", "share of each channel's values above zero"),
        Column("outlying", "numbers", "share of each channel's values of 6 or more in size"),
        Column("dead", "integer", "channels never above zero"),
        Column("nonfinite", "integer", "channels with NaN or infinity"),
    ),
    "tensor_differences": (
        Column("run", "text", "name of the run that is compared with the first"),
        _NODE,
        _TENSOR,
        Column("kind", "text", "same, changed, retyped, reshaped, added, removed or not compared"),
        Column("before_shape", "text", "shape in the first run"),
        Column("shape", "text", "shape in that run"),
        Column("before_dtype", "text", "element type in the first run"),
        Column("dtype", "text", "element type in that run"),
        Column("elements", "integer", "values of the tensor in that run"),
        Column(
            "changed_elements",
            "integer",
            "values that are not equal",
            label="Changed values",
            groups="sum",
        ),
        Column("before_norm", "number", "Euclidean norm in the first run"),
        Column("norm", "number", "Euclidean norm in that run"),
        Column(
            "difference_norm",
            "number",
            "Euclidean norm of the difference",
            label="Norm of the difference",
            groups="max",
        ),
        Column(
            "relative_norm",
            "number",
            "norm of the difference over the norm in the first run",
            label="Relative change",
            groups="max",
        ),
        Column("cosine", "number", "cosine similarity of both", label="Cosine similarity"),
        Column(
            "largest_difference",
            "number",
            "largest absolute difference of a value",
            label="Largest difference",
            groups="max",
        ),
        Column(
            "nonfinite",
            "integer",
            "places where one of both is NaN or infinite, left out of the norms",
            label="Not finite in one of both",
            groups="sum",
        ),
    ),
    "scalars": (
        Column("name", "text", "what was logged, for example loss"),
        _SPLIT,
        _STEP,
        _RANK,
        Column("value", "number", "value, in the unit of what was logged"),
        Column("time_s", "number", "seconds since the run began", "s"),
    ),
    "texts": (
        Column("name", "text", "under which the text was logged"),
        _SPLIT,
        _STEP,
        _RANK,
        Column("time_s", "number", "seconds since the run began", "s"),
        Column("text", "text", "the text"),
    ),
    "images": (
        Column("name", "text", "under which the picture was logged"),
        _SPLIT,
        _STEP,
        _RANK,
        Column("time_s", "number", "seconds since the run began", "s"),
        Column("index", "integer", "position among the pictures logged together, from 0"),
        Column("width", "integer", "pixels"),
        Column("height", "integer", "pixels"),
        Column("format", "text", "png, jpeg, gif or unknown"),
        Column("size_bytes", "integer", "size of the file", "B"),
        Column("data", "text", "the file as base64"),
    ),
    "rewinds": (
        _RANK,
        Column("from_step", "integer", "the step that had been reached"),
        Column("step", "integer", "the step that was gone back to"),
        Column("time_s", "number", "seconds since the run began", "s"),
        Column("points", "integer", "recorded points that are void since then"),
    ),
    "evaluation": (
        _SPLIT,
        Column("metric", "text", "loss, accuracy, ..."),
        Column("value", "number", "value over the whole split"),
        Column("low", "number", "lower end of the 95 % interval"),
        Column("high", "number", "upper end of the 95 % interval"),
        Column("samples", "integer", "examples evaluated"),
    ),
    "confusion": (
        _SPLIT,
        Column("target", "integer", "index of the true class"),
        Column("predicted", "integer", "index of the predicted class"),
        Column("count", "integer", "examples"),
    ),
    "cost": (
        _NODE,
        Column("phase", "text", "forward or backward"),
        Column("time_s", "number", "median seconds per call, children included", "s", "Time"),
        Column("flops", "number", "a multiply-add counted as two", "FLOP", "FLOPs"),
        Column("parameter_count", "integer", "parameters in it, shared ones counted once"),
        Column("activation_bytes", "integer", "size of its outputs", "B", "Output size"),
    ),
    "saved_tensors": (
        Column("node", "text", "id of the forward node that kept it; empty where it is unknown"),
        Column("step", "text", "id of the backward node that will use it"),
        Column("tensor", "text", "name under which the step keeps it: self, weight, ..."),
        Column("kind", "text", "parameter, buffer, input, constant or activation"),
        Column("shape", "text", "shape of the tensor"),
        Column("dtype", "text", "element type"),
        Column("size_bytes", "integer", "elements times element size", "B"),
        Column("source", "text", "node that made it, or name of the parameter or buffer"),
        Column("first_saver", "text", "id of the step that saved the same memory first"),
        Column(
            "held_bytes",
            "integer",
            "memory alive for it alone, at the first saver",
            "B",
            label="Memory kept",
            groups="sum",
        ),
    ),
    "flop_coverage": (
        _NODE,
        Column("basis", "text", "what the shares are of: time measured in ops, or number of ops"),
        Column("counted", "number", "share in ops with a FLOP formula"),
        Column("nothing", "number", "share in ops that do no arithmetic"),
        Column("uncounted", "number", "share in ops without a formula"),
        Column("ops", "integer", "ops in the module"),
        Column("untimed", "integer", "ops with arithmetic and no time where others have one"),
        Column("short", "text", "the coverage in a few words"),
        Column("statement", "text", "the coverage as a sentence, with the ops not counted"),
    ),
    "findings": (
        Column("rule", "text", "name of the rule that fired"),
        Column("severity", "text", "error, warning or info"),
        Column("title", "text", "what is so"),
        Column("detail", "text", "the evidence"),
        Column("advice", "text", "what to do about it"),
        Column("nodes", "text", "ids of the nodes concerned"),
        Column("value", "number", "the number found, in its unit"),
        Column("threshold", "number", "what it was held against"),
        Column("unit", "text", "unit of both"),
        Column("samples", "integer", "values, units or examples that it rests on"),
        Column("source", "text", "where the rule comes from"),
    ),
}
"""The tables of a run and their columns."""


def is_output(tensor: str) -> bool:
    """Whether a row's tensor is what a node put out: `output`, or `output[1]` of several.

    Names of parameters never have this form, not even those of a module called `output`.
    """
    return tensor.partition("[")[0] == "output"


def build_table(name: str, rows: list[dict[str, Cell]]) -> Table:
    """A table of a known kind from its rows; a column that a row leaves out is not measured there.

    Raises:
        RunError: no table has that name, or a row has a column that the table has not.
    """
    if name not in TABLES:
        raise RunError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}")
    columns = TABLES[name]
    named = [column.name for column in columns]
    for row in rows:
        unknown = set(row) - set(named)
        if unknown:
            raise RunError(f"table {name!r} has no column {', '.join(sorted(unknown))}")
    return Table(name, columns, {column: [row.get(column) for row in rows] for column in named})
