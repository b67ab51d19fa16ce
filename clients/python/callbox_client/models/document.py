from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.document_status import DocumentStatus, check_document_status

T = TypeVar("T", bound="Document")


@_attrs_define
class Document:
    """A file or web page in the knowledge base of a character.

    Example:
        {'id': 'doc_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'file': 's3://callbox/documents/chr_1/doc_1/handbook.pdf', 'file_type':
            'pdf', 'status': 'PROCESSED', 'chunk_count': 12, 'created_at': '2026-01-31T09:30:00Z', 'name': 'handbook.pdf',
            'error': None, 'notes': []}

    Attributes:
        id (str):
        file (str): Where the file is stored.
        file_type (str): `pdf`, `docx`, `txt`; also `pptx`, `xlsx`, `html`, `md`, `csv`.
        status (DocumentStatus): `PENDING`: waits to be processed. `PROCESSED`: searches find it. `FAILED`: it cannot be
            read.
        chunk_count (int): Number of its passages; 0 until it is `PROCESSED`.
        created_at (datetime.datetime):
        name (str): Name of the file or address of the page; `metadata.source` of its passages.
        error (None | str): Why it failed; null if it did not.
        notes (list[str]): What was left out on purpose, a sentence each: hidden text, pages without text, comments …
    """

    id: str
    file: str
    file_type: str
    status: DocumentStatus
    chunk_count: int
    created_at: datetime.datetime
    name: str
    error: None | str
    notes: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        file = self.file

        file_type = self.file_type

        status: str = self.status

        chunk_count = self.chunk_count

        created_at = self.created_at.isoformat()

        name = self.name

        error: None | str
        error = self.error

        notes = self.notes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "file": file,
                "file_type": file_type,
                "status": status,
                "chunk_count": chunk_count,
                "created_at": created_at,
                "name": name,
                "error": error,
                "notes": notes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        file = d.pop("file")

        file_type = d.pop("file_type")

        status = check_document_status(d.pop("status"))

        chunk_count = d.pop("chunk_count")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        name = d.pop("name")

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))

        notes = cast(list[str], d.pop("notes"))

        document = cls(
            id=id,
            file=file,
            file_type=file_type,
            status=status,
            chunk_count=chunk_count,
            created_at=created_at,
            name=name,
            error=error,
            notes=notes,
        )

        document.additional_properties = d
        return document

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
