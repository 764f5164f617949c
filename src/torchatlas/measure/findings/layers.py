"""Which kinds of node a rule is for. Names are compared in small letters without `_`."""

from __future__ import annotations

RECTIFIERS = frozenset(("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu", "silu", "mish"))
"""Activation functions whose units can fall silent."""

SQUASHERS = frozenset(("tanh", "sigmoid"))
"""Activation functions with a flat end."""

NONLINEARITIES = RECTIFIERS | SQUASHERS | {"hardswish", "softplus", "selu"}

NORMS = frozenset(
    (
        *("batchnorm1d", "batchnorm2d", "batchnorm3d", "layernorm", "groupnorm", "rmsnorm"),
        *("batchnorm", "instancenorm1d", "instancenorm2d", "instancenorm3d", "instancenorm"),
    )
)
"""Normalisations, as modules and as ops."""
