"""How long does the graph of a ResNet-18 take, beside one forward pass and two other tools?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.result import Result

RUNS = 7


def measure_graph() -> list[Result]:
    """Trace at 224 x 224, batch 1, in evaluation mode."""
    import torchinfo
    import torchview
    from torchvision.models import resnet18

    import torchatlas as ta

    torch.manual_seed(0)
    model, image = resnet18().eval(), torch.randn(1, 3, 224, 224)
    calls: dict[str, Callable[[], Any]] = {
        "forward": torch.no_grad()(lambda: model(image)),
        "trace": lambda: ta.trace(model, image),
        "torchinfo": lambda: torchinfo.summary(model, input_data=image, verbose=0),
        "torchview": lambda: torchview.draw_graph(model, input_data=image),
    }
    ms = {name: _fastest_ms(call) for name, call in calls.items()}
    result = "the graph of a ResNet-18 with every op and edge (`ta.trace`), fastest of 7"
    return [
        Result(result, ms["trace"], "ms", f"{text}: {ms[name]:.0f} ms", ms["trace"] / ms[name])
        for name, text in (
            ("forward", "one forward pass"),
            ("torchview", "torchview (modules and tensors)"),
            ("torchinfo", "torchinfo (a table of modules, no edges)"),
        )
    ]


def _fastest_ms(call: Callable[[], Any]) -> float:
    call()  # what is built once is not what is asked about
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return 1000 * min(times)
