"""The page of docs/forms.md and the agent's forms, message for message."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.form_calls import DEMO, FULL, Scene, note_of, run, steps

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "forms.md"
# Plays a page: reads what arrives and what the visitor does, prints what the page publishes.
_PAGE = """
import { ownForm } from "./examples/forms/own_form.mjs";
const { form, moments, answer } = JSON.parse(process.argv[1]);
let receive;
const published = [];
const room = {
  on: (_, handler) => { receive = handler; },
  localParticipant: {
    publishData: async (bytes, { topic }) => { published.push([topic, JSON.parse(new TextDecoder().decode(bytes))]); },
  },
};
const page = ownForm(room, form, async () => answer, () => {});
for (const [what, ...details] of moments) {
  const [topic, payload] = details;
  if (what === "receive") receive(new TextEncoder().encode(JSON.stringify(payload)), { isAgent: true }, 0, topic);
  else await page[what](...details);
}
await new Promise((resolve) => setTimeout(resolve, 300));
console.log(JSON.stringify(published));
"""


def played(moments: list[list[Any]], answer: dict[str, Any]) -> list[tuple[str, Any]]:
    """What the page publishes."""
    told = json.dumps({"form": DEMO, "moments": moments, "answer": answer})
    command = ["node", "--input-type=module", "-e", _PAGE, told]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30, text=True)
    return [(topic, payload) for topic, payload in json.loads(printed.stdout)]


async def test_the_page_of_the_guide_and_the_agent_understand_each_other() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana"}))
    opening: list[list[Any]] = [["receive", topic, payload] for topic, payload in scene.clients.delivered]
    typed: list[list[Any]] = [["type", "email", "ana@example.com"], ["goToStep", 1]]
    first = played([*opening, *typed], {"ok": True})
    assert {topic for topic, _ in first} == {"form.state"}
    for topic, payload in first:
        scene.clients.publish(topic, payload)
    await call.asks("Go on")
    (told,) = note_of(call)
    assert told["values"] == {"name": "Ana", "email": "ana@example.com", "source": "voice"}
    assert (told["shown_on"], told["step"]["index"]) == ("the visitor's page", 1)

    scene.clients.delivered.clear()
    await run(call, ("form_set_values", {"form_id": "book-demo", "values": {"slot": "pm"}}))
    await run(call, ("form_submit", {"form_id": "book-demo"}))
    steering: list[list[Any]] = [["receive", topic, payload] for topic, payload in scene.clients.delivered]
    refused = {"ok": False, "status": 422, "message": "No.", "errors": {"values.email": ["is taken"]}}
    for topic, payload in played([*opening, *typed, *steering], refused)[len(first) - 1 :]:
        scene.clients.publish(topic, payload)
    await call.asks("What now?")
    assert note_of(call)[0]["invalid"] == {"email": "is taken"}

    for topic, payload in played([*opening, *typed, *steering], {"ok": True})[len(first) - 1 :]:
        scene.clients.publish(topic, payload)
    await call.asks("And now?")
    assert note_of(call)[0]["status"] == "submitted"
    await call.ends()
    assert steps(call) == ["opened", "refused", "submitted"]
    assert scene.desk.taken == []


MESSAGES = re.findall(r"^```json ((?:agent|page) \S+)\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)


async def test_the_messages_of_the_guide_are_those_of_the_agent() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana"}))
    scene.page(values=FULL)
    await run(
        call,
        ("form_set_values", {"form_id": "book-demo", "values": {"email": "ana@example.com"}}),
        ("form_go_to_step", {"form_id": "book-demo", "step_index": 1}),
    )
    await run(call, ("form_submit", {"form_id": "book-demo"}))
    sent: dict[str, list[Any]] = {f"agent {topic}": [] for topic, _ in scene.clients.delivered}
    for topic, payload in scene.clients.delivered:
        sent[f"agent {topic}"].append(payload)
    for name, text in MESSAGES:
        if name.startswith("agent"):
            assert json.loads(text) in sent[name], name
    for name, text in MESSAGES:
        if name.startswith("page"):
            scene.clients.publish(name.removeprefix("page "), json.loads(text))
    await call.asks("Done?")
    assert note_of(call)[0]["status"] == "submitted"
    await call.ends()
    assert steps(call) == ["opened", "refused", "submitted"]
    assert [name for name, _ in MESSAGES].count("agent form.control") == 3
