"""Contract 3.5: the Python client, generated from the OpenAPI document, on the real gateway."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from callbox_client import AuthenticatedClient
from callbox_client.api.accounts import get_me
from callbox_client.api.characters import change_character, create_character, get_character, put_image, put_voice
from callbox_client.api.forms import list_form_responses
from callbox_client.api.history import get_session_history
from callbox_client.api.knowledge_base import add_document, list_documents
from callbox_client.api.sessions import end_session, get_session, start_session
from callbox_client.models import (
    AddDocumentFilesBody,
    Character,
    CharacterChange,
    CharacterDefinition,
    Document,
    EnvelopeAgentSessionSummary,
    ErrorBody,
    Me,
    PutVoiceFilesBody,
    Session,
    StartedSession,
    StartSession,
)
from callbox_client.types import File

from tests.fixtures.media import image, voice
from tests.fixtures.tenants import OWNER

if TYPE_CHECKING:
    from tests.http.site import Site

EXAMPLE = Path(__file__).parents[2] / "clients" / "python" / "example.py"
_EXAMPLE_SECONDS = 30


async def test_the_example_starts_a_call_and_reads_the_history(site: Site) -> None:
    environ = {
        **os.environ,
        "PYTHONPATH": str(EXAMPLE.parent),
        "CALLBOX_URL": site.base_url,
        "CALLBOX_API_KEY": site.key,
        "CALLBOX_AGENT": "support-bot",
    }
    async with site.house.worker():
        for agent, code in (("support-bot", 0), ("nobody-here", 1)):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                EXAMPLE,
                env=environ | {"CALLBOX_AGENT": agent},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            output, errors = await asyncio.wait_for(process.communicate(), _EXAMPLE_SECONDS)
            assert process.returncode == code, errors.decode()
            if code:
                assert errors.decode().startswith("not_found: ")
                continue
            join = json.loads(output.decode().splitlines()[0])
            assert join["livekit_url"] == site.house.livekit.websocket_url
            assert join["session"] in output.decode().split("\n", 1)[1]


async def test_answers_to_forms_are_read_as_a_list_and_as_csv(site: Site) -> None:
    form = {"id": "note", "title": "Note", "fields": [{"name": "text", "type": "text"}]}
    await site.owner.patch("/api/ai-characters/support-bot/", json={"widget_appearance": {"forms": [form]}})
    sent = {"form_id": "note", "values": {"text": "grüß Gott, Welt"}}
    assert (await site.owner.post("/api/agents/support-bot/form-responses/", json=sent)).status_code == 201
    async with AuthenticatedClient(base_url=site.base_url, token=site.access) as client:
        listed = await list_form_responses.asyncio("support-bot", client=client)
        assert isinstance(listed, list)
        assert listed[0].values.to_dict() == sent["values"]
        exported = await list_form_responses.asyncio("support-bot", client=client, format_="csv")
        assert isinstance(exported, str)
        (row,) = csv.DictReader(io.StringIO(exported, newline=""))
        assert (row["form_id"], row["text"]) == ("note", "grüß Gott, Welt")


async def test_typed_bodies_and_answers(site: Site) -> None:
    client = AuthenticatedClient(base_url=site.base_url, token=site.access)
    async with client, site.house.worker():
        me = await get_me.asyncio(client=client)
        assert isinstance(me, Me)
        assert (me.email, me.limits.concurrent_sessions) == (OWNER["email"], 10)

        definition = CharacterDefinition(slug="typed-bot", name="Typed", allowed_origins=["https://shop.example"])
        made = await create_character.asyncio(client=client, body=definition)
        assert isinstance(made, Character)
        assert (made.slug, made.version, made.max_turn_seconds) == ("typed-bot", 1, 35)
        changed = await change_character.asyncio("typed-bot", client=client, body=CharacterChange(greeting="Hello!"))
        assert isinstance(changed, Character)
        assert (changed.greeting, changed.allowed_origins) == ("Hello!", ["https://shop.example"])

        started = await start_session.asyncio(client=client, body=StartSession(agent="typed-bot"))
        assert isinstance(started, StartedSession)
        assert started.greeting == "Hello!"
        session = await get_session.asyncio(started.session_id, client=client)
        assert isinstance(session, Session)
        assert session.status == "created"
        ended = await end_session.asyncio(started.session_id, client=client)
        assert isinstance(ended, Session)
        assert ended.end_reason == "ended_by_api"
        history = await get_session_history.asyncio(started.session_id, client=client)
        assert isinstance(history, EnvelopeAgentSessionSummary)
        assert history.data.character_version == 2

    async with AuthenticatedClient(base_url=site.base_url, token="nobody") as nobody:
        refusal = await get_character.asyncio("typed-bot", client=nobody)
        assert isinstance(refusal, ErrorBody)
        assert refusal.code == "not_authenticated"


async def test_files_as_forms_and_alone(site: Site) -> None:
    """Contract 12.1, 14.12: a document, a voice in a form, a picture that is the whole body."""
    async with AuthenticatedClient(base_url=site.base_url, token=site.access) as client:
        page = File(io.BytesIO(b"We open at ten."), "hours.txt", "text/plain")
        taken = await add_document.asyncio("support-bot", client=client, body=AddDocumentFilesBody(file=page))
        assert isinstance(taken, Document)
        assert (taken.name, taken.file_type, taken.status) == ("hours.txt", "txt", "PENDING")
        assert await list_documents.asyncio("support-bot", client=client) == [taken]
        spoken = PutVoiceFilesBody(file=File(io.BytesIO(voice()), "ada.wav", "audio/wav"))
        heard = await put_voice.asyncio("support-bot", client=client, body=spoken)
        assert isinstance(heard, Character)
        assert str(heard.voice.audio_file).endswith(".wav")
    with AuthenticatedClient(base_url=site.base_url, token=site.access) as client:
        # httpx sends a file that is the whole body from a client that waits.
        picture = File(io.BytesIO(image("PNG")))
        shown = await asyncio.to_thread(put_image.sync, "support-bot", client=client, body=picture)
        assert isinstance(shown, Character)
        assert str(shown.image).endswith(".png")
