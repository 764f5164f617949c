"""How large are the parameters, tensor by tensor, and where are most of them?"""

from __future__ import annotations

from torchatlas.measure.distribution import signed_log_histogram
from torchatlas.run import Axis, Bars, Histogram, Panel, Run, TensorSummary, View
from torchatlas.views.distributions import Distribution, latest_distributions, steps_text
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.magnitude import magnitude_panel
from torchatlas.views.part import part_of, part_view

_MOST_DECADES = 8
"""What is smaller than this many decades below the largest value is in the innermost bins."""


def parameters(
    run: Run,
    *,
    node: str | None = None,
    tensor: str | None = None,
    over: str | None = None,
    step: int | None = None,
    statistic: str | None = None,
) -> View:
    """Bands of |parameter| and the number of values by tensor, and all values in one histogram.

    Tied tensors are counted once, under their first name.

    With options, the parameters of a part of the model: see `torchatlas.views.part`.
    """
    part = part_of("parameter", node, tensor, over, step, statistic, None)
    if part.is_asked:
        return part_view(run, part)
    measured = {found.tensor: found for found in latest_distributions(run, "parameter")}
    counts = _counts(run, measured)
    total = sum(counts.values())
    panels: list[Panel] = []
    if measured:
        labelled = [(tensor, measured.get(tensor)) for tensor in counts]
        panels.append(
            magnitude_panel("Size of the values", Axis("|parameter|"), labelled, "weights")
        )
    if counts:
        panels.append(_count_panel(run, counts, measured))
    if measured:
        panels.append(_all_values_panel(list(measured.values())))
    whats = ("parameter", "parameters")
    when = f", {steps_text(list(measured.values()))}" if measured else ""
    return View(
        name="parameters",
        title="Parameters",
        subtitle=f"{total:,} values in {len(counts):,} {_tensors(len(counts))}{when}",
        description=(
            "For each parameter tensor, the stretch between the 5 % and the 95 % quantile of the "
            "absolute values with the median, and how many values it has."
        ),
        panels=tuple(panels),
        gaps=gap_lines(run, whats)
        if measured
        else gap_lines_or(run, whats, "the values of the parameters were not looked at"),
    )


def _counts(run: Run, measured: dict[str, Distribution]) -> dict[str, int]:
    """Values by tensor name, tied ones once."""
    table = run.tables.get("parameters")
    if table is None:
        return {tensor: found.elements for tensor, found in measured.items()}
    return {
        row["tensor"]: row["count"]
        for row in table.rows()
        if row["kind"] == "parameter" and row["tied_to"] is None
    }


def _count_panel(run: Run, counts: dict[str, int], measured: dict[str, Distribution]) -> Panel:
    table = run.tables.get("parameters")
    nodes = {tensor: found.node for tensor, found in measured.items()}
    if table is not None:
        nodes |= {row["tensor"]: row["node"] or "" for row in table.rows()}
    return Panel(
        title="How many values",
        x=Axis("", scale="category", categories=tuple(counts)),
        y=Axis("number of values"),
        marks=(
            Bars(
                heights=tuple(float(count) for count in counts.values()),
                label="values",
                role="weights",
                nodes=tuple(nodes.get(tensor, "") for tensor in counts),
            ),
        ),
    )


def _of_the_whole(found: Distribution) -> TensorSummary:
    """A sample counts for all the values that it stands for, so that large tensors weigh more."""
    count = found.summary.count
    return found.summary.scaled(found.elements / count) if count else found.summary


def _all_values_panel(measured: list[Distribution]) -> Panel:
    together = TensorSummary.merged([_of_the_whole(found) for found in measured])
    histogram = signed_log_histogram(together, most_decades=_MOST_DECADES)
    note = (
        f"Not finite: {together.nonfinite:,} of {together.count:,}." if together.nonfinite else ""
    )
    return Panel(
        title="All values together",
        x=Axis("parameter", scale="symlog"),
        y=Axis("values in the bin"),
        marks=(
            Histogram(
                edges=tuple(histogram.edges.tolist()),
                counts=tuple(histogram.counts.tolist()),
                label="all parameters",
                role="weights",
                zero=float(histogram.zero),
                note=note,
            ),
        ),
        note=note,
    )


def _tensors(count: int) -> str:
    return "tensor" if count == 1 else "tensors"
