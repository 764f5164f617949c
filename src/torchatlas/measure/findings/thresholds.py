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
    "dormant_unit": 0.025,  # mean absolute activation / mean of the layer
    "saturated_activation": 0.5,  # share of the outputs
    "exploding_gradient": 2.5,  # standard deviations above the moving average
    "update_ratio": 0.01,  # |update| / |weight|; a hundredth of it is the lower bound
    "poor_initialisation": 10.0,  # largest variance / smallest variance
    "overtraining": 10.0,  # evaluations since the best one
    "frozen_parameter": 3.0,  # checks without a change
    "loss_spike": 7.0,  # standard deviations above the mean
    "attention_logits": 100.0,  # largest logit
    "outlier_feature": 0.25,  # share of the layers
    "massive_activation": 1_000.0,  # largest size / median size
    "half_overflow": 65_504.0,  # largest number of fp16
    "epsilon_dominates": 1.0,  # root mean square of the gradient / epsilon
    "stalled": 1_800.0,  # seconds
}
"""By rule: the largest value in order; of `vanishing_gradient`, `not_learning`, `dormant_unit` and
`epsilon_dominates` the smallest."""
