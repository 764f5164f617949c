"""What an exported program says of each op in text: its module calls, its name, its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torchatlas.run import SourceLocation, operator_name

_LONGEST_TEXT = 20_000
"""Characters of a text that is searched; a longer one is cut, so that no search takes long."""

_LONGEST_PATH = 1_000
"""Characters of the path of a module in such a text."""

_LONGEST_NAME = 250
"""Characters of the name of a function; the ids of all ops of one call may begin with it."""

_KEY = "L__self__"
_CLASS = r",(?P<type>[^,;]*)(?:;(?=L__self__|\d+(?:@\d+)?,)|$)"
_REST = re.compile(_CLASS)
_STRICT_ENTRY = re.compile(  # of torch.export with strict=True: the key is an id()
    rf"\d+(?:@(?P<call>\d+))?,(?P<path>.*?){_CLASS}", re.DOTALL
)
_FRAME = re.compile(r'File "([^"\n]*)", line (\d{1,9}), in ([^\n]*)(?:\n    ([^\n]*))?')
_NOT_THE_USER = ("/site-packages/torch/", "/dist-packages/torch/", "/torch/nn/modules/")
_READS_A_TENSOR = {"numpy_T": "T"}


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One call on the stack of module calls: the module's path, the call's number, the class."""

    path: str
    number: int
    type: str


def module_stack(text: str | None) -> tuple[ModuleCall, ...]:
    """The module calls around an op, outermost first; empty where the program does not say.

    The text is `key,path,class` with `;` between, and names of modules may hold both signs. The
    key repeats the path, which tells where it ends.
    """
    calls, position = [], 0
    text = (text or "")[:_LONGEST_TEXT]
    while position < len(text):
        entry = _strict_entry(text, position) or _entry(text, position)
        if entry is None:
            return ()
        call, position = entry
        calls.append(call)
    return tuple(calls)


def _strict_entry(text: str, position: int) -> tuple[ModuleCall, int] | None:
    match = _STRICT_ENTRY.match(text, position)
    if match is None:
        return None
    return ModuleCall(match["path"], int((match["call"] or "0")[:9]), match["type"]), match.end()


def _entry(text: str, position: int) -> tuple[ModuleCall, int] | None:
    """The entry that begins at a position, and where the next one does.

    The key ends at the first comma behind which its path is repeated. Each comma is one look, so
    a text of nothing but commas takes no longer than another; a pattern that refers back to the
    path would search again for each.
    """
    if not text.startswith(_KEY, position):
        return None
    start = position + len(_KEY)
    comma = text.find(",", start, start + _LONGEST_PATH)
    while comma >= 0:
        key = text[start:comma]
        path, at, number = key.rpartition("@")
        numbered = [(path, number)] if at and number.isdecimal() else []
        for path, number in (*numbered, (key, "0")):
            if text.startswith(path, comma + 1):
                rest = _REST.match(text, comma + 1 + len(path))
                if rest is not None:
                    return ModuleCall(path, int(number[:9]), rest["type"]), rest.end()
        comma = text.find(",", comma + 1, start + _LONGEST_PATH)
    return None


def aten_name(target: str) -> str:
    """`aten.add.Tensor` for `torch.ops.aten.add.Tensor`."""
    return target.removeprefix("torch.ops.")


def base_name(target: str) -> str:
    """The op without namespace and overload: `add`; ops of other libraries keep theirs."""
    parts = aten_name(target).split(".")
    if len(parts) < 2:
        return target
    return parts[1] if parts[0] in ("aten", "prims", "higher_order") else ".".join(parts[:2])


def user_name(target: str, torch_fn: str | None) -> str:
    """What the user called: `linear`, `add_`; the aten op's own name where that is not known.

    Args:
        torch_fn: as `linear_1;builtin_function_or_method.linear`.
    """
    called = (torch_fn or "").rpartition(";")[2].rpartition(".")[2]
    unnamed = not called.isidentifier() or len(called) > _LONGEST_NAME
    if is_overload(torch_fn) or unnamed or called in ("__get__", "__call__"):
        base = base_name(target)
        return _READS_A_TENSOR.get(base, base)
    return operator_name(called)


def is_overload(torch_fn: str | None) -> bool:
    """Whether torch itself called the op, and no function that the user wrote."""
    return torch_fn is None or ";OpOverload." in torch_fn


def user_source(stack_trace: str | None) -> SourceLocation | None:
    """The innermost line that is the user's and not torch's."""
    for file, line, function, text in reversed(_FRAME.findall((stack_trace or "")[:_LONGEST_TEXT])):
        inside_torch = any(part in file for part in _NOT_THE_USER)
        if not inside_torch and not file.startswith(("<", "torch/")):
            return SourceLocation(file, int(line), function, text.strip() or None)
    return None
