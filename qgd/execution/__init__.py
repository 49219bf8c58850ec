"""Layer 5: circuits to devices. An execution takes circuits, not solvers."""
