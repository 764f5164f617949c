"""The series of a run's event files as tables."""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torchatlas.run import TABLES, Cell, Gap, Table, TensorSummary, build_table
from torchatlas.store.converted_histogram import converted
from torchatlas.store.event_log import EventLog, Part
from torchatlas.store.foreign_tags import distribution_name, owner_of, scalar_name
from torchatlas.store.norms import norm_rows
from torchatlas.store.notices import recorded_gaps
from torchatlas.store.ranks import merged_ranks

LARGEST_IMAGE = 1 << 20
"""Bytes of a picture beyond which it is left out."""

IMAGES_IN_ALL = 1 << 24
"""Bytes of all pictures of a run together; the latest are kept."""

IMAGES_A_TAG = 10
"""As many of the latest pictures of a tag are kept."""

LONGEST_TEXT = 100_000
"""Letters after which a text is cut."""

_HISTOGRAMS, _IMAGES, _TEXT, _HPARAMS = "histograms", "images", "text", "hparams"


@dataclass(slots=True)
class SeriesTables:
    """Makes the tables of a log; conversions of histograms are remembered.

    Attributes:
        log: the event files.
        owners: the node of each tensor, where the run has a list of its parameters.
    """

    log: EventLog
    owners: Mapping[str, str] = field(default_factory=dict)
    _converted: dict[tuple[int, int], tuple[TensorSummary, str]] = field(default_factory=dict)

    def tables(self, since: int = 0, leave_out: Collection[str] = ()) -> dict[str, Table]:
        """The tables that have rows which came after a version; with 0, all.

        Args:
            leave_out: tables that are not built; rows of very many scalars take long.
        """
        makers: dict[str, Callable[[], Table]] = {
            "scalars": lambda: self.scalars(since),
            "distributions": lambda: self.distributions(since),
            "norms": lambda: self.norms(since),
            "texts": lambda: self.texts(since),
            "images": lambda: self.images(since),
            "rewinds": self.rewinds,
        }
        found = {name: make() for name, make in makers.items() if name not in leave_out}
        return {name: table for name, table in found.items() if len(table)}

    def scalars(self, since: int = 0) -> Table:
        """The table `scalars`, series by series, each in the order of writing."""
        cells: dict[str, list[Cell]] = {column.name: [] for column in TABLES["scalars"]}
        began_s = self.log.started_s or 0.0
        for part in self.log.parts("scalars"):
            chosen = part.chosen(since)
            if not chosen.size:
                continue
            name, split = name_of(part)
            every = len(chosen) == len(part.series)
            values = part.series.values
            cells["name"] += [name] * len(chosen)
            cells["split"] += [split] * len(chosen)
            cells["step"] += part.steps(chosen).tolist()
            cells["rank"] += [part.file.rank] * len(chosen)
            cells["value"] += values.tolist() if every else [values[i] for i in chosen.tolist()]
            cells["time_s"] += (part.times(chosen) - began_s).tolist()
        return Table("scalars", TABLES["scalars"], cells)

    def distributions(self, since: int = 0) -> Table:
        """The table `distributions`: our own summaries, and converted histograms of others."""
        own = [row for part in self.log.parts("summaries") for row in self._own_rows(part, since)]
        foreign = [
            row
            for part in self.log.parts("tensors")
            if part.file.plugin(part.tag) == _HISTOGRAMS
            for row in self._converted_rows(part, since)
        ]
        rows = own + foreign
        return build_table(
            "distributions", merged_ranks(rows, "distributions") if self._of_ranks else rows
        )

    def norms(self, since: int = 0) -> Table:
        """The table `norms`."""
        rows = norm_rows(self.log, since, self._row_of)
        return build_table("norms", merged_ranks(rows, "norms") if self._of_ranks else rows)

    def texts(self, since: int = 0) -> Table:
        """The table `texts`; long texts are cut and say so."""
        began_s = self.log.started_s or 0.0
        return build_table(
            "texts",
            [
                self._moment(part, step, time_s, began_s) | {"text": _text(value.strings)}
                for part, step, time_s, value in self._of_plugin("texts", _TEXT, since)
            ],
        )

    def images(self, since: int = 0) -> Table:
        """The table `images`: the latest of each tag, as base64 of the file that was logged."""
        pictures, _ = self._pictures(since)
        return build_table("images", [row | {"data": b64encode(d).decode()} for row, d in pictures])

    def rewinds(self) -> Table:
        """The table `rewinds`: where steps were taken again."""
        began_s = self.log.started_s or 0.0
        return build_table(
            "rewinds",
            [
                {
                    "rank": one.rank,
                    "from_step": one.from_step,
                    "step": one.step,
                    "time_s": one.time_s - began_s,
                    "points": one.points,
                }
                for one in self.log.rewinds
            ],
        )

    def gaps(self) -> list[Gap]:
        """What the log of another program holds that is not read, or not known of what is."""
        found = recorded_gaps(self.log)
        if any(file.has_graph and not file.own for file in self.log.files):
            found.append(Gap("graph", "a graph of TensorBoard's own form is not read"))
        plugins: dict[str, set[str]] = {}
        for part in (*self.log.parts("texts"), *self.log.parts("tensors")):
            plugin = part.file.plugin(part.tag)
            if not part.file.own and plugin not in (_TEXT, _HPARAMS, _IMAGES):
                plugins.setdefault(plugin, set()).add(part.tag)
        if plugins.pop(_HISTOGRAMS, None):
            found.append(Gap("distributions", _CONVERTED))
        found += [Gap("scalars", _not_read(name, sorted(plugins[name]))) for name in plugins]
        _, left_out = self._pictures(0)
        if left_out:
            found.append(Gap("images", _too_large(left_out)))
        return found

    def _own_rows(self, part: Part, since: int) -> Iterator[dict[str, Cell]]:
        quantity, _, tensor = part.tag.partition("/")
        chosen = part.chosen(since)
        for step, index in zip(part.steps(chosen).tolist(), chosen.tolist(), strict=True):
            elements, summary = part.series.values[index]
            row = self._row_of(quantity, tensor, step, part.file.rank)
            yield row | {"elements": elements, "summary": summary}

    def _converted_rows(self, part: Part, since: int) -> Iterator[dict[str, Cell]]:
        quantity, tensor = distribution_name(part.tag)
        chosen = part.chosen(since)
        for step, index in zip(part.steps(chosen).tolist(), chosen.tolist(), strict=True):
            value = part.series.values[index]
            if value.numbers.ndim != 2 or value.numbers.shape[1] != 3:
                continue
            key = (id(part.series), index)
            if key not in self._converted:
                made = converted(value.numbers, value.figures)
                bins = f"{made.bins} bin{'s' * (made.bins != 1)}"
                told = f"{bins} of TensorBoard, at most {made.error:.3g} wide"
                self._converted[key] = made.summary, told
            summary, told = self._converted[key]
            row = self._row_of(quantity, tensor, step, part.file.rank) | {"split": part.file.split}
            yield row | {"elements": summary.count, "summary": summary, "converted": told}

    @property
    def _of_ranks(self) -> bool:
        return len({file.rank for file in self.log.files}) > 1

    def _row_of(self, quantity: str, tensor: str, step: int, rank: int) -> dict[str, Cell]:
        owner = self.owners.get(tensor) or owner_of(tensor)
        if quantity == "activation" and "/" in tensor:  # named after the node that put it out
            owner, _, tensor = tensor.rpartition("/")
        return {"node": owner, "tensor": tensor, "quantity": quantity, "step": step, "rank": rank}

    def _of_plugin(
        self, kind: Any, plugin: str, since: int
    ) -> Iterator[tuple[Part, int, float, Any]]:
        for part in self.log.parts(kind):
            if part.file.plugin(part.tag) == plugin:
                chosen = part.chosen(since)
                moments = (part.steps(chosen).tolist(), part.times(chosen).tolist())
                for step, time_s, index in zip(*moments, chosen.tolist(), strict=True):
                    yield part, step, time_s, part.series.values[index]

    def _pictures(self, since: int) -> tuple[list[tuple[dict[str, Cell], bytes]], int]:
        """The latest pictures of each tag with their rows, and how many were too large."""
        began_s = self.log.started_s or 0.0
        latest: dict[tuple[str, int, str], deque[tuple[dict[str, Cell], bytes]]] = {}
        left_out = 0
        for part, step, time_s, value in self._of_plugin("texts", _IMAGES, since):
            key = (part.file.split or "", part.file.rank, part.tag)
            kept = latest.setdefault(key, deque(maxlen=IMAGES_A_TAG))
            width, height, pictures = _picture_parts(value.strings)
            for place, picture in enumerate(pictures):
                if len(picture) > LARGEST_IMAGE:
                    left_out += 1
                    continue
                row = self._moment(part, step, time_s, began_s)
                row |= {"index": place, "width": _number(width), "height": _number(height)}
                row |= {"format": _format(picture), "size_bytes": len(picture)}
                kept.append((row, picture))
        found = [pair for pairs in latest.values() for pair in pairs]
        room = IMAGES_IN_ALL
        for pair in sorted(found, key=lambda pair: -pair[0]["step"]):
            room -= len(pair[1])
            if room < 0:
                found.remove(pair)
                left_out += 1
        return found, left_out

    def _moment(self, part: Part, step: int, time_s: float, began_s: float) -> dict[str, Cell]:
        name, split = name_of(part)
        name = name.removesuffix("/text_summary")  # torch adds it
        return {
            "name": name,
            "split": split,
            "step": step,
            "rank": part.file.rank,
            "time_s": time_s - began_s,
        }


