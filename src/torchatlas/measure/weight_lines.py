"""What a checkpoint holds, as lines that a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchatlas.run import Finding, Run

_MOST_MODULES = 30
_MOST_GAPS = 10
_GLYPHS = {"error": "▲", "warning": "◆", "info": "○"}


def weight_lines(run: Run) -> Iterator[str]:
    """A heading with the sizes, the outermost modules with theirs, findings, and what is missing.

    Args:
        run: of a checkpoint, as `ta.weights` gives it.
    """
    rows = run.tables["parameters"].rows()
    own = [row for row in rows if row["tied_to"] is None]
    yield _printable(f"{run.name}: {_sizes(own)}")
    for name in ("checkpoints", "order"):
        if name in run.facts:
            yield _printable(f"  {name}: {run.facts[name]}")
    by_module = _outermost(own)
    width = max((len(name) for name in by_module), default=0)
    for name, found in list(by_module.items())[:_MOST_MODULES]:
        yield f"  {name:<{width}}  {_sizes(found)}"
    if len(by_module) > _MOST_MODULES:
        yield f"  and {len(by_module) - _MOST_MODULES:,} more modules"
    for finding in run.findings:
        yield from _finding(finding)
    gaps = [gap.reason for gap in run.gaps if gap.what == "parameter"]
    for reason in gaps[:_MOST_GAPS]:
        yield _printable(f"– not measured: {reason}")
    if len(gaps) > _MOST_GAPS:
        yield f"– not measured: {len(gaps) - _MOST_GAPS:,} tensors more"


def _outermost(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by the first parts of their names, as many as part them."""
    for depth in (1, 2, 3):
        found: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            parts = row["tensor"].split(".")
            name = ".".join(parts[: min(depth, max(1, len(parts) - 1))])
            found.setdefault(_short(name), []).append(row)
        if len(found) > 1:
            return found
    return found


def _sizes(rows: list[dict[str, Any]]) -> str:
    parameters = [row for row in rows if row["kind"] == "parameter"]
    count = sum(row["count"] for row in parameters)
    buffers = len(rows) - len(parameters)
    dtypes = ", ".join(dict.fromkeys(row["dtype"] for row in parameters))
    texts = [f"{count:,} parameters in {_counted(len(parameters), 'tensor')}"]
    texts += [_counted(buffers, "buffer")] if buffers else []
    texts += [_bytes(sum(row["size_bytes"] for row in rows))]
    return ", ".join([*texts, *([dtypes] if dtypes else [])])


def _finding(finding: Finding) -> Iterator[str]:
    yield _printable(f"{_GLYPHS.get(finding.severity, '○')} {finding.title}. {finding.detail}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.4g} GB"


def _short(text: str) -> str:
    plain = _printable(text)
    return plain if len(plain) <= 60 else f"{plain[:29]}…{plain[-29:]}"


def _printable(text: str) -> str:
    """The text with what would steer a terminal written out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
