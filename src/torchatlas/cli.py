"""The command line: reads the arguments, makes one call, prints what came of it.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. What a command needs is
imported when it runs, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from torchatlas import __version__
from torchatlas.errors import TorchAtlasError

FAILED, STOPPED = 1, 130


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
    _add_view(commands.add_parser("view", help="draw a model that is given by its name"))
    _add_report(commands.add_parser("report", help="make a report of a recorded run"))
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
    add("model", metavar="MODEL", help="torchvision:NAME or package.module:callable")
    add("--input", metavar="SHAPE", action="append", help="1x3x224x224, or 1x16:int64; repeatable")
    add("-o", "--output", type=Path, default=Path("report.html"), help="default: report.html")
    parser.set_defaults(command=_view)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN_FOLDER", type=Path, help="folder of a recorded run")
    parser.add_argument("-o", "--output", type=Path, default=Path("report.html"))
    parser.set_defaults(command=_report)


def _demo(options: argparse.Namespace) -> None:
    from torchatlas.demo import DemoOptions, run_demo

    chosen = {name: value for name, value in vars(options).items() if name != "command"}
    run_demo(DemoOptions(**chosen))


def _view(options: argparse.Namespace) -> None:
    from torchatlas.api import visualize_model
    from torchatlas.capture.named_model import example_input, named_model

    model = named_model(options.model)
    inputs = tuple(example_input(text) for text in options.input or ())
    atlas = visualize_model(model, inputs or None)
    print(f"Report: {atlas.save(options.output)}")


def _report(options: argparse.Namespace) -> None:
    from torchatlas.api import load

    print(f"Report: {load(options.run).save(options.output)}")


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from error
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number
