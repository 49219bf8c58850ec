"""Layer 7: the whole chain, composed."""
