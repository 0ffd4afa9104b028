"""From a variant and values to messages.

`program` makes of a variant what a render runs, once; `call` runs it for one set of values; `items`, `examples` and
`fragments` are its parts.
"""

from promptkit.render.call import Call, render, samples, tokenizer_of
from promptkit.render.program import Program, program

__all__ = ["Call", "Program", "program", "render", "samples", "tokenizer_of"]
