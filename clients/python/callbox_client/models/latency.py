from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Latency")


@_attrs_define
class Latency:
    """The parts of the time that the caller waited for an answer, in milliseconds and in order.

    Their sum is the time from the end of the caller's speech to the first audio sent to the room. A part that was done
    ahead of time is 0.

        Attributes:
            end_of_turn (float): Until the end of the caller's turn was detected.
            final_transcript (float): From then until the final transcript.
            first_token (float): From then until the first token of the language model.
            first_audio (float): From then until the first audio of the voice.
            playout (float): From then until that audio was sent to the room.
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
