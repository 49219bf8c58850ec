"""Colours of the figures, told apart by the colour-blind too (Okabe and Ito)."""

from __future__ import annotations

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#999999"
