"""What does a layout cost, and how well does it read, beside other programs' layouts?

`python -m benchmarks.layout` prints the figures alone.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import torch

import torchatlas as ta
from benchmarks.models import Built, build
from benchmarks.process import run_python
from benchmarks.report import table
from benchmarks.result import Result
from torchatlas.run import to_json

ROOT = Path(__file__).parents[1]
SLOW_ONES_TOO = ("gpt2", "llama12")
"""The cases that ELK and dagre lay out, too."""
OTHERS = {"elk": "ELK's layout of all groups at once", "dagre": "dagre's"}


def measure_layout(folder: Path) -> list[Result]:
    """Lay out traced graphs with every group open; the large ones by our layout alone.

    ELK and dagre take half a minute for 600 nodes here and fail or take many minutes for thousands.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cases = {
        "resnet18": ("ResNet-18", build("resnet18"), None),
        "llama69": ("Llama, 69 layers", _llama(69), None),
        "llama327": ("Llama, 327 layers", _llama(327), 700.0),
        "gpt2": ("GPT-2 small", build("gpt2"), 60.0),
        "llama12": ("Llama, 12 layers with its cache", _llama(12, use_cache=True), None),
    }
    files = {name: folder / f"{name}.json" for name in cases}
    for name, (_, (model, args), _) in cases.items():
        graph = ta.trace(model, args, mode="fake").graph
        files[name].write_text(json.dumps(to_json(graph)), encoding="utf-8")
    alone = [str(file) for name, file in files.items() if name not in SLOW_ONES_TOO]
    compared = [str(files[name]) for name in SLOW_ONES_TOO]
    arguments = [*alone, "beside", *compared]
    output = run_python(str(ROOT / "hatch_build.py"), "run", "bench", *arguments).output
    found = json.loads(output.splitlines()[-1])
    return [
        result
        for name, (title, _, limit_ms) in cases.items()
        for result in _results(title, found[str(files[name])], limit_ms)
    ]


def _results(title: str, found: dict[str, Any], limit_ms: float | None) -> list[Result]:
    own, others = found["own"], found["others"]
    what = f"the layout of {title} with all groups open, {own['nodes']:,} nodes"
    size = f"{own['width']:,.0f} x {own['height']:,.0f} px"
    known = f"with {own['blocks']} blocks known: {own['warm_ms']:.1f} ms"
    results = [
        Result(f"{what}, fastest", own["cold_ms"], "ms", known, limit=limit_ms),
        Result("its crossings", own["crossings"], "", f"{own['bends']:,} bends, {size}"),
        Result("its edges through nodes", own["throughBoxes"], "", limit=0),
        Result("its width over that of the widest rows of boxes", own["width_ratio"], "x"),
    ]
    for name, other in others.items():
        results += _beside(OTHERS[name], own, other)
    return results


def _beside(title: str, own: dict[str, Any], other: dict[str, Any]) -> list[Result]:
    if "error" in other:
        return [Result("the same layout", own["cold_ms"], "ms", f"{title}: {other['error'][:80]}")]
    through = f"{other['throughBoxes']} edges through nodes"
    return [
        Result(
            "the same layout",
            own["cold_ms"],
            "ms",
            f"{title}: {other['ms']:,.0f} ms",
            own["cold_ms"] / other["ms"],
        ),
        Result(
            "its crossings",
            own["crossings"],
            "",
            f"{title}: {other['crossings']}, {through}",
            own["crossings"] / other["crossings"] if other["crossings"] else None,
            ratio_limit=1.0,
        ),
    ]


def _llama(layers: int, use_cache: bool = False) -> Built:
    """Narrow, so that it is quickly built; the graph is that of a wide one."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=layers,
        num_attention_heads=4,
        vocab_size=1000,
        use_cache=use_cache,
    )
    model: torch.nn.Module = LlamaForCausalLM(config)
    return model.eval(), (torch.zeros(1, 16, dtype=torch.long),)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        print(table(measure_layout(Path(name))))


if __name__ == "__main__":
    main()
