"""The hyperparameters that TensorBoard's plugin notes beside a log.

Messages and field numbers: `tensorboard/plugins/hparams/plugin_data.proto` and
`google/protobuf/struct.proto`.
"""

from __future__ import annotations

import struct

from torchatlas.store.event_log import EventLog
from torchatlas.store.protobuf import FIXED64, MalformedMessage, read_fields

_SESSION_START, _HPARAMS = 3, 1


def hyperparameters(log: EventLog) -> dict[str, str]:
    """Every hyperparameter of a log as text by name, as far as it can be read."""
    found: dict[str, str] = {}
    for part in log.parts("texts"):
        if part.file.plugin(part.tag) == "hparams":
            for value in part.series.values:
                try:
                    found |= session_parameters(value.content)
                except MalformedMessage:  # what is no such message holds none
                    continue
    return found


def session_parameters(message: bytes) -> dict[str, str]:
    """The hyperparameters of a session that is described by the plugin's data.

    Raises:
        MalformedMessage: they are no such message.
    """
    found: dict[str, str] = {}
    for number, _, session in read_fields(message):
        if number == _SESSION_START and isinstance(session, bytes):
            for inner, _, entry in read_fields(session):
                if inner == _HPARAMS and isinstance(entry, bytes):
                    fields = {n: raw for n, _, raw in read_fields(entry)}
                    name, value = fields.get(1, b""), fields.get(2, b"")
                    if isinstance(name, bytes) and isinstance(value, bytes):
                        found[name.decode(errors="replace")] = _text(value)
    return found


def _text(message: bytes) -> str:
    """A value of `google.protobuf.Value` as people write it."""
    for number, wire, raw in read_fields(message):
        match number, raw:
            case 2, bytes(data) if wire == FIXED64:
                (value,) = struct.unpack("<d", data)
                return f"{value:.15g}"
            case 3, bytes(data):
                return data.decode(errors="replace")
            case 4, int(flag):
                return "true" if flag else "false"
            case 6, bytes(data):
                items = [one for n, _, one in read_fields(data) if n == 1]
                return ", ".join(_text(one) for one in items if isinstance(one, bytes))
    return ""
