"""Load a library, render a prompt, look at its messages and at where one of them comes from."""

from pathlib import Path

import promptkit

library = promptkit.load(Path(__file__).parent.parent / "templates")
prompt = library["support/triage"]
rendered = prompt.render(ticket="I was charged twice this month.", variant="zero-shot")

for message in rendered.messages:
    print(f"{message.role}: {len(message.content)} characters")
for piece in rendered.messages[-1].pieces:
    if not piece.text.strip():
        continue
    origin = f"the input {piece.inputs[0]}" if piece.inputs else f"{piece.span.path}, block {piece.block}"
    print(f"{piece.text.strip()!r} comes from {origin}")
print("fingerprint", rendered.fingerprint)
