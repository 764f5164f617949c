"""What Python's operators are called as ops, the same in every source of a graph."""

from __future__ import annotations

_NAMES = {
    **{f"r{op}": op for op in ("add", "sub", "mul", "pow", "matmul", "and", "or", "xor")},
    **{f"i{op}": f"{op}_" for op in ("add", "sub", "mul", "pow")},
    "truediv": "div",
    "rtruediv": "div",
    "rdiv": "div",
    "floordiv": "floor_divide",
    "rfloordiv": "floor_divide",
    "mod": "remainder",
    "rmod": "remainder",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "invert": "bitwise_not",
    "idiv": "div_",
    "ipow": "pow_",
}


def operator_name(function: str) -> str:
    """The name of the op behind `__radd__` (`add`); any other name as it is."""
    if not (function.startswith("__") and function.endswith("__") and len(function) > 4):
        return function
    plain = function[2:-2]
    return _NAMES.get(plain, plain)
