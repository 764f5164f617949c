"""Logs as other programs write them: by their own packages, or by TensorBoard's own messages."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.histogram.metadata import create_summary_metadata as histogram_metadata
from tensorboard.plugins.image.metadata import create_summary_metadata as image_metadata
from tensorboard.plugins.scalar.metadata import create_summary_metadata as scalar_metadata
from tensorboard.plugins.text.metadata import create_summary_metadata as text_metadata
from tensorboard.util import tensor_util

from torchatlas.store.records import frame

BEGAN_S = 1.7e9


def png(width=2, height=3):
    """A picture that is small and real."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )


class TensorFlowLog:
    """Writes what `tf.summary` of TensorFlow 2 writes: tensors, with metadata every time."""

    def __init__(self, folder, stamp=1_700_000_000, name="v2"):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"events.out.tfevents.{stamp}.host.1.0.{name}"
        self.path.write_bytes(b"")
        self.time_s = float(stamp)
        self._write(event_pb2.Event(wall_time=self.time_s, file_version="brain.Event:2"))

    def scalar(self, tag, value, step):
        self._add(tag, np.float32(value), scalar_metadata(tag, ""), step)

    def histogram(self, tag, rows, step):
        self._add(tag, np.array(rows, np.float64), histogram_metadata(tag, ""), step)

    def text(self, tag, text, step):
        self._add(tag, np.array(text, object), text_metadata(tag, ""), step)

    def image(self, tag, pictures, step):
        strings = np.array([b"2", b"3", *pictures], object)
        self._add(tag, strings, image_metadata(tag, ""), step)

    def session(self, status, step):
        event = event_pb2.Event(wall_time=self.time_s, step=step)
        event.session_log.status = status
        self._write(event)

    def graph(self):
        self._write(event_pb2.Event(wall_time=self.time_s, graph_def=b"\n\0"))

    def _add(self, tag, array, metadata, step):
        self.time_s += 1
        event = event_pb2.Event(wall_time=self.time_s, step=step)
        value = event.summary.value.add(tag=tag, metadata=metadata)
        value.tensor.CopyFrom(tensor_util.make_tensor_proto(array))
        self._write(event)

    def _write(self, event):
        with self.path.open("ab") as file:
            file.write(frame(event.SerializeToString()))