_CONVERTED = (
    "distributions are made of TensorBoard's histograms: zeros, NaN and infinities are not known, "
    "and values are spread evenly within a bin"
)


def _too_large(count: int) -> str:
    what, verb = ("1 picture", "was") if count == 1 else (f"{count} pictures", "were")
    return (
        f"{what} {verb} left out: at most {LARGEST_IMAGE >> 20} MiB each and "
        f"{IMAGES_IN_ALL >> 20} MiB in all are kept"
    )


def _not_read(plugin: str, tags: list[str]) -> str:
    count = f"1 tag of {plugin or 'no plugin'}"
    verb = "is"
    if len(tags) > 1:
        count, verb = f"{len(tags)} tags of {plugin or 'no plugin'}", "are"
    named = ", ".join(tags[:3]) + ", ..." * (len(tags) > 3)
    return f"{count} ({named}) {verb} not read"


def name_of(part: Part) -> tuple[str, str | None]:
    """Name and split of what is under a tag."""
    if not part.file.own:
        return scalar_name(part.tag, part.file.split)
    name, slash, split = part.tag.rpartition("/")
    return (name, split or None) if slash else (split, None)


def _text(strings: tuple[bytes, ...]) -> str:
    text = "\n".join(one.decode(errors="replace") for one in strings)
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\n[cut here: it has {len(text):,} letters]"


def _picture_parts(strings: tuple[bytes, ...]) -> tuple[bytes, bytes, list[bytes]]:
    """Width, height, and the encoded pictures."""
    width, height = (*strings[:2], b"", b"")[:2]
    return width, height, [picture for picture in strings[2:] if picture]


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) < 10 else None


def _format(picture: bytes) -> str:
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if picture.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "gif" if picture.startswith(b"GIF8") else "unknown"
