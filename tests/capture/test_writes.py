"""Writes in place: who made what a tensor holds now, and at what cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from torchatlas.capture.trace import trace


class Runs(nn.Module):
    def __init__(self, forward: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.run = forward

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.run(*inputs)


def test_a_write_is_not_booked_on_a_wider_argument_that_lies_elsewhere() -> None:
    def forward(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        buffer = x.clone()
        first, again, rest = buffer[:4], buffer[:4], buffer[4:20].view(4, 4)
        first.addmv_(rest, v)
        return again * 2

    seen = trace(Runs(forward), (torch.randn(20), torch.randn(4)))
    assert ("/addmv_:0", "/mul:0") in {(edge.source, edge.target) for edge in seen.graph.edges}
    assert seen.verify().ok


def fills(x: torch.Tensor) -> torch.Tensor:
    out = torch.empty(len(x), 3)
    for t in range(len(x)):
        out[t].copy_(x[t] * 2)
    return out


def scans(x: torch.Tensor) -> torch.Tensor:
    out = x.clone()
    for t in range(1, len(x)):
        out[t].copy_(out[t - 1] + 1)
    return out


@pytest.mark.parametrize("loop", [fills, scans])
def test_a_loop_that_writes_row_by_row_has_as_many_edges_as_rows(
    loop: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    few, many = (trace(Runs(loop), (torch.randn(rows, 3),)) for rows in (20, 80))
    assert len(many.graph.edges) <= 4 * len(few.graph.edges) + 10
    assert few.verify().ok


def test_a_line_is_quoted_of_python_files_alone(tmp_path) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path / "secret.txt"
    secret.write_text("one\ntwo\nthree\n")
    space: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {}
    exec(compile("def forward(x):\n    return x + 1\n", str(secret), "exec"), space)
    graph = trace(Runs(space["forward"]), (torch.ones(1),)).graph
    source = graph.nodes["/add:0"].source
    assert source is not None
    assert (source.file, source.line, source.text) == (str(secret), 2, None)
