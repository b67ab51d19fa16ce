"""What of a conversation is still to be answered. Pure."""

from livekit.agents import llm

from services.agent.tools.part import Turn


def unanswered(chat_ctx: llm.ChatContext) -> Turn:
    """The caller's words since the last reply, and the functions that have run since."""
    said: list[str] = []
    done: list[str] = []
    for item in reversed(chat_ctx.items):
        if isinstance(item, llm.FunctionCallOutput):
            # What was said before it was answered, even if nobody has heard the answer.
            if said:
                break
            done.append(item.name)
        elif isinstance(item, llm.ChatMessage) and item.role == "user":
            said.append((item.text_content or "").strip())
        elif isinstance(item, llm.ChatMessage) and item.role == "assistant" and (said or not done):
            break
    return Turn(" ".join(filter(None, reversed(said))), tuple(reversed(done)))
