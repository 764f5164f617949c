"""The errors that TorchAtlas raises: each says what went wrong, where, and what to do."""

from __future__ import annotations


class TorchAtlasError(Exception):
    """Parent of every error that TorchAtlas raises on purpose."""


class CaptureError(TorchAtlasError):
    """The model could not be run or traced."""


class DataError(TorchAtlasError):
    """The data handed over cannot be used: its form, shape, device or values."""


class RunError(TorchAtlasError):
    """A run, log folder or saved report could not be read or written."""


class MissingDependency(TorchAtlasError, ImportError):  # noqa: N818 (the public name)
    """An optional package is needed for what was asked and is not installed."""
