"""Layer 5: numbers out of states. A readout takes states, not solvers."""
