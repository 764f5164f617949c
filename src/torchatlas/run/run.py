"""A run: everything that was measured, as plain data. It opens without torch, and in a browser."""

from __future__ import annotations

from dataclasses import dataclass, field

from torchatlas.run.excerpt import Excerpt
from torchatlas.run.finding import Finding, Gap
from torchatlas.run.graph import Graph
from torchatlas.run.table import Table
from torchatlas.run.view import View

SCHEMA_VERSION = 1
"""Raised when a reader of the old form could not read the new one."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the model is: `name` for a heading, `type` its class, `training` the mode it was in.

    `training` and `trainable_count` are None where nobody can tell, as of a checkpoint.
    """

    name: str
    type: str
    training: bool | None
    parameter_count: int
    trainable_count: int | None
    parameter_bytes: int


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured, joined by node id.

    Attributes:
        name: for a heading. created: when, ISO 8601 in UTC.
        model, graph: None where the run has none (loss curves alone, say).
        backward: the autograd graph of the same pass; None where it was not looked at.
        tables: by name; `torchatlas.run.TABLES` gives the columns. A table of another name was
            laid over the graph by a person.
        findings: most severe first.
        gaps: what was not measured, and why.
        classes: names of the classes, in order of their index.
        facts: settings and versions, as text for people: seed, device, torch version, ...
        excerpts: lines of the code around those that nodes were called from.
    """

    name: str
    created: str
    model: ModelInfo | None = None
    graph: Graph | None = None
    tables: dict[str, Table] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    classes: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    backward: Graph | None = None
    excerpts: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a run is held against, node by node: its tables `differences` and `matches` say how.

    Attributes:
        names: of all runs that are compared, no two the same: the first, which the others are held
            against, then those, the run itself before any further ones.
        runs: those that the run itself is not: the first, then the further ones.
    """

    names: tuple[str, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What the viewer is handed, by a report or by the live app: a run and its charts."""

    run: Run
    views: tuple[View, ...] = ()
    comparison: Comparison | None = None
