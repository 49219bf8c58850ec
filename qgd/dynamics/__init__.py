"""Layer 2: how the weights move."""
