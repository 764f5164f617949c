"""What a user can reach: few names, each documented, each with hints, none by accident."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import torchatlas as ta

FUNCTIONS = [name for name in ta.__all__ if inspect.isfunction(getattr(ta, name))]
CLASSES = [name for name in ta.__all__ if inspect.isclass(getattr(ta, name))]
METHODS = [
    (name, member)
    for name in CLASSES
    for member in vars(getattr(ta, name))
    if not member.startswith("_")
]


def test_there_are_few_public_names_in_order() -> None:
    assert len(ta.__all__) < 25
    assert list(ta.__all__) == sorted(ta.__all__)
    assert set(FUNCTIONS) | set(CLASSES) | {"__version__"} == set(ta.__all__)


def test_completion_shows_the_public_names_alone() -> None:
    assert dir(ta) == sorted(ta.__all__)


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no 'visualise_model'; it has .*visualize_model"):
        ta.visualise_model  # noqa: B018


@pytest.mark.parametrize("name", FUNCTIONS + CLASSES)
def test_a_public_name_is_documented(name: str) -> None:
    assert_documented(getattr(ta, name))


@pytest.mark.parametrize(("owner", "name"), METHODS)
def test_a_public_method_is_documented(owner: str, name: str) -> None:
    assert_documented(inspect.getattr_static(getattr(ta, owner), name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_hints_that_resolve(name: str) -> None:
    function: Callable[..., Any] = getattr(ta, name)
    parameters = inspect.signature(function).parameters
    assert set(function.__annotations__) == {*parameters, "return"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_names_only_arguments_that_exist(name: str) -> None:
    function = getattr(ta, name)
    parameters = set(inspect.signature(function).parameters)
    assert described_arguments(inspect.getdoc(function) or "") <= parameters


def test_every_error_is_a_torchatlas_error() -> None:
    errors = [getattr(ta, name) for name in CLASSES if issubclass(getattr(ta, name), Exception)]
    assert len(errors) > 3
    assert all(issubclass(error, ta.TorchAtlasError) for error in errors)


def test_the_hints_of_the_main_call_keep_their_defaults() -> None:
    parameters = inspect.signature(ta.visualize_model).parameters
    assert list(parameters)[:2] == ["model", "data"]
    assert parameters["batches"].default == 4
    assert parameters["test"].kind is inspect.Parameter.KEYWORD_ONLY


def assert_documented(thing: Any) -> None:
    """The first line is a sentence that ends."""
    text = inspect.getdoc(thing)
    assert text, f"{thing} has no docstring"
    first = text.partition("\n\n")[0]
    assert first.rstrip().endswith((".", "?", ":")), first


def described_arguments(docstring: str) -> set[str]:
    """The names that an `Args:` section describes."""
    _, found, rest = docstring.partition("Args:\n")
    section = rest.partition("\n\n")[0] if found else ""
    lines = [line for line in section.splitlines() if line.startswith("    ")]
    starts = [line for line in lines if line[4:5] not in ("", " ")]
    return {line.partition(":")[0].strip().lstrip("*") for line in starts}
