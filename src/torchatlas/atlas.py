"""The atlas: the handle through which a person looks at a run."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchatlas._optional import require
from torchatlas.errors import MissingDependency, RunError
from torchatlas.measure.derived_tables import VIEWER_TABLES, derived_tables
from torchatlas.measure.overlay import overlay_table
from torchatlas.measure.without_code import without_code
from torchatlas.report import notebook_frame, render_html
from torchatlas.run import (
    TABLES,
    Cell,
    Comparison,
    Document,
    Finding,
    Gap,
    Graph,
    GroupRule,
    Run,
    Table,
    TensorSummary,
    build_table,
    to_json,
)
from torchatlas.store import (
    GRAPH_FORMATS,
    TABLE_FORMATS,
    graph_format,
    save_graph,
    save_tables,
    write_whole,
)
from torchatlas.views import (
    ARCHITECTURE_BACKENDS,
    FILE_ENDINGS,
    VIEWS,
    Drawing,
    available_views,
    build_view,
    chart_options,
    draw_architecture,
    drawing_file,
    drawing_options,
    render,
    render_drawing,
)

if TYPE_CHECKING:
    import pandas as pd

_SUMMARY_FIGURES = ("mean", "std", "minimum", "maximum", "zero_share", "nonfinite")


class Atlas:
    """One run, ready to be looked at: `.show()`, `.save(...)`, `.table(...)`, `.plot(...)`."""

    def __init__(self, run: Run, comparison: Comparison | None = None) -> None:
        """An atlas of a run, and of those that it is compared with."""
        self.run = run
        self.comparison = comparison

    @property
    def graph(self) -> Graph | None:
        """The architecture graph as plain data."""
        return self.run.graph

    @property
    def backward(self) -> Graph | None:
        """The autograd graph as plain data; None where it was not looked at."""
        return self.run.backward

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth acting on, most severe first."""
        return self.run.findings

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not measured, and why."""
        return self.run.gaps

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table of the run by name, also those that follow from graph and findings.

        Tables that were laid over the graph by `overlay` come last.
        """
        found = derived_tables(self.run) | self.run.tables
        return {name: found[name] for name in (*TABLES, *self.overlays) if name in found}

    @property
    def overlays(self) -> tuple[str, ...]:
        """Names of the tables that were laid over the graph by `overlay`."""
        return tuple(name for name in self.run.tables if name not in TABLES)

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views that there are data for."""
        drawn = ("architecture",) if self.graph is not None and self.graph.nodes else ()
        return (*drawn, *available_views(self.run, self._compared))

    def table(self, name: str) -> pd.DataFrame:
        """A table as a DataFrame; `frame.attrs` holds the unit and meaning of each column.

        A tensor summary gives one column a figure: mean, std, minimum, maximum, zero_share and
        nonfinite. A table without rows is empty, with its columns.

        Raises:
            RunError: there is no table of that name.
        """
        pandas = require("pandas", "to give a table as a DataFrame", "tables")
        known = (*TABLES, *self.overlays)
        if name not in known:
            raise RunError(f"there is no table {name!r}; the tables are {', '.join(known)}")
        table = self.tables.get(name) or build_table(name, [])
        frame: pd.DataFrame = pandas.DataFrame(_flat(table))
        frame.attrs["units"] = {column.name: column.unit for column in table.columns}
        frame.attrs["meanings"] = {column.name: column.meaning for column in table.columns}
        return frame

    def overlay(
        self,
        name: str,
        values_by_node: Mapping[str, float | None],
        *,
        unit: str = "",
        label: str = "",
        meaning: str = "",
        groups: GroupRule = "max",
    ) -> Atlas:
        """Numbers of your own by node: an atlas in which the graph can be coloured by them.

        They are the table `name` of the new atlas, stand in the report's list of colours and, for
        each node, in its inspector. This atlas stays as it is.

        Args:
            name: of the table: letters, digits, - and _.
            values_by_node: a number by node id; NaN and infinities are shown as such, None and
                nodes that are left out as not measured.
            unit: "s", "B", "FLOP" and "share" are written as people read them, others beside the
                number.
            label: what the report calls it; left out, the name.
            meaning: one line on what it is, for the legend.
            groups: what a module without a number of its own shows of those inside it: "sum",
                "max" (the largest) or "none".

        Raises:
            RunError: there is no graph, no node has such an id (the message names the nearest),
                a value is no number, or there is a table of that name.
        """
        if self.run.graph is None:
            raise RunError(f"{self.run.name} has no graph to lay {name!r} over")
        if name in self.tables:
            raise RunError(f"there is a table {name!r} already; give the overlay another name")
        backward = self.run.backward.nodes if self.run.backward else {}
        ids = dict.fromkeys([*self.run.graph.nodes, *backward])
        table = overlay_table(
            name, values_by_node, ids, unit=unit, label=label, meaning=meaning, groups=groups
        )
        run = replace(self.run, tables=self.run.tables | {name: table})
        return Atlas(run, self.comparison)

    def plot(self, view: str, backend: str = "matplotlib", **options: Any) -> Any:
        """A view drawn by another library; gives that library's own figure object.

        Args:
            view: one of `.views`. "architecture" is the graph as the viewer lays it out.
            backend: "matplotlib", "seaborn", "plotly", or "text" for a string; of the architecture
                also "svg", which is a string too.
            options: of the renderer, such as `theme="dark"`, and of the view: of "parameters",
                "activations", "gradients" and "updates" `node`, `tensor`, `over` ("layers" or
                "steps"), `step` and `statistic`, of every view `scale` ("linear", "symlog" or
                "log"). See docs/how-to/distributions.md. The architecture also takes the options
                of a drawing that `.save` takes.

        Raises:
            RunError: no view, backend or option has that name, or an option is not possible; the
                message says what is.
            MissingDependency: the library is not installed.
        """
        if view != "architecture":
            of_view, of_renderer = chart_options(view, backend, options)
            return render(
                build_view(view, self.run, self._compared, **of_view), backend, **of_renderer
            )
        if backend not in ARCHITECTURE_BACKENDS:
            known = ", ".join(ARCHITECTURE_BACKENDS)
            raise RunError(f"there is no backend {backend!r}; the backends are {known}")
        of_drawing, of_writer = drawing_options(options)
        return render_drawing(self._drawing(**of_drawing), backend, **of_writer)

    def save(
        self, path: str | Path, format: str | None = None, *, code: bool = True, **options: Any
    ) -> Path:
        """Write the report (`.html`, opens anywhere), a drawing, the data, or the graph.

        The file is written whole or not at all.

        Args:
            path: its ending says what is written: `.html` (the report), `.svg`, `.png` or `.pdf`
                (a drawing of the architecture), `.json` (all data, which `ta.load` opens), `.dot`
                or `.gv` (the graph for Graphviz), or `.model-explorer.json` (the graph for
                Google's Model Explorer).
            format: "json", "dot" or "model-explorer", whatever the ending is; or, for a new folder,
                "csv" or "parquet" (one file a table) or "tensorboard" (a log of the series).
            code: whether a report or data hold the lines of code that the atlas has.
            options: of a `.dot` file: `depth` (levels of groups that are open; all, if left out)
                and `direction` ("TB" or "LR"). Of a drawing: `depth` (also "all"; as many levels
                as can be read, if left out), `direction`, `fold`, `expand`, `color`, `scale`,
                `theme`, `title` and `frame`; `width` of `.svg` and `.png`, `fonts` of `.svg`,
                `density` of `.png`, `page`, `fit` and `margin` of `.pdf`. See docs/how-to/paper.md.

        Returns:
            The path.

        Raises:
            RunError: the ending is another, there is no graph to write, an option does not fit, or
                the file cannot be written.
            MissingDependency: a drawing needs a library that is not installed.
        """
        path = Path(path)
        if format in TABLE_FORMATS:
            if options:
                raise RunError(f"{', '.join(options)}: options of a drawing or a .dot file")
            return save_tables(self.run, self.tables, path, format)
        if format is not None and format not in GRAPH_FORMATS:
            known = ", ".join((*GRAPH_FORMATS, *TABLE_FORMATS))
            raise RunError(f"there is no format {format!r}; choose {known}")
        kind = graph_format(path, format)
        if kind in ("dot", "model-explorer"):
            if self.graph is None:
                raise RunError(f"{self.run.name} has no graph that could be saved as {path.name}")
            other = [name for name in options if name not in ("depth", "direction")]
            if other:
                raise RunError(f"{', '.join(other)}: of a drawing, and {path.name} is none")
            return save_graph(self.graph, path, kind, name=self.run.name, **options)
        if kind is None and path.suffix.lower() in FILE_ENDINGS:
            of_drawing, of_writer = drawing_options(options)
            content = drawing_file(self._drawing(**of_drawing), path.suffix.lower(), **of_writer)
            write_whole(path, content)
            return path
        if options:
            raise RunError(
                f"{', '.join(options)}: options of a drawing or a .dot file, and {path.name} is "
                "neither"
            )
        if kind == "json":
            text = json.dumps(to_json(self._document(code)), ensure_ascii=False)
        elif path.suffix == ".html":
            text = self._page(code)
        else:
            raise RunError(
                f"cannot save as {path.suffix or path.name!r}: use .html, .svg, .png, .pdf, .json, "
                ".dot or .model-explorer.json, or for a folder of tables "
                f"format= with {', '.join(TABLE_FORMATS)}"
            )
        write_whole(path, text.encode("utf-8", errors="replace"))
        return path

    def show(self) -> None:
        """Open the report: in the notebook when there is one, else in the browser."""
        shell = _notebook()
        if shell is not None:
            display = require("IPython.display", "to show a report in a notebook", "notebook")
            display.display(self)
            return
        folder = Path(tempfile.mkdtemp(prefix="torchatlas-"))
        path = self.save(folder / "report.html")
        if not webbrowser.open(path.as_uri()):
            print(f"No browser could be opened. The report is at {path}")

    def _repr_html_(self) -> str:
        return notebook_frame(self._page(), self.run.name, self._picture())

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """The report for notebooks that show frames, and the architecture for those that do not."""
        names = {"text/plain", "text/html", "image/svg+xml"}
        wanted = (names if include is None else names & set(include)) - set(exclude or ())
        forms = {"text/plain": repr(self)}
        if wanted - forms.keys():
            picture = self._picture()
            forms["text/html"] = notebook_frame(self._page(), self.run.name, picture)
            if picture is not None:
                forms["image/svg+xml"] = picture
        return {name: form for name, form in forms.items() if name in wanted}

    def _picture(self) -> str | None:
        """The architecture as SVG, small enough to be saved in a notebook beside the report."""
        if "architecture" not in self.views:
            return None
        try:
            return str(self.plot("architecture", "svg", fonts="name"))
        except (MissingDependency, RunError):  # the report can be shown without it
            return None

    def __repr__(self) -> str:
        nodes = len(self.run.graph.nodes) if self.run.graph else 0
        compared = self.run.tables.get("differences")
        differences = "" if compared is None else f"{len(compared)} differences, "
        return (
            f"<Atlas of {self.run.name}: {nodes} nodes, {differences}"
            f"{len(self.findings)} findings, {len(self.gaps)} gaps; views: {', '.join(self.views)}>"
        )

    @property
    def _compared(self) -> tuple[tuple[str, Run], ...]:
        """Name and run of each that is compared, the first of all first."""
        if self.comparison is None:
            return ()
        first, *others = self.comparison.runs
        return tuple(zip(self.comparison.names, (first, self.run, *others), strict=True))

    def _document(self, code: bool = True) -> Document:
        run = self._shown_run(code)
        views = tuple(build_view(name, run, self._compared) for name in VIEWS)
        if self.comparison is None:
            return Document(run, views)
        others = tuple(Atlas(other)._shown_run(code) for other in self.comparison.runs)
        return Document(run, views, replace(self.comparison, runs=others))

    def _shown_run(self, code: bool) -> Run:
        """The run with the tables that the viewer reads beside those that were measured."""
        shown = {name: self.tables[name] for name in VIEWER_TABLES if self.tables.get(name)}
        run = replace(self.run, tables=self.run.tables | shown)
        return run if code else without_code(run)

    def _drawing(self, **options: Any) -> Drawing:
        color = options.get("color")
        if color is not None and not isinstance(color, str):  # numbers by node, as an overlay's
            given = overlay_table("color", color, self.graph.nodes if self.graph else ()).cells
            options["color"] = dict(zip(given["node"], given["value"], strict=True))
        return draw_architecture(Document(self._shown_run(code=False), ()), **options)

    def _page(self, code: bool = True) -> str:
        return render_html(self._document(code))


def _flat(table: Table) -> dict[str, list[Cell]]:
    cells: dict[str, list[Cell]] = {}
    for column in table.columns:
        values = table.cells[column.name]
        if column.kind != "summary":
            cells[column.name] = values
            continue
        for figure in _SUMMARY_FIGURES:
            cells[figure] = [
                getattr(value, figure) if isinstance(value, TensorSummary) else None
                for value in values
            ]
    return cells


def _notebook() -> Any:
    """The running notebook shell, if there is one and it can show HTML."""
    import sys

    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if type(shell).__name__ == "ZMQInteractiveShell" else None
