"""A run on disk: a folder with `run.json`, tables as `.npz`, and series in event files.

Nothing here knows torch; no file is ever read with pickle. TensorBoard opens the event files.
"""

from torchatlas.store.event_reader import Events, read_events
from torchatlas.store.event_writer import EventWriter
from torchatlas.store.folder import load_run, save_run
from torchatlas.store.recording import Recording
from torchatlas.store.series import ScalarPoint, SummaryPoint
from torchatlas.store.whole_file import write_whole

__all__ = [
    "EventWriter",
    "Events",
    "Recording",
    "ScalarPoint",
    "SummaryPoint",
    "load_run",
    "read_events",
    "save_run",
    "write_whole",
]
