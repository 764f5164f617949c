"""See a PyTorch model: structure, parameters, training, generalisation and cost on one graph."""
