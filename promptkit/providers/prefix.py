"""The static prefix of a prompt, message by message: what a provider's cache can keep from call to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.providers.body import parts_of

if TYPE_CHECKING:
    from promptkit.messages import Media, Message
    from promptkit.model import Rendered


def static_tools(rendered: Rendered) -> bool:
    """Whether the tools are the same in every call."""
    return not any(tool.conditions for tool in rendered.tools)


def static_heads(rendered: Rendered) -> list[int]:
    """For each message, the number of characters at its start that belong to the static prefix.

    The prefix ends where the first text varies, and before tool calls and media, which come from inputs. Providers put
    tools before the messages: tools that vary leave no prefix.
    """
    heads = [0] * len(rendered.messages)
    if not static_tools(rendered):
        return heads
    for place, message in enumerate(rendered.messages):
        if message.tool_calls or not message.pieces:
            break
        for piece in message.pieces:
            if not piece.static:
                break
            heads[place] += len(piece.text)
        media = next((at for at, part in enumerate(message.parts) if not isinstance(part, str)), None)
        if media is not None:
            heads[place] = min(heads[place], sum(len(str(part)) for part in message.parts[:media]))
        if media is not None or heads[place] < len(message.content):
            break
    return heads


def segments(message: Message, head: int) -> list[tuple[str | Media, bool]]:
    """The parts of a message, each with whether it is static; the text across the prefix's end is cut there.

    A text is cut only where both sides have visible text: providers refuse blank ones. A blank text beside media, such
    as the join of two images, is left out for the same reason.
    """
    found: list[tuple[str | Media, bool]] = []
    left = head
    for part in parts_of(message):
        if not isinstance(part, str):
            left = 0
            found.append((part, False))
        elif message.parts and not part.strip():
            left = max(0, left - len(part))
        elif len(part) <= left:
            left -= len(part)
            found.append((part, True))
        else:
            cut = len(part[:left].rstrip(" "))  # a space is of one token with the word after it
            if part[:cut].strip() and part[cut:].strip():
                found += [(part[:cut], True), (part[cut:], False)]
            else:
                found.append((part, False))
            left = 0
    return found
