from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Latency")


@_attrs_define
class Latency:
    """Milliseconds of a wait by its parts, one after another; what was done ahead of time counts 0.

    Together they are the time from the end of the caller's speech to the first sound handed to the room.

        Attributes:
            end_of_turn (float): Until it was clear that the caller had finished.
            final_transcript (float): From there until the caller's words were final.
            first_token (float): From there until the language model's first token.
            first_audio (float): From there until the voice's first sound.
            playout (float): From there until that sound was handed to the room.
    """

    end_of_turn: float
    final_transcript: float
    first_token: float
    first_audio: float
    playout: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        end_of_turn = self.end_of_turn

        final_transcript = self.final_transcript

        first_token = self.first_token

        first_audio = self.first_audio

        playout = self.playout

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "end_of_turn": end_of_turn,
                "final_transcript": final_transcript,
                "first_token": first_token,
                "first_audio": first_audio,
                "playout": playout,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        end_of_turn = d.pop("end_of_turn")

        final_transcript = d.pop("final_transcript")

        first_token = d.pop("first_token")

        first_audio = d.pop("first_audio")

        playout = d.pop("playout")

        latency = cls(
            end_of_turn=end_of_turn,
            final_transcript=final_transcript,
            first_token=first_token,
            first_audio=first_audio,
            playout=playout,
        )

        latency.additional_properties = d
        return latency

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
