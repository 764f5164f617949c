"""Memory of a call, read off the kernel's own account."""

from __future__ import annotations

import sys

import pytest
from benchmarks.memory import peak_growth_bytes, resident_bytes

STATUS = "Name:\tpython\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"


def test_sizes_are_read_by_name() -> None:
    assert (resident_bytes(STATUS, "VmHWM"), resident_bytes(STATUS, "VmRSS")) == (2**21, 2**20)
    with pytest.raises(ValueError, match="no field 'VmSwap' in the status of the process"):
        resident_bytes(STATUS, "VmSwap")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lowers a high-water mark")
def test_what_a_call_gives_back_counts_and_an_earlier_peak_does_not() -> None:
    size = 64 * 2**20
    bytearray(2 * size)
    large = peak_growth_bytes(lambda: len(bytearray(size)))
    small = peak_growth_bytes(lambda: None)
    assert large is not None
    assert small is not None
    assert size * 0.9 < large < size * 1.2
    assert small < size / 4
