"""Landscapes of real networks: Hessian products, Lanczos spectra, and what the modes foretell."""
