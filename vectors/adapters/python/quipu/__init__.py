"""Quipu version 1, every profile: a second implementation, written from spec/ alone.

One module for each chapter or part of one. Randomness and time are always parameters: `draw(n)` gives n bytes,
`now` is milliseconds since 1970. Every refusal raises `Refused` and changes nothing.
"""

from .notation import Refused

__all__ = ["Refused"]
