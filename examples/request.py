"""The body of a request, ready to send: messages, parameters, and the schema that the provider enforces."""

import json
from pathlib import Path

import promptkit

library = promptkit.load(Path(__file__).parent.parent / "templates")
rendered = library["support/triage"].render(ticket="Please close my account.", variant="zero-shot")

body = rendered.to("openai")
print(json.dumps({key: value for key, value in body.items() if key != "messages"}, indent=2))
print(len(body["messages"]), "messages")
