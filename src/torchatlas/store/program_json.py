"""The JSON of an exported program as plain data, checked field by field.

The form is that of `torch/_export/serde/schema.py`. A field that is missing or of another type is
an error that says where; fields that nothing here needs are not looked at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import chain
from math import prod
from typing import Any, TypeVar

from torchatlas.errors import RunError
from torchatlas.run import Attribute, TensorSpec

SCHEMA_MAJOR = 8
"""The major version of the schema that is read; torch 2.15 writes 8.20."""

DEEPEST_SUBGRAPH = 40

_LARGEST_SIZE = 2**63 - 1
_MOST_DIMENSIONS = 64
"""Torch itself counts elements in an int64, and has tensors of at most 64 dimensions."""

_LONGEST_INTEGER = 20
"""Characters of an integer: those of the smallest int64."""

_LONGEST_NAME = 250
"""Characters of the name of an op or subgraph; the ids of all within a subgraph begin with it."""

# Names and sizes of torch's ScalarType, by number.
_DTYPES: dict[int, tuple[str, int]] = {
    1: ("uint8", 1),
    2: ("int8", 1),
    3: ("int16", 2),
    4: ("int32", 4),
    5: ("int64", 8),
    6: ("float16", 2),
    7: ("float32", 4),
    8: ("float64", 8),
    9: ("complex32", 4),
    10: ("complex64", 8),
    11: ("complex128", 16),
    12: ("bool", 1),
    13: ("bfloat16", 2),
    28: ("uint16", 2),
    29: ("float8_e4m3fn", 1),
    30: ("float8_e5m2", 1),
    31: ("float8_e4m3fnuz", 1),
    32: ("float8_e5m2fnuz", 1),
    33: ("float8_e8m0fnu", 1),
    34: ("uint32", 4),
    35: ("uint64", 8),
}
_SYMBOL = re.compile(r"Symbol\('([^']*)'[^)]*\)")
_INTEGER = re.compile(r"Integer\((-?\d+)\)")
_LONGEST_EXPRESSION = 500
_SYMBOLIC = {"as_sym_int", "as_sym_float", "as_sym_bool"}
_SYMBOLIC_LISTS = {"as_sym_ints", "as_sym_floats", "as_sym_bools"}
_LISTS = {"as_ints", "as_floats", "as_bools", "as_strings"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of the program: what it looks like, and how its memory is walked.

    `symbols` is its shape as text where a size is not fixed (`s77×3×8×8`), else None; `strides`
    is None where one is not known.
    """

    spec: TensorSpec
    strides: tuple[int, ...] | None
    requires_grad: bool
    symbols: str | None


@dataclass(frozen=True, slots=True)
class Argument:
    """What an op is given, or gives: names of tensors and symbolic numbers, or a setting.

    Attributes:
        name: the argument's name in the op's schema; empty for higher-order ops.
        tensors, numbers: names of the tensors and of the symbolic numbers in it, in order.
        flat: all that a subgraph could take as an input of its own, in order; None for a
            constant.
        setting: a number, text or list as one cell; None where there is none.
        graph: the subgraph that it is, with its name.
    """

    name: str = ""
    tensors: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    flat: tuple[str | None, ...] = ()
    setting: Attribute = None
    graph: tuple[str, ProgramGraph] | None = None


@dataclass(frozen=True, slots=True)
class ProgramOp:
    """One call: `target` is the op (`torch.ops.aten.add.Tensor`)."""

    target: str
    arguments: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class ProgramGraph:
    """Ops in execution order, and what is known of the tensors between them."""

    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    ops: tuple[ProgramOp, ...]
    tensors: dict[str, TensorInfo]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What an input of the graph stands for.

    `kind` is parameter, buffer, tensor_constant, custom_obj, token, user_input or constant_input;
    `target` is the qualified name of what is stored under it, `value` a constant argument.
    """

    kind: str
    argument: Argument
    target: str | None = None
    value: Attribute = None


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What an output of the graph stands for: user_output, buffer_mutation, ... and of what."""

    kind: str
    argument: Argument
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """An exported program.

    Attributes:
        in_tree, out_tree: how arguments and results are nested, as torch's JSON; empty where not
            said.
        forward_names: names of the arguments of forward.
        modules: paths of the modules that the model had.
        namedtuples: fields of the named tuples among them, by the name of the class.
        ranges: lowest and highest value of each symbol, None where there is no bound.
    """

    graph: ProgramGraph
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    in_tree: str
    out_tree: str
    forward_names: tuple[str, ...]
    modules: tuple[str, ...]
    namedtuples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    torch_version: str = ""
    schema: str = ""


