"""Layer 8: what was found, as text, JSON and figures."""
