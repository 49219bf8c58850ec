"""Layer 0: what every other layer shares. Imports numpy and the standard library only."""
