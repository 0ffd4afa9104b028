"""calibration.json: what `promptkit calibrate` measured, one entry a model. Generated, and reviewed like any diff."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from promptkit.config import CALIBRATION, RATIOS, Calibration
from promptkit.errors import Span, did_you_mean
from promptkit.modelnames import ESTIMATE, meant
from promptkit.pricing.overlay import all_names
from promptkit.read.data import read_json
from promptkit.read.nodes import Fault, Map
from promptkit.read.texts import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.trees import Tree

_KEYS = tuple(Calibration.__dataclass_fields__)
_WHERE = Span(CALIBRATION, 1, 1)
_ANEW = "run promptkit calibrate again"


def calibrations_in(tree: Tree) -> Mapping[str, Calibration]:
    """The calibrations of a library that has some, by the model's name. Raises Fault."""
    return _read(read_text(tree, CALIBRATION))


def _read(source: str) -> dict[str, Calibration]:
    data = read_json(source, CALIBRATION)
    if not isinstance(data, dict):
        raise Fault(_WHERE, f"must be a JSON object of models; {_ANEW}")
    try:
        return {model: _calibration(model, entry) for model, entry in data.items()}
    except _WrongError as wrong:
        raise Fault(_place(source, wrong.keys), str(wrong)) from wrong


class _WrongError(Exception):
    """What is wrong with the value that `keys` lead to."""

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


def _calibration(model: str, entry: Any) -> Calibration:
    intended = None if model.startswith(ESTIMATE) else meant(model, all_names())
    if intended is not None:
        raise _WrongError(f"unknown model '{model}'; did you mean '{intended}'?", model)
    if not isinstance(entry, dict):
        raise _WrongError(f"'{model}' must be an object; {_ANEW}", model)
    unknown = next((key for key in entry if key not in _KEYS), None)
    if unknown is not None:
        hint = did_you_mean(unknown, _KEYS)
        known = "" if "known" in hint else f" known: {', '.join(sorted(_KEYS))}"
        raise _WrongError(f"'{model}' has the unknown key '{unknown}'{hint}{known}", model, unknown)
    missing = next((key for key in _KEYS if key not in entry), None)
    if missing is not None:
        raise _WrongError(f"'{model}' has no {missing}; {_ANEW}", model)
    for key, (fits, what) in _CHECKS.items():
        if not fits(entry[key]):
            raise _WrongError(f"'{model}': {key} must be {what}; {_ANEW}", model, key)
    return Calibration(**entry)


def _place(source: str, keys: tuple[str, ...]) -> Span:
    """Where the key stands that `keys` lead to; the file's first place where YAML does not take this JSON."""
    from promptkit.read.yamls import read_yaml  # here: only a fault asks for its place

    place = _WHERE
    try:
        node = read_yaml(source, CALIBRATION)
    except Fault:
        return place
    for key in keys:
        if not isinstance(node, Map) or key not in node.entries:
            break
        place, node = node.keys[key], node.entries[key]
    return place


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ratio(value: Any) -> bool:
    return _is_number(value) and RATIOS[0] <= value <= RATIOS[1]


def _is_error(value: Any) -> bool:
    return value is None or (_is_number(value) and 0 <= value <= RATIOS[1])


def _is_number_of_prompts(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"https?://[!-~]+", value) is not None


_CHECKS = {
    "ratio": (_is_ratio, "a number from 0.1 to 10"),
    "error_p50": (_is_error, "a share, such as 0.05, or null"),
    "error_p95": (_is_error, "a share, such as 0.05, or null"),
    "fitted_on": (_is_number_of_prompts, "a number of prompts, 1 or more"),
    "held_out": (_is_number_of_prompts, "a number of prompts, 1 or more"),
    "date": (_is_date, "a date, such as 2026-11-24"),
    "endpoint": (_is_url, "a URL"),
}
