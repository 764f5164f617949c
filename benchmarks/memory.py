"""How much memory does a call take at most, over what the process held before it?"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")


def peak_growth_bytes(call: Callable[[], Any]) -> int | None:
    """The most resident memory during a call, less what was resident before it.

    Returns:
        None where a process cannot lower its high-water mark: everywhere but on Linux.
    """
    if sys.platform != "linux":
        return None
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free but held would hide what the call takes
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = resident_bytes(STATUS.read_text(encoding="ascii"), "VmRSS")
    result = call()
    peak = resident_bytes(STATUS.read_text(encoding="ascii"), "VmHWM")
    del result
    return max(0, peak - before)


def resident_bytes(status: str, field: str) -> int:
    """A size out of `/proc/self/status`: VmRSS is what is resident, VmHWM the most that was.

    Raises:
        ValueError: there is no such field.
    """
    for line in status.splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            return int(rest.split()[0]) * 1024
    raise ValueError(f"no field {field!r} in the status of the process")
