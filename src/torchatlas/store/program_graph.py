"""Makes the architecture graph of an exported program: its ops in groups, and what flows where.

A program says which op used which value. Three things it leaves to its reader: that an op in place
changed a value that other names also stand for, that a weight of a `torch.nn` module is no news in
its graph, and how the arguments of a higher-order op (`cond`, `while_loop`) reach its subgraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from torchatlas.errors import RunError
from torchatlas.run import ROOT, Graph, NodeKind, TensorSpec
from torchatlas.store.program_drafts import Draft, Drafts
from torchatlas.store.program_flops import count_flops
from torchatlas.store.program_json import Argument, Program, ProgramGraph, ProgramOp, TensorInfo
from torchatlas.store.program_memory import Memory, is_view, written_arguments
from torchatlas.store.program_names import (
    ModuleCall,
    aten_name,
    base_name,
    module_stack,
    user_name,
    user_source,
)
from torchatlas.store.program_report import Findings, report
from torchatlas.store.program_values import (
    NUMBER,
    SIZES,
    Flat,
    Names,
    Place,
    Scope,
    Value,
    distinct,
    dotted,
    is_torch,
    own_name,
    shown,
    stacks,
    user_call,
    wrapper_attributes,
)
from torchatlas.store.tree_paths import Path, input_paths, output_paths

_INLINE = {"wrap_with_set_grad_enabled", "wrap_with_autocast", "wrap", "strict_mode"}
"""Higher-order ops that are no place in the model: their ops stand where the modules say."""

_ONE_SUBGRAPH = {"tag_activation_checkpoint", "invoke_subgraph", "hints_wrapper"}
"""Those that hand on what their subgraph returns."""


def program_graph(program: Program, weights: Mapping[str, str], notes: Sequence[str] = ()) -> Graph:
    """The graph of an exported program, with the ids that a trace of the model would give.

    Args:
        weights: names of parameters and buffers to where they are stored; two with one store are
            tied.
        notes: what else a reader of the graph should know.

    Raises:
        RunError: the program uses a value that nothing made.
    """
    return _Maker(program, weights).graph(tuple(notes))


def tied_names(program: Program, weights: Mapping[str, str]) -> dict[str, str]:
    """By name of a parameter or buffer: the first name of the same tensor."""
    first: dict[tuple[str, str], str] = {}
    names = [(s.kind, s.target) for s in program.inputs if s.target and s.kind in _STORED]
    return {
        name: first.setdefault((kind, weights.get(name, f"\0{name}")), name) for kind, name in names
    }


_STORED: dict[str, NodeKind] = {
    "parameter": "parameter",
    "buffer": "buffer",
    "tensor_constant": "constant",
}


class _Maker:
    """Walks the program once, in execution order."""

    def __init__(self, program: Program, weights: Mapping[str, str]) -> None:
        self.program = program
        self.first_names = tied_names(program, weights)
        self.drafts = Drafts()
        self.found = Findings()
        self.now = 0
        self.places: dict[tuple[str, ModuleCall], Place] = {}
        self.calls: dict[tuple[str, str], Place] = {}
        self.origins: dict[str, str] = {}
        self.own_parameters: dict[str, list[str]] = {}
        for spec in program.inputs:
            if spec.kind == "parameter" and spec.target:
                owner = spec.target.rpartition(".")[0]
                self.own_parameters.setdefault(owner, []).append(spec.target)

    def graph(self, notes: tuple[str, ...]) -> Graph:
        root = next(iter(stacks(self.program.graph)), ())
        kind = root[0].type if root else "ExportedProgram"
        self.drafts.add(
            Draft(ROOT, "module", kind.rpartition(".")[2], kind.rpartition(".")[2], None)
        )
        self.drafts.nodes[ROOT].parameters = self.own_parameters.get("", [])
        scope = Scope(Place(ROOT, "", is_torch(kind)), root[:1])
        self.drafts.nodes[ROOT].atomic = scope.place.in_torch
        names = self.inputs()
        self.walk(self.program.graph, names, scope)
        self.outputs(names)
        self.drafts.describe_groups()
        return self.drafts.graph(report(self.program, self.drafts, self.found, notes))

    def inputs(self) -> Names:
        """The names that the program starts from, and a node for each argument of the user's."""
        names = Names()
        tensors = self.program.graph.tensors
        specs = self.program.inputs
        given = [spec for spec in specs if spec.kind in ("user_input", "constant_input")]
        paths = input_paths(
            self.program.in_tree, self.program.forward_names, self.program.namedtuples
        )
        paths = self.fitting(paths, [own_name(spec.argument) for spec in given])
        users = sum(bool(s.argument.tensors or s.argument.numbers) for s in given)
        for spec, path in zip(given, paths, strict=True):
            name = ".".join(path)
            if spec.argument.tensors or spec.argument.numbers:
                self.user_input(spec.argument, name, names, alone=users == 1)
            else:
                self.found.constants[name] = spec.value or spec.argument.setting
        for spec in specs:
            if spec.kind in _STORED and spec.target:
                info = self.info(tensors, spec.argument.tensors[0])
                memory = Memory(f"{_STORED[spec.kind]} {spec.target}")
                weight = (_STORED[spec.kind], self.first_names[spec.target])
                value = Value(info, memory, weight=weight)
                names.tensors[spec.argument.tensors[0]] = value
        return names

    def user_input(self, argument: Argument, name: str, names: Names, *, alone: bool) -> None:
        draft = Draft(f"input:{name}", "input", "input" if alone else name, "input", ROOT)
        draft.attributes["argument"] = name
        self.drafts.add(draft)
        for tensor in argument.tensors:
            info = self.info(self.program.graph.tensors, tensor)
            draft.show(info)
            names.tensors[tensor] = Value(info, Memory(f"input {name}"), draft.id)
        for number in argument.numbers:
            names.numbers[number] = (draft.id,)

    def outputs(self, names: Names) -> None:
        specs = self.program.outputs
        results = [spec for spec in specs if spec.kind in ("user_output", "loss_output")]
        numbered = [str(position) for position in range(len(results))]
        paths = output_paths(self.program.out_tree, self.program.namedtuples)
        named = zip(results, self.fitting(paths, numbered), strict=True)
        shown = [
            (path, value)
            for spec, path in named
            for value in self.flat(spec.argument, names)
            if isinstance(value, Value) or value
        ]
        for path, value in shown:
            name = ".".join(path) or "0"
            draft = Draft(f"output:{name}", "output", "output", "output", ROOT)
            draft.name = draft.name if len(shown) == 1 else name
            sources = self.sources(draft, [value], None)
            self.drafts.add(draft)
            self.drafts.connect(draft, sources)
            draft.outputs = list(draft.inputs)
        for spec in specs:
            if spec.target and spec.kind.endswith("_mutation"):
                value = self.tensor(spec.argument.tensors[0], names)
                stored = {"buffer": "buffer ", "parameter": "parameter "}
                what = stored.get(spec.kind.removesuffix("_mutation"), "input ") + spec.target
                self.found.changed.append(what)
                if value.maker is not None:
                    self.drafts.nodes[value.maker].attributes["writes"] = what

    def fitting(self, paths: list[Path] | None, instead: Sequence[str]) -> list[Path]:
        """The paths, or plain names where the tree has another number of leaves."""
        if paths is not None and len(paths) == len(instead):
            return paths
        if instead:
            self.found.unnamed = True
        return [(name,) for name in instead]

    def walk(self, graph: ProgramGraph, names: Names, scope: Scope) -> None:
        """Add the ops of a graph, in order."""
        together = Counter(user_call(op) for op in graph.ops if shown(op))
        for op in graph.ops:
            self.now += 1
            if any(argument.graph for argument in op.arguments):
                self.higher_order(op, graph, names, scope)
            elif not shown(op):
                self.unshown(op, names)
            else:
                place = self.place_of(op, scope)
                call = user_call(op)
                if call is not None and together[call] > 1:
                    self.op(op, graph, names, self.call_group(op, call, place), scope, inner=True)
                else:
                    self.op(op, graph, names, place, scope, inner=False)

    def op(
        self,
        op: ProgramOp,
        graph: ProgramGraph,
        names: Names,
        place: Place,
        scope: Scope,
        *,
        inner: bool,
    ) -> None:
        base = base_name(op.target)
        name = base if inner else user_name(op.target, op.metadata.get("torch_fn"))
        draft = Draft(self.drafts.op_id(place.id, name), "op", name, name, place.id)
        draft.source = user_source(op.metadata.get("stack_trace"))
        draft.aten = (aten_name(op.target),)
        draft.attributes = scope.attributes | {
            a.name: a.setting for a in op.arguments if a.name and a.setting is not None
        }
        given = [value for argument in op.arguments for value in self.flat(argument, names)]
        sources = self.sources(draft, given, place)
        self.drafts.add(draft)
        self.drafts.connect(draft, sources)
        self.note_writes(op, draft, names)
        tensors = [value for value in given if isinstance(value, Value)]
        shared = tensors[0].memory if tensors and is_view(base, tensors[0].info) else None
        for output in op.outputs:
            for tensor in output.tensors:
                info = self.info(graph.tensors, tensor)
                memory = shared
                if memory is not None and not is_view(base, tensors[0].info, info):
                    memory = None
                draft.show(info)
                names.tensors[tensor] = Value(info, memory or Memory(), draft.id, self.now)
            for number in output.numbers:
                names.numbers[number] = (draft.id,)
        if scope.runs_once:
            draft.flops = count_flops(
                base, self.shapes(op, names), [s.shape for s in draft.outputs]
            )
        if not any(output.tensors for output in op.outputs):
            self.found.host_reads.append(draft.id)

    def shapes(self, op: ProgramOp, names: Names) -> dict[str, list[tuple[int, ...]]]:
        return {
            argument.name: [self.tensor(name, names).info.spec.shape for name in argument.tensors]
            for argument in op.arguments
            if argument.tensors
        }

    def note_writes(self, op: ProgramOp, draft: Draft, names: Names) -> None:
        """Who uses the memory from here on uses what this op made of it."""
        changed = []
        for argument in written_arguments(op):
            for tensor in argument.tensors:
                memory = self.tensor(tensor, names).memory
                memory.writer, memory.written = draft.id, self.now
                if memory.of:
                    changed.append(memory.of)
        if changed:
            draft.attributes["writes"] = ", ".join(dict.fromkeys(changed))
            self.found.changed.extend(changed)

    def unshown(self, op: ProgramOp, names: Names) -> None:
        """Arithmetic on sizes and checks: no node, but a number keeps the nodes it came from."""
        self.found.left_out[base_name(op.target)] += 1
        origins: tuple[str, ...] = ()
        if base_name(op.target) not in SIZES:
            used = (number for argument in op.arguments for number in argument.numbers)
            origins = tuple(dict.fromkeys(o for n in used for o in names.numbers.get(n, ())))
        for output in op.outputs:
            for number in output.numbers:
                names.numbers[number] = origins

    def higher_order(self, op: ProgramOp, graph: ProgramGraph, names: Names, scope: Scope) -> None:
        """An op that runs subgraphs: a group with one group a subgraph, or nothing of its own."""
        name = base_name(op.target).removesuffix("_impl")
        place, calls = self.place_of(op, scope), self.calls_of(op, scope)
        subgraphs = [argument.graph for argument in op.arguments if argument.graph]
        if name in _INLINE and len(subgraphs) == 1:
            attributes = scope.attributes | wrapper_attributes(name, op)
            inner = replace(scope, attributes=attributes)
            self.hand_on(op, names, self.subgraph(op, subgraphs[0][1], names, inner))
            return
        group = self.group(self.drafts.op_id(place.id, name), name, name, place)
        self.drafts.nodes[group.id].source = user_source(op.metadata.get("stack_trace"))
        results = []
        for label, inner_graph in subgraphs:
            within = group
            if len(subgraphs) > 1:
                label = re.sub(r"^while_loop_|(_graph)?_\d+$", "", label) or label
                within = self.group(f"{group.id}/{label}", label, "subgraph", group)
            once = scope.runs_once and name in _ONE_SUBGRAPH
            inner = Scope(within, calls, scope.attributes, once)
            results.append(self.subgraph(op, inner_graph, names, inner))
        if name in _ONE_SUBGRAPH and len(results) == 1:
            self.hand_on(op, names, results[0])
            return
        self.found.repeated.append(group.id)
        if name in ("while_loop", "scan"):
            self.found.loops.append(group.id)
        self.join(op, graph, names, group, name, [value for result in results for value in result])

    def subgraph(
        self, op: ProgramOp, graph: ProgramGraph, names: Names, scope: Scope
    ) -> list[Flat]:
        """Walk a subgraph with what it is handed; gives what it returns."""
        inner = Names()
        handed = self.handed(op, names)
        wanted = [name for argument in graph.inputs for name in argument.flat]
        fits = len(handed) == len(wanted)
        if not fits:
            self.found.unlinked.append(
                f"{scope.place.id}: how {base_name(op.target)} hands its arguments to its subgraph "
                "is not known; edges into it are missing"
            )
        for position, name in enumerate(wanted):
            if name is None:
                continue
            given: Flat = handed[position] if fits else ()
            if name not in graph.tensors:
                inner.numbers[name] = () if isinstance(given, Value) else given
            elif isinstance(given, Value):  # a slice of it, in map and scan
                inner.tensors[name] = replace(given, info=graph.tensors[name])
            else:
                draft = Draft(f"{scope.place.id}/{name}", "constant", name, "Tensor", "")
                draft.parent = scope.place.id
                draft.show(graph.tensors[name])
                self.drafts.add(draft)
                inner.tensors[name] = Value(graph.tensors[name], Memory(), draft.id, self.now)
        self.walk(graph, inner, scope)
        return [value for argument in graph.outputs for value in self.flat(argument, inner)]

    def handed(self, op: ProgramOp, names: Names) -> list[Flat]:
        """What a higher-order op hands to its subgraphs: all that comes after the last of them."""
        last = max(i for i, argument in enumerate(op.arguments) if argument.graph)
        return [
            value
            for argument in op.arguments[last + 1 :]
            if not isinstance(argument.setting, str) or argument.numbers  # names of the subgraph
            for value in self.flat(argument, names)
        ]

    def hand_on(self, op: ProgramOp, names: Names, results: list[Flat]) -> None:
        """What the subgraph returned is what the op returns."""
        wanted = [name for output in op.outputs for name in output.flat]
        if len(wanted) != len(results):
            raise RunError(
                f"the program is damaged: {op.target} gives {len(wanted)} values and its subgraph "
                f"returns {len(results)}"
            )
        for name, value in zip(wanted, results, strict=True):
            if name is not None and isinstance(value, Value):
                names.tensors[name] = value
            elif name is not None and not isinstance(value, Value):
                names.numbers[name] = value

    def join(
        self,
        op: ProgramOp,
        graph: ProgramGraph,
        names: Names,
        group: Place,
        name: str,
        results: list[Flat],
    ) -> None:
        """The node where the subgraphs meet: it takes what they return and what chooses between."""
        draft = Draft(self.drafts.op_id(group.id, name), "op", name, name, group.id)
        draft.source = self.drafts.nodes[group.id].source
        draft.aten = (aten_name(op.target),)
        first = next(i for i, argument in enumerate(op.arguments) if argument.graph)
        chosen = [v for argument in op.arguments[:first] for v in self.flat(argument, names)]
        last = max(i for i, argument in enumerate(op.arguments) if argument.graph)
        carried = op.arguments[last + 1 : last + 2] if name in ("while_loop", "scan") else ()
        begins = [value for argument in carried for value in self.flat(argument, names)]
        sources = self.sources(draft, [*chosen, *results, *begins], group)
        self.drafts.add(draft)
        self.drafts.connect(draft, sources)
        for output in op.outputs:
            for tensor in output.tensors:
                info = self.info(graph.tensors, tensor)
                draft.show(info)
                names.tensors[tensor] = Value(info, Memory(), draft.id, self.now)
            for number in output.numbers:
                names.numbers[number] = (draft.id,)

    def sources(
        self, draft: Draft, values: Sequence[Flat], place: Place | None
    ) -> list[tuple[str, TensorSpec]]:
        """The nodes that the values come from; notes on the way which parameters are used."""
        found: list[tuple[str, TensorSpec]] = []
        for value in distinct(values):
            if not isinstance(value, Value):
                found += [(node, NUMBER) for node in value]
                continue
            spec = value.info.spec
            draft.inputs.append(spec)
            if value.weight is not None:
                kind, name = value.weight
                if kind == "parameter":
                    draft.parameters.append(name)
                    self.found.used.add(name)
                if place is not None and place.in_torch and name.startswith(dotted(place.path)):
                    continue
            found.append((self.maker(value, place), spec))
        return found

    def maker(self, value: Value, place: Place | None) -> str:
        """The node whose work the value is by now."""
        if value.memory.writer is not None and value.memory.written > value.made:
            return value.memory.writer
        if value.maker is not None:
            return value.maker
        assert value.weight is not None
        kind, name = value.weight
        if name not in self.origins:
            parent = place.id if place else ROOT
            owner, _, own = name.rpartition(".")
            wanted = name
            if kind == "constant":
                wanted, own = self.drafts.op_id(parent, "constant"), name
            elif owner in self.drafts.nodes:
                parent = owner
            tensor_type = "Parameter" if kind == "parameter" else "Tensor"
            draft = Draft(wanted, kind, own, tensor_type, parent)
            draft.parameters = [name] if kind == "parameter" else []
            draft.show(value.info)
            self.origins[name] = self.drafts.add(draft).id
        return self.origins[name]

    def place_of(self, op: ProgramOp, scope: Scope) -> Place:
        """The group of the innermost module call around an op; made where it is new."""
        place = scope.place
        for call in self.calls_of(op, scope)[len(scope.calls) :]:
            known = self.places.get((scope.place.id, call))
            if known is None:
                known = self.module(call, place, op)
                self.places[scope.place.id, call] = known
            place = known
        return place

    def calls_of(self, op: ProgramOp, scope: Scope) -> tuple[ModuleCall, ...]:
        text = op.metadata.get("nn_module_stack")
        calls = module_stack(text)
        if text and not calls:
            self.found.unplaced.append(op.target)
        return calls if calls[: len(scope.calls)] == scope.calls else scope.calls

    def module(self, call: ModuleCall, around: Place, op: ProgramOp) -> Place:
        in_torch = is_torch(call.type)
        wanted = f"{call.path}#{call.number}" if call.number else call.path
        name = wanted
        plain = around.path if around.path else None
        if plain and wanted.startswith(f"{plain}."):
            name = wanted[len(plain) + 1 :]
        kind = call.type.rpartition(".")[2]
        draft = Draft(wanted or ROOT, "module", name or kind, kind, around.id)
        draft.parameters = self.own_parameters.get(call.path, [])
        draft.atomic = in_torch
        if in_torch:
            draft.source = user_source(op.metadata.get("stack_trace"))
        self.drafts.nodes[around.id].atomic = False
        return Place(self.drafts.add(draft).id, call.path, in_torch)

    def call_group(self, op: ProgramOp, call: tuple[str, str], around: Place) -> Place:
        """The group of a function that the user called once and that ran several ops."""
        known = self.calls.get((around.id, call[1]))
        if known is None:
            name = user_name(op.target, op.metadata.get("torch_fn"))
            known = self.group(self.drafts.op_id(around.id, name), name, name, around)
            self.drafts.nodes[known.id].source = user_source(op.metadata.get("stack_trace"))
            self.calls[around.id, call[1]] = known
        return known

    def group(self, wanted: str, name: str, kind: str, around: Place) -> Place:
        draft = self.drafts.add(Draft(wanted, "module", name, kind, around.id))
        return replace(around, id=draft.id)

    def flat(self, argument: Argument, names: Names) -> Iterator[Flat]:
        """What an argument holds, in order: tensors, and where its numbers came from."""
        tensors = set(argument.tensors)
        for name in argument.flat:
            if name is None:
                yield ()
            elif name in tensors:
                yield self.tensor(name, names)
            elif name in names.numbers:
                yield names.numbers[name]
            else:
                raise RunError(f"the program is damaged: it uses the number {name!r}, unmade")

    def tensor(self, name: str, names: Names) -> Value:
        if name not in names.tensors:
            raise RunError(f"the program is damaged: it uses the tensor {name!r}, unmade")
        return names.tensors[name]

    def info(self, tensors: Mapping[str, TensorInfo], name: str) -> TensorInfo:
        if name not in tensors:
            raise RunError(f"the program is damaged: nothing is said of the tensor {name!r}")
        return tensors[name]
