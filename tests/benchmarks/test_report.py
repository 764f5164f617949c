"""Results are written where they belong, newest first."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.report import MARK, add_section, table
from benchmarks.result import Result

KEPT = Result("the report", 2.5, "MB", limit=3.0)
MISSED = Result("the demo", 150, "s", "without TorchAtlas: 100.0 s", 1.5, limit=120)


def test_a_table_has_a_line_a_result() -> None:
    assert table([KEPT, MISSED]).splitlines() == [
        "| what | figure | beside | ratio | limit |",
        "|---|---|---|---|---|",
        "| the report | 2.50 MB |  |  | 3.00 MB |",
        "| the demo | 150 s | without TorchAtlas: 100.0 s | 1.50 | 120 s, **missed** |",
    ]


def test_the_newest_section_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text(f"# Costs\n\n{MARK}", encoding="utf-8")
    add_section(path, [KEPT])
    add_section(path, [MISSED])
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# Costs\n\n{MARK}\n## 2")
    assert text.index("the demo") < text.index("the report")
    assert text.count("CPU cores") == 2


def test_a_file_without_the_mark_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("# Costs\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no line '<!-- newest first -->' to write below"):
        add_section(path, [KEPT])
    assert path.read_text(encoding="utf-8") == "# Costs\n"


@pytest.mark.parametrize(("value", "kept"), [(3.0, True), (3.1, False)])
def test_a_limit_is_kept_up_to_itself(value: float, kept: bool) -> None:
    assert Result("x", value, "s", limit=3.0).kept is kept
    assert Result("x", 9.0, "s", "y", value, ratio_limit=3.0).kept is kept
    assert Result("x", value, "s").kept is None


def test_both_limits_must_be_kept_and_a_ratio_that_is_not_there_keeps_none() -> None:
    assert Result("x", 1.0, "s", "y", 5.0, limit=3.0, ratio_limit=4.0).kept is False
    assert Result("x", 1.0, "s", "y", ratio_limit=4.0).kept is None
    line = table([Result("x", 1.0, "s", "y", 5.0, limit=3.0, ratio_limit=4.0)]).splitlines()[-1]
    assert line == "| x | 1.00 s | y | 5.00 | 3.00 s, 4.00 x, **missed** |"
