"""The rule `class_imbalance`: planted faults, healthy data, too few data."""

from __future__ import annotations

import pytest
from tests.measure.findings.runs import findings_of, reason_of, run_of

from torchatlas.run import Run


def run_with(*sizes: int, split: str = "train", classes: tuple[str, ...] = ()) -> Run:
    rows = [
        {"split": split, "target": target, "predicted": predicted, "count": size // 2}
        for target, size in enumerate(sizes)
        for predicted in (0, 1)
    ]
    return run_of(confusion=rows, classes=classes)


def test_a_class_eleven_times_as_frequent_is_found() -> None:
    (finding,) = findings_of("class_imbalance", run_with(1_100, 400, 100))
    assert finding.title == "Class 0 is 11 times as frequent as 2"
    assert finding.detail == "1,100 against 100 training examples."
    assert (finding.value, finding.threshold, finding.samples) == (11.0, 10.0, 1_600)


def test_classes_are_called_by_their_names() -> None:
    run = run_with(2_000, 100, classes=("cat", "<b>dog</b>"))
    (finding,) = findings_of("class_imbalance", run)
    assert finding.title == "Class cat is 20 times as frequent as <b>dog</b>"


def test_ten_times_is_in_order() -> None:
    assert findings_of("class_imbalance", run_with(1_000, 100)) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("class_imbalance", run_with(1_000, 500), threshold=1.5)


@pytest.mark.parametrize("run", [run_of(), run_with(400, 20), run_with(2_000, 100, split="test")])
def test_too_little_is_said_to_be_too_little(run: Run) -> None:
    expected = "the classes of 500 training examples were not counted"
    assert reason_of("class_imbalance", run) == expected
