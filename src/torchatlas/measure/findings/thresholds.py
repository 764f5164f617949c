"""What the rules hold their numbers against. Users override them by the name of the rule."""

from __future__ import annotations

THRESHOLDS: dict[str, float] = {
    "dead_relu": 0.5,  # share of a layer's units
    "vanishing_gradient": 1e-7,  # mean absolute gradient
    "not_learning": 0.01,  # (first losses - last losses) / first losses
    "overfitting": 0.1,  # (test loss - train loss) / train loss
    "generalisation_gap": 0.05,  # train accuracy - test accuracy
    "initial_loss": 0.5,  # (first loss - ln classes) / ln classes
    "unnormalised_input": 0.2,  # absolute mean
    "class_imbalance": 10.0,  # largest class / smallest class
}
"""By rule: the largest value in order; of `vanishing_gradient` and `not_learning` the smallest."""
