"""A chat as a Markdown file: safe to open in any viewer, whatever a model or a page wrote."""

from __future__ import annotations

from engine.agent.clean import safe_markdown
from engine.agent.conversation import Conversation
from engine.agent.messages import Assistant, ToolResult, User


def as_markdown(talk: Conversation) -> str:
    """What was said on the way to the head, with every call and whether it went well.

    A viewer of the file may load images and follow links that this app would not, so answers go
    through `safe_markdown`, and what the person wrote with them.
    """
    lines = [f"# {safe_markdown(talk.title) or 'Chat'}", ""]
    went = {m.call_id: m.ok for m in talk.messages() if isinstance(m, ToolResult)}
    for message in talk.messages():
        if isinstance(message, User):
            lines += [f"**You:** {safe_markdown(message.text)}", ""]
        elif isinstance(message, Assistant):
            for call in message.calls:
                mark = "✓" if went.get(call.id) else "×"
                said = " ".join(call.arguments.split()).replace("`", "'")
                lines.append(f"- {mark} `{call.name} {said}`")
            lines += [""] if message.calls else []
            if said := message.text or message.refusal:
                lines += [safe_markdown(said), ""]
    return "\n".join(lines)
