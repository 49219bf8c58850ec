"""Layer 5: linear solvers that see an encoding and a right-hand side, and nothing else."""
