"""What a chat format adds around the texts of its messages.

Source: OpenAI cookbook, "How to count tokens with tiktoken", whose printed counts are those that the API returned:
3 tokens a message, 1 more for a `name`, 3 for the start of the reply; role, name and content are encoded each by
itself.
Checked 2026-11-24.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Framing:
    """Tokens that a chat format adds, beside the texts of role, name and content.

    `per_message` for each message, `per_name` for each message that has a name, `reply` once. `kind` says what they
    rest on: `documented` for this model, `assumed` to be as documented for others, `none` where text is counted as it
    is.
    """

    kind: Literal["documented", "assumed", "none"]
    per_message: int
    per_name: int
    reply: int

    def tokens(self, messages: int, names: int = 0) -> int:
        """Tokens of framing for so many messages, of which `names` have a name. 0 for no message."""
        return self.per_message * messages + self.per_name * names + self.reply if messages else 0


DOCUMENTED = Framing("documented", per_message=3, per_name=1, reply=3)
DOCUMENTED_0301 = Framing("documented", per_message=4, per_name=-1, reply=3)  # a name took the place of the role
ASSUMED = Framing("assumed", per_message=3, per_name=1, reply=3)
NONE = Framing("none", per_message=0, per_name=0, reply=0)

# The cookbook's list, with the names that it takes as those. It names no gpt-4.1, gpt-5 or o-series model, and no
# model that hears, speaks or searches.
_DOCUMENTED = re.compile(r"gpt-(3\.5|35)(-turbo(-.+)?)?|gpt-4(-.+)?|gpt-4o(-mini)?(-\d{4}-\d\d-\d\d)?")

# Completion and embedding models take one text and no messages.
_NO_CHAT = re.compile(r"text-embedding-.+|(davinci|babbage)-002|gpt-(3\.5|35)-turbo-instruct.*")


def framing_for(model: str) -> Framing:
    """Framing of an OpenAI model, by its bare name (no provider, no `ft:`)."""
    if _NO_CHAT.fullmatch(model):
        return NONE
    if re.fullmatch(r"gpt-(3\.5|35)-turbo-0301", model):
        return DOCUMENTED_0301
    return DOCUMENTED if _DOCUMENTED.fullmatch(model) else ASSUMED
