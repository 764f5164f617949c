"""What TorchAtlas costs, each figure beside what a person would use instead."""
