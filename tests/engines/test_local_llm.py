"""The larger local language model, as `make run` serves it."""

import json
from pathlib import Path

import pytest
from livekit.agents import llm
from livekit.agents.llm import function_tool

from deploy.local.local_models import QWEN
from deploy.local.secret import Secrets
from deploy.local.stack import Stack, isolated
from services.agent.thinking.language_model import language_model
from services.agent.thinking.visible_text import VisibleText

ORDER = {
    "name": "find_order",
    "description": "Finds an order by its number.",
    "parameters": {
        "type": "object",
        "properties": {"order_number": {"type": "string"}, "anything": True},
        "required": ["order_number"],
    },
}


@pytest.mark.asyncio
async def test_it_calls_a_tool_and_tells_its_answer(tmp_path: Path) -> None:
    """Slow: it loads 491 MB of weights and reads 250 tokens."""

    async def never_called(raw_arguments: dict[str, object]) -> None: ...

    tool = function_tool(never_called, raw_schema=ORDER)
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="You answer for the lamp shop Lumen Lamps, in one short sentence.")
    context.add_message(role="user", content="Where is my order 4711?")
    settings = isolated(tmp_path, local_llm=QWEN.name, slots=1)
    async with Stack(settings, only=("llm",)):
        key = Secrets(settings.folder).password("llm")
        async with language_model(settings.effective_llm_url, QWEN.name, key) as model:
            visible = VisibleText([tool.info.name])
            told = ""
            async with model.llm.chat(chat_ctx=context, tools=[tool]) as stream:
                async for text in stream.to_str_iterable():
                    told += visible.push(text)
            assert told + visible.finish() == ""
            (call,) = visible.calls
            assert (call.name, json.loads(call.arguments)) == ("find_order", {"order_number": "4711"})

            asked = llm.FunctionCall(call_id="1", name=call.name, arguments=call.arguments)
            found = llm.FunctionCallOutput(call_id="1", name=call.name, output="It arrives on Friday.", is_error=False)
            context.insert([asked, found])
            async with model.llm.chat(chat_ctx=context, tools=[tool]) as stream:
                answer = "".join([text async for text in stream.to_str_iterable()])
    assert "Friday" in answer
