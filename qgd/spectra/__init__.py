"""Landscapes of real networks: needs the extra ``torch``."""
