"""Count a prompt's tokens by block, and see what a variant saves."""

from pathlib import Path

import promptkit

library = promptkit.load(Path(__file__).parent.parent / "templates")
prompt = library["support/triage"]
ticket = "The export has been stuck at 99 % since this morning."

base = prompt.render(ticket=ticket).count()
for part in base.by_block:
    print(f"{part.tokens:5} {part.name}")
print(f"{base.tokens:5} in all, {base.basis}, framing {base.framing}")

zero_shot = prompt["zero-shot"].render(ticket=ticket).count()
print(f"without examples: {zero_shot.tokens}, {base.tokens - zero_shot.tokens} fewer")
