"""Colours of pages and notebooks: the same value has the same one wherever it is drawn."""

from __future__ import annotations

#: Told apart by people who see colours differently (Okabe and Ito, 2008), and on white as on near-black.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A8A8A"
COLOUR_OF = {
    "member": BLUE,
    "casual": ORANGE,
    "classic": GREEN,
    "electric": PURPLE,
    "unknown": GREY,
    "nyc": BLUE,
    "jc": ORANGE,
    "working day": BLUE,
    "day off": ORANGE,
    "dry": ORANGE,
    "wet": BLUE,
}
