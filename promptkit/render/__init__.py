"""From a variant and values to messages.

`program` makes of a variant what a render runs, once; `call` runs it for one set of values; `items`, `examples` and
`fragments` are its parts.
"""

from promptkit.render.call import Call, merged, render, samples
from promptkit.render.program import Program, program
from promptkit.render.tokenizers import tokenizer_of, tokenizers_of

__all__ = ["Call", "Program", "merged", "program", "render", "samples", "tokenizer_of", "tokenizers_of"]
