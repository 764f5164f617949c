"""Which tensor of one checkpoint is which of another, by their names."""

from __future__ import annotations

from collections.abc import Collection

_WRAPPERS = frozenset({"module", "model", "_orig_mod", "_fsdp_wrapped_module", "state_dict"})
_LEAST_SHARED = 0.5
"""Names are taken to be the same but for wrappers where so large a share of them agrees."""


def counterpart_names(
    before: Collection[str], after: Collection[str]
) -> tuple[dict[str, str], str]:
    """By name in the second the name in the first, and in words what was overlooked for it.

    Names are taken as they are. Where the two have none in common, the wrappers at their beginning
    (`module.` of data parallel training, `model.`, `_orig_mod.` of torch.compile) are overlooked,
    if at least half of the names then agree and no two become one.
    """
    known = set(before)
    shared = {name: name for name in after if name in known}
    if shared:
        return shared, ""
    bare = {_bare(name): name for name in before}
    others = {_bare(name): name for name in after}
    if len(bare) < len(before) or len(others) < len(after):
        return {}, ""
    found = {name: bare[short] for short, name in others.items() if short in bare}
    if len(found) < _LEAST_SHARED * min(len(bare), len(others)) or not found:
        return {}, ""
    name, other = next(iter(found.items()))
    return found, f"no name is in both; wrappers were overlooked, so that {other} is {name}"


def _bare(name: str) -> str:
    parts = name.split(".")
    while len(parts) > 1 and parts[0] in _WRAPPERS:
        del parts[0]
    return ".".join(parts)
