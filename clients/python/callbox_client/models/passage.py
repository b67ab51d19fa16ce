from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.passage_metadata import PassageMetadata


T = TypeVar("T", bound="Passage")


@_attrs_define
class Passage:
    """A passage of a document.

    Example:
        {'text': 'On Saturdays we are open from 10 to 16.', 'metadata': {'source': 'handbook.pdf', 'page': 3}, 'score':
            1.0, 'document_id': 'doc_Zk3vQy0N8rT1mJ5sXw2eLb7u'}

    Attributes:
        text (str):
        metadata (PassageMetadata): Where a passage comes from.
        score (float): 1 for a passage that ranks first both by meaning and by words.
        document_id (str):
    """

    text: str
    metadata: PassageMetadata
    score: float
    document_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        metadata = self.metadata.to_dict()

        score = self.score

        document_id = self.document_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "text": text,
                "metadata": metadata,
                "score": score,
                "document_id": document_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.passage_metadata import PassageMetadata  # noqa: PLC0415

        d = dict(src_dict)
        text = d.pop("text")

        metadata = PassageMetadata.from_dict(d.pop("metadata"))

        score = d.pop("score")

        document_id = d.pop("document_id")

        passage = cls(
            text=text,
            metadata=metadata,
            score=score,
            document_id=document_id,
        )

        passage.additional_properties = d
        return passage

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
