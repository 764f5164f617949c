"""The command line: reads the arguments, makes one call, prints what came of it.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. What a command needs is
imported when it runs, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchatlas import __version__
from torchatlas.errors import TorchAtlasError

if TYPE_CHECKING:
    from torch import nn

    from torchatlas.atlas import Atlas
    from torchatlas.run import Table

FAILED, STOPPED = 1, 130

_NAMES = "torchvision:NAME, timm:NAME, transformers:CONFIG_OR_FOLDER, package.module:callable"
_SHAPES = "1x3x224x224, 1x16:int64, or by name as mask=1x16:bool; repeatable"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Wrong usage leaves through `SystemExit(2)`."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    _let_threads_sleep()
    try:
        command(options)
    except TorchAtlasError as error:
        print(f"torchatlas: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return STOPPED
    return 0


def _let_threads_sleep() -> None:
    """Have OpenMP's threads sleep where they wait; it is read when torch is loaded.

    Spinning threads take the processor from the one they wait for: with other work on the machine
    a training step took five times as long, and on an idle one the same.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="torchatlas", description="See a PyTorch model: structure, training, generalisation."
    )
    parser.add_argument("--version", action="version", version=f"torchatlas {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="train a ResNet-18 and open its report"))
    _add_view(
        commands.add_parser("view", help="draw a model that is given by its name, or a .pt2 file")
    )
    _add_weights(commands.add_parser("weights", help="look at a checkpoint, or at several"))
    _add_export(commands.add_parser("export", help="write a graph, or tables, for other programs"))
    _add_compare(commands.add_parser("compare", help="say what is different between two models"))
    _add_report(commands.add_parser("report", help="make a report of a recorded run"))
    _add_serve(commands.add_parser("serve", help="watch runs in the browser while they train"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", choices=("digits", "cifar10"), default="digits", help="images to train on")
    add("--root", type=Path, default=Path("data"), help="folder of CIFAR-10 (default: data)")
    add("--pretrained", action="store_true", help="start from the ImageNet weights")
    add("--epochs", type=_positive, default=10, help="passes over the images (default: 10)")
    add("--seed", type=int, default=0, help="of weights and shuffling (default: 0)")
    add("--device", default="cpu", help="for example cuda (default: cpu)")
    add("--out", type=Path, default=Path("torchatlas-demo"), help="folder for run and report")
    parser.set_defaults(command=_demo)


def _add_view(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", metavar="MODEL", help=f"{_NAMES}, or a .pt2 file or checkpoint")
    add("--input", metavar="INPUT", action="append", help=_SHAPES)
    add("-o", "--output", type=Path, default=Path("report.html"), help="default: report.html")
    _add_no_code(parser)
    parser.set_defaults(command=_view)


def _add_weights(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    text = "file or folder of a checkpoint, or the steps of one training; repeatable"
    add("paths", metavar="PATH", nargs="+", help=text)
    add("-o", "--output", metavar="FILE", type=Path, default=Path("report.html"))
    add("--json", action="store_true", help="print tensors and findings as JSON; no report")
    parser.set_defaults(command=_weights)


def _add_export(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    text = "run folder, report, .json, .pt2, checkpoint or the name of a model"
    add("source", metavar="SOURCE", help=text)
    add("-o", "--output", metavar="PATH", type=Path, required=True)
    forms = ("json", "dot", "model-explorer", "csv", "parquet", "tensorboard")
    text = "default: what PATH ends with; csv, parquet and tensorboard make a new folder"
    add("--to", choices=forms, help=text)
    add("--input", metavar="INPUT", action="append", help=f"of a model: {_SHAPES}")
    add("--depth", metavar="N", type=_depth, help='levels of groups that are open, or "all"')
    add("--direction", choices=("TB", "LR"), help="top to bottom (default) or left to right")
    drawing = parser.add_argument_group("of a drawing (.svg, .png, .pdf)")
    of_drawing = drawing.add_argument
    of_drawing(
        "--color", metavar="WHAT", help='parameters, flops, time, cost.time_s, ..., or "none"'
    )
    fold_help = "draw identical neighbouring blocks once (default)"
    of_drawing("--fold", action=argparse.BooleanOptionalAction, default=None, help=fold_help)
    of_drawing("--expand", metavar="NODE", action="append", help="open this group too; repeatable")
    of_drawing("--theme", choices=("light", "dark"), help="default: light")
    of_drawing("--width", metavar="PIXELS", type=float, help="of .svg and .png")
    of_drawing(
        "--density", metavar="N", type=float, help="pixels of a .png a CSS pixel (default: 2)"
    )
    of_drawing("--page", metavar="PAGE", help="of a .pdf: A4, A4-landscape, letter, ...")
    of_drawing("--fit", choices=("page", "width"), help="of a .pdf with a page (default: page)")
    parser.set_defaults(command=_export)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    text = "run folder, report, .json, .pt2, checkpoint or the name of a model"
    add("before", metavar="A", help=text)
    add("after", metavar="B", help="the same; what is different in it is told")
    add("--input", metavar="SHAPE", action="append", help="of the models: 1x3x224x224; repeatable")
    add("--json", action="store_true", help="print the rows as JSON")
    add("-o", "--output", metavar="FILE", type=Path, help="also save as .html or .json")
    _add_no_code(parser)
    parser.set_defaults(command=_compare)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN_FOLDER", type=Path, help="folder of a recorded run")
    parser.add_argument("-o", "--output", type=Path, default=Path("report.html"))
    _add_no_code(parser)
    parser.set_defaults(command=_report)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    text = "run folders, TensorBoard logs, or folders that hold such"
    parser.add_argument("runs", metavar="RUNS", type=Path, nargs="+", help=text)
    text = "on 127.0.0.1 (default: 6161, or a free one where that is taken)"
    parser.add_argument("--port", type=_port, help=text)
    text = "print the address and open nothing"
    parser.add_argument("--no-browser", dest="browser", action="store_false", help=text)
    parser.set_defaults(command=_serve)


def _add_no_code(parser: argparse.ArgumentParser) -> None:
    text = "leave lines of the model's code out of the report"
    parser.add_argument("--no-code", dest="code", action="store_false", help=text)


def _demo(options: argparse.Namespace) -> None:
    from torchatlas.demo import DemoOptions, run_demo

    chosen = {name: value for name, value in vars(options).items() if name != "command"}
    run_demo(DemoOptions(**chosen))


def _export(options: argparse.Namespace) -> None:
    from torchatlas.store import TABLE_FORMATS, graph_format

    of_tables = options.to in TABLE_FORMATS
    form = options.to if of_tables else graph_format(options.output, options.to)
    if form is None and options.output.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise TorchAtlasError(
            f"{options.output} does not say what to write: end it with .svg, .png, .pdf, .json, "
            ".dot or .model-explorer.json, or give --to"
        )
    names = ("depth", "direction", "color", "fold", "expand", "theme", "width", "density")
    given = {name: getattr(options, name) for name in (*names, "page", "fit")}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if chosen.get("color") == "none":
        chosen["color"] = None
    if chosen.get("depth") == "all" and form is not None:
        del chosen["depth"]
    atlas = _atlas_of(options.source, options.input or ())
    print(f"Written: {atlas.save(options.output, form, **chosen)}")


def _compare(options: argparse.Namespace) -> None:
    import json

    from torchatlas.api import compare
    from torchatlas.measure.difference_lines import difference_lines
    from torchatlas.measure.tensor_change_lines import tensor_change_lines

    sources, shapes = (options.before, options.after), options.input or ()
    name = " → ".join(sources)
    if shapes and all(map(_is_file, sources)):
        raise TorchAtlasError(f"--input is for a model, and {' and '.join(sources)} are files")
    if all(_is_file(source) for source in sources):
        atlas = _named(compare(*sources), name)
    else:
        atlas = compare(*(_called(source, shapes) for source in sources))
    rows = atlas.tables["differences"].rows()
    tensors = atlas.tables.get("tensor_differences")
    if options.json:
        told: dict[str, Any] = {"name": name, "differences": rows}
        if tensors is not None:
            told["tensor_differences"] = _told(tensors)
        print(json.dumps(told))
    else:
        _print(difference_lines(name, rows))
        if tensors is not None:
            _print(tensor_change_lines(name, tensors.rows()))
    if options.output is not None:
        saved = atlas.save(options.output, code=options.code)
        print(f"Written: {saved}", file=sys.stderr if options.json else sys.stdout)


def _print(lines: Iterable[str]) -> None:
    """Print text that may hold strangers' names, whatever the terminal can show."""
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        print(line.encode(encoding, errors="replace").decode(encoding))


def _told(table: Table) -> list[dict[str, Any]]:
    """Rows for JSON, numbers that are not finite as text."""
    from torchatlas.run import to_json

    cells = {name: to_json(values) for name, values in table.cells.items()}
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _called(source: str, shapes: Sequence[str]) -> Atlas:
    """What `_atlas_of` gives, under the name that the user wrote."""
    return _named(_atlas_of(source, () if _is_file(source) else shapes), source)


def _named(atlas: Atlas, name: str) -> Atlas:
    from dataclasses import replace

    from torchatlas.atlas import Atlas

    return Atlas(replace(atlas.run, name=name), atlas.comparison)


def _is_file(source: str) -> bool:
    return ":" not in source or Path(source).exists()


def _atlas_of(source: str, shapes: Sequence[str]) -> Atlas:
    """What is in a file or folder; or a model by its name, run once for its graph alone."""
    from torchatlas.api import load, visualize_model

    if _is_file(source):
        if shapes:
            raise TorchAtlasError(f"--input is for a model, and {source} is a file")
        return load(source)
    model, data = _model_and_data(source, shapes)
    return visualize_model(model, data, include=())


def _model_and_data(name: str, shapes: Sequence[str]) -> tuple[nn.Module, Any]:
    """A model by its name, with the inputs given or else those that it says of itself."""
    from torchatlas.capture.example_input import derived_input, example_input
    from torchatlas.capture.named_model import named_model

    given = example_input(shapes) if shapes else None
    model = named_model(name)
    example = given or derived_input(name, model)
    if example is None:
        return model, None
    if given is None:
        print(f"Input: {example} ({example.origin}; --input gives another)")
    return model, example.as_data(model)


def _view(options: argparse.Namespace) -> None:
    from torchatlas.api import load, visualize_model

    if options.model.endswith(".pt2") or Path(options.model).exists():
        if options.input:
            raise TorchAtlasError(f"--input is for a model, and {options.model} is a file")
        print(f"Report: {load(options.model).save(options.output, code=options.code)}")
        return
    model, data = _model_and_data(options.model, options.input or ())
    atlas = visualize_model(model, data)
    print(f"Report: {atlas.save(options.output, code=options.code)}")


def _weights(options: argparse.Namespace) -> None:
    import json

    from torchatlas.api import weights
    from torchatlas.measure.weight_lines import weight_lines

    paths = options.paths
    atlas = weights(paths[0] if len(paths) == 1 else paths)
    if options.json:
        names = ("parameters", "findings")
        told = {name: _told(atlas.tables[name]) for name in names if name in atlas.tables}
        print(json.dumps({"name": atlas.run.name, **told}))
        return
    _print(weight_lines(atlas.run))
    print(f"Report: {atlas.save(options.output)}")


def _report(options: argparse.Namespace) -> None:
    from torchatlas.api import load

    print(f"Report: {load(options.run).save(options.output, code=options.code)}")


def _serve(options: argparse.Namespace) -> None:
    from torchatlas.serve import Server

    with Server(options.runs, port=options.port) as server:
        print(f"Runs: {server.address}")
        print("Ctrl-C ends it. The address is a key: whoever has it sees the runs.", flush=True)
        if options.browser:
            import webbrowser

            webbrowser.open(server.address)
        try:
            server.wait()
        except KeyboardInterrupt:
            print("Stopped.")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port: ports are 1 to 65535, 0 a free one")
    return int(text)


def _depth(text: str) -> int | str:
    if text == "all" or text.isdecimal():
        return text if text == "all" else int(text)
    raise argparse.ArgumentTypeError(f'{text!r} is neither a number of levels nor "all"')


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from error
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number
