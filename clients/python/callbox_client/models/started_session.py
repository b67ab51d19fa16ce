from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="StartedSession")


@_attrs_define
class StartedSession:
    """What a client needs to join the call.

    Example:
        {'token': 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', 'livekit_url': 'wss://media.shop.example', 'room_name':
            'callbox-support-bot-5Yc0aQ', 'participant_identity': 'user-8d1fQ2', 'session_id':
            'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'expires_in_seconds': 3600, 'character_slug': 'support-bot', 'system_prompt':
            'You answer calls for a bicycle shop.', 'greeting': 'Hello, how can I help?'}

    Attributes:
        token (str): LiveKit access token for `Room.connect`.
        livekit_url (str): Address of the LiveKit server.
        room_name (str): LiveKit room of this call.
        participant_identity (str): Identity of the caller in the room.
        session_id (str): Id of the call, for its history and form responses.
        expires_in_seconds (int): Seconds until the token expires.
        character_slug (str): Slug of the character.
        system_prompt (str): The prompt of this call.
        greeting (str): The greeting of this call.
    """

    token: str
    livekit_url: str
    room_name: str
    participant_identity: str
    session_id: str
    expires_in_seconds: int
    character_slug: str
    system_prompt: str
    greeting: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        token = self.token

        livekit_url = self.livekit_url

        room_name = self.room_name

        participant_identity = self.participant_identity

        session_id = self.session_id

        expires_in_seconds = self.expires_in_seconds

        character_slug = self.character_slug

        system_prompt = self.system_prompt

        greeting = self.greeting

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "token": token,
                "livekit_url": livekit_url,
                "room_name": room_name,
                "participant_identity": participant_identity,
                "session_id": session_id,
                "expires_in_seconds": expires_in_seconds,
                "character_slug": character_slug,
                "system_prompt": system_prompt,
                "greeting": greeting,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token = d.pop("token")

        livekit_url = d.pop("livekit_url")

        room_name = d.pop("room_name")

        participant_identity = d.pop("participant_identity")

        session_id = d.pop("session_id")

        expires_in_seconds = d.pop("expires_in_seconds")

        character_slug = d.pop("character_slug")

        system_prompt = d.pop("system_prompt")

        greeting = d.pop("greeting")

        started_session = cls(
            token=token,
            livekit_url=livekit_url,
            room_name=room_name,
            participant_identity=participant_identity,
            session_id=session_id,
            expires_in_seconds=expires_in_seconds,
            character_slug=character_slug,
            system_prompt=system_prompt,
            greeting=greeting,
        )

        started_session.additional_properties = d
        return started_session

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
