"""The ways in which the tokens of a prompt are shared out: see `promptkit.measure`."""

from __future__ import annotations

from typing import Literal

By = Literal["block", "message", "line", "input", "kind"]
BYS: tuple[By, ...] = ("block", "message", "line", "input", "kind")
