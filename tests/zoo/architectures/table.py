"""The table of docs/architectures.md: what each architecture's trace came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from tests.zoo.architectures.architecture import Architecture
from tests.zoo.architectures.following import Followed

Row = tuple[Architecture, Followed]

PAGE = """# Architectures

<!-- Written by `python -m tests.zoo.architectures`; not by hand. -->

Every model below was built with random weights, in evaluation mode, and traced on one small input.
For each of them the tests check that forward ran through, that the capture is complete, that every
output hangs on an input by edges, that both ends of every edge are there, and that
`trace.verify()` agrees: the recorded ops, run again by themselves from inputs and parameters along
the recorded edges alone, give what the model gave; every op that reads what another left in memory
has an edge from it, and every edge between ops stands for memory that was handed over.

{summary}

{date}, on the CPU, with
{versions}. To write this page again, where the extra `zoo` is installed:

```sh
python -m tests.zoo.architectures
```

- *Nodes* are all nodes of the graph, modules and parameters among them; *ops* are those that
  compute; *edges* are the tensors between them.
- *Parameters* are counted each once. *FLOPs* are of one forward pass on the input given, with a
  multiply-add as two; ops that have no formula are left out.
- *Constants* are tensors that no recorded op made and that are no input, parameter or buffer: the
  model holds them as plain attributes, or made them of numbers. They were taken as they were.
- *Verified* says how well the outputs of the recorded ops agree with the model's.
- An input is written as its shape, with its dtype where that is not float32.

| Library | Name | Input | Nodes | Ops | Edges | Parameters | FLOPs | Constants | Verified |
|---|---|---|---:|---:|---:|---:|---:|---:|---|
{rows}
{remarks}"""


def page(rows: Sequence[Row]) -> str:
    """The whole page, as Markdown."""
    return PAGE.format(
        summary=_summary(rows),
        date=datetime.now(UTC).date().isoformat(),
        versions=", ".join(
            f"{name} {version(name).partition('+')[0]}"
            for name in ("torch", "torchvision", "timm", "transformers")
        ),
        rows="\n".join(_row(*row) for row in rows),
        remarks=_remarks(rows),
    )


def _summary(rows: Sequence[Row]) -> str:
    lines = []
    for library in dict.fromkeys(item.library for item, _ in rows):
        those = [followed for item, followed in rows if item.library == library]
        good = sum(not followed.problems for followed in those)
        exact = sum(verified(followed) == "bit for bit" for followed in those)
        lines.append(
            f"- **{library}**: {len(those)} architectures, {good} without a loss, "
            f"{exact} of them verified bit for bit"
        )
    return "\n".join(lines)


def _row(item: Architecture, followed: Followed) -> str:
    constants = followed.verification.constants if followed.verification is not None else ""
    cells = (
        item.library,
        f"`{item.name}`",
        followed.input,
        f"{followed.nodes:,}",
        f"{followed.ops:,}",
        f"{followed.edges:,}",
        f"{followed.parameters:,}",
        _flops(followed.flops),
        constants,
        verified(followed),
    )
    return f"| {' | '.join(map(str, cells))} |"


def verified(followed: Followed) -> str:
    """How well the recorded ops give the outputs, or why they do not."""
    outcome = followed.verification
    if outcome is None:
        return "not: forward raised"
    if not outcome.ok:
        return f"not: {_cell(outcome.reason)}"
    if outcome.max_abs_diff:
        return f"within {outcome.max_abs_diff:.1e}"
    return "bit for bit"


def _flops(flops: float | None) -> str:
    if flops is None:
        return ""
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if flops >= size:
            return f"{flops / size:.3g} {prefix}"
    return f"{flops:.3g}"


def _remarks(rows: Sequence[Row]) -> str:
    """Outputs that hang on no input in the model itself, and whatever went wrong."""
    cut = [
        f"- `{item.name}` ({item.library}): `{part}` is {why}"
        for item, _ in rows
        for part, why in item.cut.items()
    ]
    settling = [
        f"- `{item.name}` ({item.library}) {item.settles}"
        for item, _ in rows
        if item.settles is not None
    ]
    lost = [
        f"- `{item.name}` ({item.library}): {_cell(text)}"
        for item, followed in rows
        for text in followed.problems
    ]
    headed = (
        ("Outputs that hang on no input in the model itself", cut),
        ("Models whose first call is unlike the others, traced at their second", settling),
        ("What was lost", lost),
    )
    return "".join(
        f"\n## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in headed if lines
    )


def _cell(text: str) -> str:
    """One line, without what Markdown would take for the end of a cell."""
    return " ".join(text.split()).replace("|", "\\|")
