"""Compose a prompt in Python: the functions of promptkit.blocks give what a prompt file would hold."""

from promptkit import Prompt, blocks

prompt = Prompt(
    "tone",
    [
        blocks.role("You judge the tone of product reviews."),
        blocks.format({"choices": ["praise", "complaint", "mixed"]}),
        blocks.examples(
            [
                {"inputs": {"review": "Does what it says."}, "output": "praise"},
                {"inputs": {"review": "Broke after a week."}, "output": "complaint"},
            ]
        ),
        blocks.user("{{ review }}"),
    ],
    variants={"zero-shot": {"drop": ["examples"]}},
)

for name in prompt.variants:
    rendered = prompt.render(review="Lovely colour, poor zip.", variant=name)
    print(name, [message.role for message in rendered.messages], rendered.count("gpt-4o").tokens, "tokens")
