"""What a reader of an exported program's graph should know that the graph does not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from torchatlas.run import Attribute, CaptureReport
from torchatlas.store.program_drafts import Drafts
from torchatlas.store.program_json import Program
from torchatlas.store.program_names import aten_name

_NAMED_AT_MOST = 12


@dataclass(slots=True)
class Findings:
    """What was noticed while the graph was made.

    Attributes:
        changed: what the pass writes to: `buffer count`, `input x`.
        constants: arguments that were fixed while exporting, by name.
        left_out: ops without a node, by name: arithmetic on sizes, and checks.
        loops: ids of the loops, whose way back is no edge.
        repeated: ids of the groups in which ops may run not at all, or more than once.
        unplaced: ops whose stack of module calls cannot be read.
        unnamed: whether arguments or results have no names of the user's.
    """

    changed: list[str] = field(default_factory=list)
    constants: dict[str, Attribute] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    loops: list[str] = field(default_factory=list)
    host_reads: list[str] = field(default_factory=list)
    unlinked: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    repeated: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)
    unnamed: bool = False


def report(
    program: Program, drafts: Drafts, found: Findings, notes: Sequence[str]
) -> CaptureReport:
    """How complete the graph is, and what else should be known of it."""
    unlinked = (*found.unlinked, *_unreached_outputs(drafts))
    weights = (s.target for s in program.inputs if s.kind == "parameter" and s.target)
    tied = {name for draft in drafts.nodes.values() for name in draft.parameters}
    return CaptureReport(
        "partial" if unlinked else "complete",
        "executed",
        unlinked=unlinked,
        unreached_parameters=tuple(n for n in weights if n not in found.used and n not in tied),
        host_reads=tuple(found.host_reads),
        notes=(*notes, *_notes(program, drafts, found)),
    )


def _notes(program: Program, drafts: Drafts, found: Findings) -> Iterator[str]:
    by = f"torch {program.torch_version}, " if program.torch_version else ""
    yield (
        f"an exported program ({by}schema {program.schema}): the graph shows the aten ops that "
        "torch.export wrote down; nothing was run"
    )
    if program.ranges:
        bounds = (f"{name} ({_range(*ends)})" for name, ends in program.ranges.items())
        yield (
            f"sizes that are not fixed: {_some(list(bounds))}; they show as ?, and sizes in bytes "
            "are those of the example that was exported"
        )
    if found.constants:
        values = [f"{name} = {value}" for name, value in found.constants.items()]
        yield f"arguments fixed while exporting: {_some(values)}"
    if found.changed:
        yield f"the pass writes to: {_some(list(dict.fromkeys(found.changed)))}"
    if found.left_out:
        names = [f"{name} ({count})" for name, count in found.left_out.most_common()]
        yield f"without a node, as they make no tensor: {_some(names)}"
    if found.repeated:
        yield f"FLOPs leave out what runs in a branch or loop: {_some(found.repeated)}"
    if found.loops:
        yield f"loops are drawn once, without the way back: {_some(found.loops)}"
    if found.unnamed:
        yield "the file does not say what the arguments or results are called"
    if found.unplaced:
        names = sorted({aten_name(target) for target in found.unplaced})
        yield f"in which module they ran cannot be read: {_some(names)}"
    silent = _modules_without_ops(program, drafts)
    if silent:
        yield f"modules that left no op in the program: {_some(silent)}"


def _modules_without_ops(program: Program, drafts: Drafts) -> list[str]:
    """Modules that are called in the model but hold nothing here, nn.Identity say."""
    shown = {node_id.partition("#")[0] for node_id in drafts.nodes}
    paths = {path for path in program.modules if path}
    containers = {path.rpartition(".")[0] for path in paths}
    return [path for path in program.modules if path in paths - shown - containers]


def _unreached_outputs(drafts: Drafts) -> Iterator[str]:
    """Outputs that no input reaches."""
    after: dict[str, list[str]] = {}
    for edge in drafts.edges.values():
        after.setdefault(edge.source, []).append(edge.target)
    inputs = [draft.id for draft in drafts.nodes.values() if draft.kind == "input"]
    reached, stack = set(inputs), list(inputs)
    while stack:
        for target in after.get(stack.pop(), ()):
            if target not in reached:
                reached.add(target)
                stack.append(target)
    for draft in drafts.nodes.values():
        if inputs and draft.kind == "output" and draft.id not in reached:
            yield f"{draft.id}: no path of tensors leads to it from an input"


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return "any" if low is None else f"{low} or more"
    return f"up to {high}" if low is None else f"{low} to {high}"


def _some(items: Sequence[str]) -> str:
    more = len(items) - _NAMED_AT_MOST
    return ", ".join(items[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