def parse_program(text: bytes, where: str) -> Program:
    """The program that a JSON text holds.

    Args:
        where: what the text is, for the words of an error.

    Raises:
        RunError: it is no JSON, of a schema that is not read, or a field is missing or wrong.
    """
    try:
        document: Any = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{where}: the program is no JSON that can be read: {error}") from error
    try:
        return _Reader(where).program(document)
    except RecursionError as error:
        raise _damaged(where, "it is nested too deep") from error


class _Reader:
    """Takes the document apart; knows where it is, for the words of an error."""

    def __init__(self, where: str) -> None:
        self.where = where

    def program(self, document: Any) -> Program:
        version = self.field(document, "schema_version", dict, "the program")
        major, minor = version.get("major"), version.get("minor")
        torch_version = document.get("torch_version", "")
        if major != SCHEMA_MAJOR:
            by = f", written by torch {torch_version}" if isinstance(torch_version, str) else ""
            raise RunError(
                f"{self.where}: the program has schema version {major}.{minor}{by}, and this "
                f"TorchAtlas reads {SCHEMA_MAJOR}; export the model again with a torch that "
                f"writes {SCHEMA_MAJOR}, or install another TorchAtlas"
            )
        module = self.field(document, "graph_module", dict, "the program")
        signature = self.field(module, "signature", dict, "graph_module")
        calls = self.items(module, "module_call_graph", "graph_module")
        in_tree, out_tree, names = self.root_call(calls)
        return Program(
            self.graph(self.field(module, "graph", dict, "graph_module"), "graph", 0),
            tuple(map(self.input_spec, self.items(signature, "input_specs", "signature"))),
            tuple(map(self.output_spec, self.items(signature, "output_specs", "signature"))),
            in_tree,
            out_tree,
            names,
            tuple(self.field(call, "fqn", str, "module_call_graph") for call in calls),
            self.namedtuples(module.get("treespec_namedtuple_fields") or {}),
            self.ranges(document.get("range_constraints") or {}),
            str(torch_version),
            f"{major}.{minor}",
        )

    def graph(self, data: Any, where: str, depth: int) -> ProgramGraph:
        if depth > DEEPEST_SUBGRAPH:
            raise self.wrong(f"{where} is nested deeper than {DEEPEST_SUBGRAPH} subgraphs")
        tensors = self.field(data, "tensor_values", dict, where)
        nodes = self.items(data, "nodes", where)
        return ProgramGraph(
            self.arguments(data, "inputs", where, depth),
            self.arguments(data, "outputs", where, depth),
            tuple(self.op(node, f"{where}.nodes[{i}]", depth) for i, node in enumerate(nodes)),
            {name: self.tensor(meta, f"tensor {name!r}") for name, meta in tensors.items()},
        )

    def arguments(self, data: Any, name: str, where: str, depth: int) -> tuple[Argument, ...]:
        items = self.items(data, name, where)
        return tuple(self.argument(item, f"{where}.{name}", "", depth) for item in items)

    def op(self, data: Any, where: str, depth: int) -> ProgramOp:
        target = self.field(data, "target", str, where)
        if len(target) > _LONGEST_NAME:
            raise self.wrong(f"{where} has a target of {len(target)} characters")
        where = f"{where} ({target})"
        inputs = self.items(data, "inputs", where)
        metadata = self.field(data, "metadata", dict, where)
        return ProgramOp(
            target,
            tuple(self.named_argument(item, where, depth) for item in inputs),
            self.arguments(data, "outputs", where, depth),
            {key: value for key, value in metadata.items() if isinstance(value, str)},
        )

    def named_argument(self, data: Any, where: str, depth: int) -> Argument:
        name = self.field(data, "name", str, where)
        return self.argument(self.field(data, "arg", dict, where), where, name, depth)

    def argument(self, data: Any, where: str, name: str = "", depth: int = 0) -> Argument:
        if not isinstance(data, dict) or len(data) != 1:
            raise self.wrong(f"{where} has an argument of unknown form")
        ((form, value),) = data.items()
        if form == "as_graph":
            inner = self.field(value, "name", str, where)
            if len(inner) > _LONGEST_NAME:
                raise self.wrong(f"{where} has a subgraph with a name of {len(inner)} characters")
            graph = self.graph(self.field(value, "graph", dict, where), inner, depth + 1)
            return Argument(name, graph=(inner, graph))
        if form in _SYMBOLIC:
            return self.symbols(name, [value], where)
        if form in _SYMBOLIC_LISTS:
            return self.symbols(name, self.a(value, list, f"{where}.{form}"), where)
        if form == "as_string_to_argument":
            if depth > DEEPEST_SUBGRAPH:
                raise self.wrong(f"{where} has arguments nested deeper than {DEEPEST_SUBGRAPH}")
            entries = self.a(value, dict, f"{where}.{form}").values()
            parts = [self.argument(entry, where, name, depth + 1) for entry in entries]
            return Argument(
                name,
                tuple(chain.from_iterable(part.tensors for part in parts)),
                tuple(chain.from_iterable(part.numbers for part in parts)),
                tuple(chain.from_iterable(part.flat for part in parts)),
            )
        tensors = self.tensor_names(form, value, where)
        if tensors is not None:
            return Argument(name, tuple(t for t in tensors if t is not None), flat=tuple(tensors))
        return Argument(name, flat=(None,), setting=_setting(form, value))

    def tensor_names(self, form: str, value: Any, where: str) -> list[str | None] | None:
        """Names of the tensors in an argument, None for one left out; None if it holds none."""
        match form:
            case "as_tensor":
                return [self.field(value, "name", str, where)]
            case "as_tensors":
                items = self.a(value, list, where)
                return [self.field(item, "name", str, where) for item in items]
            case "as_nested_tensors":
                rows = [self.a(row, list, where) for row in self.a(value, list, where)]
                return [self.field(item, "name", str, where) for row in rows for item in row]
            case "as_optional_tensor":
                return [self.optional(value, where)]
            case "as_optional_tensors":
                return [self.optional(item, where) for item in self.a(value, list, where)]
        return None

    def optional(self, data: Any, where: str) -> str | None:
        if isinstance(data, dict) and "as_none" in data:
            return None
        return self.field(self.field(data, "as_tensor", dict, where), "name", str, where)

    def symbols(self, name: str, items: list[Any], where: str) -> Argument:
        flat, said = [], []
        for item in items:
            form, value = self.union(item, where, object)
            flat.append(self.a(value, str, where) if form == "as_name" else None)
            said.append(str(value))
        numbers = tuple(number for number in flat if number is not None)
        return Argument(name, (), numbers, tuple(flat), "×".join(said))

    def tensor(self, data: Any, where: str) -> TensorInfo:
        number = self.field(data, "dtype", int, where)
        dtype, element_bytes = _DTYPES.get(number, (f"dtype {number}", 0))
        sizes = self.sizes(data, "sizes", where)
        strides = [stride for stride, _, _ in self.sizes(data, "strides", where)]
        shape = tuple(size for size, _, _ in sizes)
        if prod(example for _, _, example in sizes if example) > _LARGEST_SIZE:
            raise self.wrong(f"{where} has more elements than an int64 counts")
        elements = prod(example for _, _, example in sizes)
        device = self.field(data, "device", dict, where)
        index = device.get("index")
        kind = self.field(device, "type", str, where)
        place = kind if index is None else f"{kind}:{index}"
        return TensorInfo(
            TensorSpec(shape, dtype, place, elements * element_bytes),
            None if -1 in strides else tuple(strides),
            bool(data.get("requires_grad")),
            "×".join(text for _, text, _ in sizes) if -1 in shape else None,
        )

    def sizes(self, data: Any, name: str, where: str) -> list[tuple[int, str, int]]:
        items = self.items(data, name, where)
        if len(items) > _MOST_DIMENSIONS:
            raise self.wrong(
                f"{where} has {len(items)} {name}, and a tensor has at most "
                f"{_MOST_DIMENSIONS} dimensions"
            )
        return [self.size(item, where) for item in items]

    def size(self, data: Any, where: str) -> tuple[int, str, int]:
        """A size, -1 where it is not fixed; as text; and that of the example it was traced with."""
        if isinstance(data, dict) and type(data.get("as_int")) is int:
            size = data["as_int"]
            if not 0 <= size <= _LARGEST_SIZE:
                raise self.wrong(f"{where} has a size or stride of {size}")
            return size, str(size), size
        expression = self.field(data, "as_expr", dict, where)
        hint = expression.get("hint")
        example = hint.get("as_int") if isinstance(hint, dict) else None
        text = plain_symbol(self.field(expression, "expr_str", str, where))
        if type(example) is not int or not 0 <= example <= _LARGEST_SIZE:
            example = 0
        return -1, text, example

    def input_spec(self, data: Any) -> InputSpec:
        kind, body = self.union(data, "input_specs")
        named = {
            "parameter": "parameter_name",
            "buffer": "buffer_name",
            "tensor_constant": "tensor_constant_name",
            "custom_obj": "custom_obj_name",
        }
        if kind == "constant_input":
            name = self.field(body, "name", str, "input_specs")
            form, value = self.union(body.get("value"), "input_specs", object)
            return InputSpec(kind, Argument(name), name, _setting(form, value))
        inner = self.field(body, "arg", dict, "input_specs")
        if kind == "user_input":
            return InputSpec(kind, self.argument(inner, "input_specs"))
        target = self.field(body, named[kind], str, "input_specs") if kind in named else None
        name = self.field(inner, "name", str, "input_specs")
        return InputSpec(kind, Argument(tensors=(name,)), target)

    def output_spec(self, data: Any) -> OutputSpec:
        kind, body = self.union(data, "output_specs")
        inner = self.field(body, "arg", dict, "output_specs")
        if kind == "user_output":
            return OutputSpec(kind, self.argument(inner, "output_specs"))
        name = self.field(inner, "name", str, "output_specs")
        named = ("buffer_name", "parameter_name", "user_input_name")
        targets = [body[key] for key in named if isinstance(body.get(key), str)]
        return OutputSpec(kind, Argument(tensors=(name,)), targets[0] if targets else None)

    def root_call(self, calls: list[Any]) -> tuple[str, str, tuple[str, ...]]:
        for call in calls:
            if self.field(call, "fqn", str, "module_call_graph") == "":
                signature = self.a(call.get("signature") or {}, dict, "module_call_graph")
                names = self.a(signature.get("forward_arg_names") or [], list, "forward_arg_names")
                trees = [signature.get(key) or "" for key in ("in_spec", "out_spec")]
                return str(trees[0]), str(trees[1]), tuple(map(str, names))
        return "", "", ()

    def namedtuples(self, data: Any) -> dict[str, tuple[str, ...]]:
        where = "treespec_namedtuple_fields"
        return {
            name: tuple(map(str, self.items(entry, "field_names", where)))
            for name, entry in self.a(data, dict, where).items()
        }

    def ranges(self, data: Any) -> dict[str, tuple[int | None, int | None]]:
        found = {}
        for symbol, bounds in self.a(data, dict, "range_constraints").items():
            low, high = (self.a(bounds, dict, symbol).get(key) for key in ("min_val", "max_val"))
            found[symbol] = (
                low if type(low) is int else None,
                high if type(high) is int else None,
            )
        return found

    def union(self, data: Any, where: str, body: type = dict) -> tuple[str, Any]:
        if not isinstance(data, dict) or len(data) != 1:
            raise self.wrong(f"{where} has an entry of unknown form")
        ((kind, value),) = data.items()
        checked: Any = self.a(value, body, f"{where}.{kind}")
        return kind, checked

    def items(self, data: Any, name: str, where: str) -> list[Any]:
        return self.field(data, name, list, where)

    def field(self, data: Any, name: str, kind: type[T], where: str) -> T:
        if not isinstance(data, dict) or name not in data:
            raise self.wrong(f"{where} lacks {name!r}")
        return self.a(data[name], kind, f"{where}.{name}")

    def a(self, value: Any, kind: type[T], where: str) -> T:
        if not isinstance(value, kind):
            raise self.wrong(f"{where} is a {type(value).__name__}, not a {kind.__name__}")
        return value

    def wrong(self, what: str) -> RunError:
        return _damaged(self.where, what)


def _damaged(where: str, what: str) -> RunError:
    return RunError(f"{where} is damaged: {what}; write it again with torch.export.save")


def _integer(digits: str) -> int:
    """An integer of the JSON; a long one takes long to read and is none of torch's."""
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def plain_symbol(expression: str) -> str:
    """A size as people write it: `s77` for `Symbol('s77', positive=True, integer=True)`."""
    text = expression[:_LONGEST_EXPRESSION]
    return _INTEGER.sub(r"\1", _SYMBOL.sub(r"\1", text))


def _setting(form: str, value: Any) -> Attribute:
    """A constant argument as one cell; None where it says nothing."""
    if form == "as_scalar_type" and isinstance(value, int):
        return _DTYPES.get(value, (f"dtype {value}", 0))[0]
    if form in _LISTS and isinstance(value, list):
        return "×".join(map(str, value))
    if form == "as_device" and isinstance(value, dict):
        return str(value.get("type"))
    if form == "as_float" and value in ("Infinity", "-Infinity", "NaN"):
        return float(value)
    if form in ("as_int", "as_float", "as_bool", "as_string", "as_operator"):
        return value if isinstance(value, bool | int | float | str) else None
    return None
