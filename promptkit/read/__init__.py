"""Reading a library: files in, prompts and every problem found out."""

from promptkit.read.data import InvalidMessage, chat_message, read_values, schema_from
from promptkit.read.library import (
    Guard,
    check_template,
    find_prompt,
    find_std,
    python_spec,
    read,
    read_config,
    std_names,
    unbounded,
)
from promptkit.read.lint import file_ignores
from promptkit.read.outline import declared, outline, prompt_names
from promptkit.read.walk import content_texts, own_blocks, templates
from promptkit.read.yamls import texts_at

__all__ = [
    "Guard",
    "InvalidMessage",
    "chat_message",
    "check_template",
    "content_texts",
    "declared",
    "file_ignores",
    "find_prompt",
    "find_std",
    "outline",
    "own_blocks",
    "prompt_names",
    "python_spec",
    "read",
    "read_config",
    "read_values",
    "schema_from",
    "std_names",
    "templates",
    "texts_at",
    "unbounded",
]
