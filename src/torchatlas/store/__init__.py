"""A run on disk: a folder with `run.json`, tables as `.npz`, and series in event files.

Nothing here knows torch; no file is ever read with pickle. TensorBoard opens the event files.
"""

from torchatlas.store.event_reader import Events, read_events
from torchatlas.store.event_writer import EventWriter
from torchatlas.store.folder import save_run
from torchatlas.store.graph_file import GRAPH_FORMATS, graph_format, save_graph
from torchatlas.store.growing_run import GrowingRun, Growth, ScalarSeries
from torchatlas.store.open_run import is_run_folder, load_run
from torchatlas.store.recording import Recording
from torchatlas.store.run_list import RunEntry, list_runs
from torchatlas.store.series import ScalarPoint, SummaryPoint
from torchatlas.store.table_files import TABLE_FORMATS, save_tables
from torchatlas.store.whole_file import write_whole

__all__ = [
    "GRAPH_FORMATS",
    "TABLE_FORMATS",
    "EventWriter",
    "Events",
    "GrowingRun",
    "Growth",
    "Recording",
    "RunEntry",
    "ScalarPoint",
    "ScalarSeries",
    "SummaryPoint",
    "graph_format",
    "is_run_folder",
    "list_runs",
    "load_run",
    "read_events",
    "save_graph",
    "save_run",
    "save_tables",
    "write_whole",
]
