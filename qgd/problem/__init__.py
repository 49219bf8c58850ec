"""Layer 1: what is minimised."""
