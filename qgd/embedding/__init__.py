"""Layer 3: the nonlinear dynamics as a larger linear system."""
