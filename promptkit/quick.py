"""Frozen dataclasses that are made by the thousand, made in a third of the time."""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Own = TypeVar("Own")


def quick(cls: type[Own]) -> type[Own]:
    """The frozen, slotted dataclass, with a constructor that does the same faster.

    dataclasses sets each field of a frozen class by a call of object.__setattr__. Here the new object is of a twin
    class with the same slots that is not frozen, for as long as its fields are set.
    """
    names = cls.__slots__  # type: ignore[attr-defined]
    twin = type(cls.__name__, (), {"__slots__": names})
    scope: dict[str, Any] = {"into": object.__setattr__, "twin": twin, "own": cls}
    parameters, body = ["self"], ["into(self, '__class__', twin)"]
    for each in fields(cls):  # type: ignore[arg-type]
        default, made = each.default is not MISSING, each.default_factory is not MISSING
        scope[f"default_{each.name}"] = each.default_factory if made else each.default
        parameters.append(f"{each.name}=default_{each.name}" if default or made else each.name)
        new = f"default_{each.name}() if {each.name} is default_{each.name} else " if made else ""
        body.append(f"self.{each.name} = {new}{each.name}")
    body.append("self.__class__ = own")
    source = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body)
    exec(source, scope)  # noqa: S102  (what dataclasses does)
    constructor = scope["__init__"]
    constructor.__annotations__ = cls.__init__.__annotations__
    constructor.__qualname__ = cls.__init__.__qualname__
    constructor.__module__ = cls.__module__
    cls.__init__ = constructor  # type: ignore[method-assign]
    return cls


def changed(value: Own, **changes: Any) -> Own:
    """A slotted dataclass with some fields changed: dataclasses.replace, in a third of the time."""
    own: Any = type(value)
    values, places = _fields(own)
    found = list(values(value))
    for name, new in changes.items():
        found[places[name]] = new
    made: Own = own(*found)
    return made


@cache
def _fields(cls: type) -> tuple[attrgetter[Any], dict[str, int]]:
    """What gets all fields of a slotted dataclass, and where each stands among them."""
    names = cls.__slots__  # type: ignore[attr-defined]
    return attrgetter(*names), {name: index for index, name in enumerate(names)}
