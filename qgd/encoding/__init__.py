"""Layer 4: matrices inside unitaries. The first layer that knows Qiskit."""
