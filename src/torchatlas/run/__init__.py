"""Plain data: the graph, tensor summaries, tables, findings, views and the run that holds them.

Nothing here knows torch or any drawing library. The JSON form (`to_json`, `json_schema`) is the
contract with the viewer.
"""

from torchatlas.run.channels import ChannelSummary, channel_row
from torchatlas.run.codec import from_json, to_json
from torchatlas.run.excerpt import Excerpt
from torchatlas.run.finding import SEVERITIES, Finding, Gap, Severity
from torchatlas.run.fold import Fold
from torchatlas.run.graph import (
    ROOT,
    Attribute,
    CaptureReport,
    Edge,
    Graph,
    Node,
    NodeKind,
    SavedKind,
    SavedTensor,
    SourceLocation,
    TensorSpec,
)
from torchatlas.run.operators import operator_name
from torchatlas.run.outcome import Outcome
from torchatlas.run.run import SCHEMA_VERSION, Comparison, Document, ModelInfo, Run
from torchatlas.run.schema import json_schema
from torchatlas.run.stored import IN_FILE, StoredTensor
from torchatlas.run.summary import RELATIVE_ERROR, TensorSummary, bin_edges, bin_keys
from torchatlas.run.table import (
    TABLES,
    Cell,
    Column,
    GroupRule,
    Table,
    build_table,
    is_output,
)
from torchatlas.run.view import (
    Axis,
    Band,
    Bars,
    Envelope,
    Heatmap,
    Histogram,
    Line,
    Mark,
    Panel,
    Ridges,
    Role,
    Rule,
    Scatter,
    View,
    Zone,
)

__all__ = [
    "IN_FILE",
    "RELATIVE_ERROR",
    "ROOT",
    "SCHEMA_VERSION",
    "SEVERITIES",
    "TABLES",
    "Attribute",
    "Axis",
    "Band",
    "Bars",
    "CaptureReport",
    "Cell",
    "ChannelSummary",
    "Column",
    "Comparison",
    "Document",
    "Edge",
    "Envelope",
    "Excerpt",
    "Finding",
    "Fold",
    "Gap",
    "Graph",
    "GroupRule",
    "Heatmap",
    "Histogram",
    "Line",
    "Mark",
    "ModelInfo",
    "Node",
    "NodeKind",
    "Outcome",
    "Panel",
    "Ridges",
    "Role",
    "Rule",
    "Run",
    "SavedKind",
    "SavedTensor",
    "Scatter",
    "Severity",
    "SourceLocation",
    "StoredTensor",
    "Table",
    "TensorSpec",
    "TensorSummary",
    "View",
    "Zone",
    "bin_edges",
    "bin_keys",
    "build_table",
    "channel_row",
    "from_json",
    "is_output",
    "json_schema",
    "operator_name",
    "to_json",
]
