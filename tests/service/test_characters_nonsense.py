"""Protobuf-valid nonsense at characters and their files: refused for a reason, never `INTERNAL` and never `UNKNOWN`."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

import grpc
from callbox.characters.v1 import characters_pb2 as pb
from callbox.characters.v1 import media_pb2
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from callbox.characters.v1.media_pb2_grpc import MediaServiceStub
from google.protobuf.struct_pb2 import Struct

from services.kit.client import call
from services.kit.errors import CallboxError, Code
from tests.fixtures.characters import Owner

if TYPE_CHECKING:
    from tests.fixtures.identities import Callers

_TEXTS = [
    "",
    "support-bot",
    "chr_",
    "chr_x",
    "\x00",
    "a\x00b",
    "../..",
    "*",
    "🤖" * 50,
    "x" * 70_000,
    "\u202e",
    "null",
    "••••1234",
]
_NUMBERS = [0, 1, -1, 2, 200, 2**31 - 1, -(2**31)]
_DOUBLES = [0.0, -0.0, 1e308, math.inf, -math.inf, math.nan, 2.0**60, 0.5]
_FIELDS = [
    *("slug", "name", "tools", "mcp_servers", "widget_appearance", "voice", "handoff_targets", "documents", "image"),
    *(
        "allowed_origins",
        "config",
        "kind",
        "input_schema",
        "headers",
        "forms",
        "id",
        "$ref",
        "$schema",
        "pattern",
        "url",
    ),
]


class Nonsense:
    """Makes values that are valid for their type and for nothing else."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def text(self) -> str:
        return self._chance.choice(_TEXTS)

    def texts(self) -> list[str]:
        return [self.text() for _ in range(self._chance.randrange(4))]

    def number(self) -> int:
        return self._chance.choice(_NUMBERS)

    def mode(self) -> pb.UpdateMode.ValueType:
        # Numbers that no mode has, too: protobuf takes any.
        return cast("pb.UpdateMode.ValueType", self.number() % 4)

    def purpose(self) -> media_pb2.MediaPurpose.ValueType:
        return cast("media_pb2.MediaPurpose.ValueType", self.number() % 4)

    def struct(self) -> Struct:
        struct = Struct()
        struct.update(self._object(4))
        return struct

    def _object(self, depth: int) -> dict[str, Any]:
        names = [*_FIELDS, self.text()]
        return {self._chance.choice(names): self._value(depth) for _ in range(self._chance.randrange(6))}

    def _value(self, depth: int) -> Any:
        match self._chance.randrange(6 if depth else 4):
            case 0:
                return self.text()
            case 1:
                return self._chance.choice(_DOUBLES)
            case 2:
                return self._chance.choice([None, True, False])
            case 3:
                return self._chance.choice(_FIELDS)
            case 4:
                return [self._value(depth - 1) for _ in range(self._chance.randrange(4))]
        return self._object(depth - 1)


async def code_of(answer: Awaitable[object]) -> Code | None:
    """The code of a refusal, None when there was none."""
    try:
        await answer
    except CallboxError as error:
        return error.code
    return None


async def test_nonsense_is_refused_for_a_reason(characters_channel: grpc.aio.Channel, callers: Callers) -> None:
    characters, media = CharactersServiceStub(characters_channel), MediaServiceStub(characters_channel)
    await Owner(characters, callers.user()).create()
    make = Nonsense(14)
    identities = [callers.user(), callers.service("agent"), callers.visitor("https://acme.com"), "", "x.y.z"]
    answered = 0
    for _ in range(60):
        requests: list[tuple[Any, Any]] = [
            (characters.CreateCharacter, pb.CreateCharacterRequest(definition=make.struct())),
            (
                characters.UpdateCharacter,
                pb.UpdateCharacterRequest(
                    slug="support-bot", definition=make.struct(), mode=make.mode(), if_match=make.texts()
                ),
            ),
            (characters.GetCharacter, pb.GetCharacterRequest(slug=make.text())),
            (
                characters.ListCharacters,
                pb.ListCharactersRequest(
                    page_size=make.number(), page_token=make.text(), query=make.text(), skip=make.number()
                ),
            ),
            (
                characters.ListCharacterVersions,
                pb.ListCharacterVersionsRequest(
                    slug=make.text(), page_size=make.number(), page_token=make.text(), skip=make.number()
                ),
            ),
            (
                characters.GetCharacterVersion,
                pb.GetCharacterVersionRequest(slug=make.text(), version=make.number()),
            ),
            (
                characters.CompareCharacterVersions,
                pb.CompareCharacterVersionsRequest(slug=make.text(), version=make.number(), against=make.number()),
            ),
            (
                characters.RestoreCharacterVersion,
                pb.RestoreCharacterVersionRequest(slug=make.text(), version=make.number(), if_match=make.texts()),
            ),
            (characters.Resolve, pb.ResolveRequest(agent=make.text())),
            (
                characters.ReadSecrets,
                pb.ReadSecretsRequest(character_id=make.text(), version=make.number()),
            ),
            (media.GetMedia, media_pb2.GetMediaRequest(character_id=make.text(), name=make.text())),
            (
                media.UploadMedia,
                iter(
                    [
                        media_pb2.UploadMediaRequest(
                            header=media_pb2.UploadMediaHeader(
                                slug=make.text(), purpose=make.purpose(), if_match=make.texts()
                            )
                        ),
                        media_pb2.UploadMediaRequest(content=make.text().encode()),
                        media_pb2.UploadMediaRequest(),
                    ]
                ),
            ),
        ]
        for number, (method, message) in enumerate(requests):
            identity = identities[(answered + number) % len(identities)]
            code = await code_of(call(method, message, identity=identity))
            assert code not in (Code.INTERNAL, Code.UPSTREAM_UNAVAILABLE), (number, message)
        answered += len(requests)
    assert (await Owner(characters, callers.user()).get()).slug == "support-bot"
