"""Truncation bounds in closed form: one function a theorem, each with its assumptions checked."""
