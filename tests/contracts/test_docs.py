"""The pages keep their word: their code runs and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("benchmarks/*.md")])
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def with_code(pages: list[Path]) -> list[Path]:
    return [page for page in pages if CODE.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", with_code(PAGES), ids=page_name)
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks run in order, in one namespace that has what a training script has."""
    monkeypatch.chdir(tmp_path)
    namespace = training_script()
    for block in CODE.finditer(page.read_text(encoding="utf-8")):
        exec(compile(block[1], page_name(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_the_readme_fits_a_screen_and_shows_ten_lines_of_use() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = CODE.search(text)
    assert first is not None
    assert sum(bool(line.strip()) for line in first[1].splitlines()) == 10
    assert len(text.splitlines()) < 80


def training_script() -> dict[str, Any]:
    """The names that the pages may take for granted, on tiny data."""
    import torchatlas as ta

    images, labels = torch.randn(64, 3, 8, 8), torch.arange(64) % 4
    data = TensorDataset(images, labels)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4))
    return {
        "ta": ta,
        "torch": torch,
        "nn": nn,
        "model": model,
        "atlas": ta.visualize_model(model, data),
        "optimizer": torch.optim.Adam(model.parameters()),
        "criterion": nn.functional.cross_entropy,
        "data": data,
        "train_loader": DataLoader(data, batch_size=16),
        "test_loader": DataLoader(data, batch_size=16),
    }
