"""Where a process other than the first one begins in a run that it goes on with.

The first one says it in TensorBoard's own way, which makes void what all processes wrote before:
said by another one as well, it would take from TensorBoard what the first has written since.
"""

from __future__ import annotations

import numpy as np

from torchatlas.store.events import Value

_TAG = "first step"


def first_step_value(step: int) -> Value:
    """The step as it stands in an event; TensorBoard leaves it alone."""
    return Value(_TAG, np.zeros(0), "torchatlas", strings=(str(step).encode(),))


def read_first_step(value: Value, plugin: str) -> int | None:
    """The step that a value tells of; None where it is another one."""
    if (value.tag, plugin) != (_TAG, "torchatlas") or len(value.strings) != 1:
        return None
    text = value.strings[0]
    return int(text) if text.isdigit() else None
