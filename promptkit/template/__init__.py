"""Jinja2 templates: bounded, sandboxed, and with the origin of every character. Only this package imports jinja2."""

from promptkit.template.engine import Engine, Expression, Template
from promptkit.template.meter import Meter
from promptkit.template.names import Needs, Use
from promptkit.template.plain import Field, fields
from promptkit.template.resolve import trace
from promptkit.template.trace import Chunk, Trace, Traced, foreign_text

__all__ = [
    "Chunk",
    "Engine",
    "Expression",
    "Field",
    "Meter",
    "Needs",
    "Template",
    "Trace",
    "Traced",
    "Use",
    "fields",
    "foreign_text",
    "trace",
]
