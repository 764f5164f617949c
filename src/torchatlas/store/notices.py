"""What a process has to say while it records: gaps, kept in its event file as they happen.

A run that is killed keeps them so, and every rank does: only one of them writes `run.json`.
"""

from __future__ import annotations

import numpy as np

from torchatlas.run import Gap
from torchatlas.store.event_log import EventLog
from torchatlas.store.events import Value

_TAG = "gaps"


def gap_value(gap: Gap) -> Value:
    """The gap as it stands in an event; TensorBoard leaves it alone."""
    texts = tuple(
        text.encode("utf-8", "replace") for text in (gap.what, gap.node or "", gap.reason)
    )
    return Value(_TAG, np.zeros(0), "torchatlas", strings=texts)


def recorded_gaps(log: EventLog) -> list[Gap]:
    """The gaps that all writers of a run told of, each once; those of steps taken again, too."""
    found: dict[Gap, None] = {}
    for file in log.files:
        series = file.texts.get(_TAG)
        for value in series.values if series is not None and file.own else ():
            texts = [text.decode("utf-8", "replace") for text in value.strings]
            if len(texts) == 3:
                what, node, reason = texts
                found[Gap(what, reason, node or None)] = None
    return list(found)
