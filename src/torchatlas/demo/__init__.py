"""The demo: trains a ResNet-18 as a user would, through the public functions alone."""

from torchatlas.demo.demo import DemoOptions, run_demo

__all__ = ["DemoOptions", "run_demo"]
