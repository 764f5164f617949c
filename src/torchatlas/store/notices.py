"""What a process has to say while it records: gaps, kept in its event file as they happen.

They are log messages of TensorBoard's format, which it does not show. A run that is killed keeps
them, and so does every rank: only one of the processes writes `run.json`.
"""

from __future__ import annotations

from torchatlas.run import Gap
from torchatlas.store.protobuf import BYTES, bytes_field, read_fields, varint_field

_LOG_MESSAGE, _LEVEL, _TEXT = 6, 1, 2
_WARN = 30
_MARK = "gap"


def encode_gap(gap: Gap) -> bytes:
    """The gap as a field to put behind the fields of an event."""
    text = "\t".join((_MARK, gap.what.replace("\t", " "), gap.node or "", gap.reason))
    return bytes_field(_LOG_MESSAGE, varint_field(_LEVEL, _WARN) + bytes_field(_TEXT, text))


def read_notice(message: bytes) -> Gap | None:
    """The gap that an event holds; None where it holds none.

    Raises:
        MalformedMessage: it is no event.
    """
    for number, wire, raw in read_fields(message):
        if number == _LOG_MESSAGE and wire == BYTES and isinstance(raw, bytes):
            for field, _, text in read_fields(raw):
                if field == _TEXT and isinstance(text, bytes):
                    return _gap(text.decode("utf-8", "replace"))
    return None


def _gap(text: str) -> Gap | None:
    mark, _, rest = text.partition("\t")
    parts = rest.split("\t", 2)
    if mark != _MARK or len(parts) != 3:
        return None
    what, node, reason = parts
    return Gap(what, reason, node or None)
