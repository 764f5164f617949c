"""The names of operators are those of the ops that run."""

from __future__ import annotations

import pytest

from torchatlas.run import operator_name


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("__radd__", "add"),
        ("__iadd__", "add_"),
        ("__rtruediv__", "div"),
        ("__invert__", "bitwise_not"),
        ("__getitem__", "getitem"),
        ("add", "add"),
        ("____", "____"),
        ("_private", "_private"),
    ],
)
def test_operators_are_called_as_the_ops_are(function: str, name: str) -> None:
    assert operator_name(function) == name
