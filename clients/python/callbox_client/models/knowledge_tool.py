from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.knowledge_config import KnowledgeConfig
    from ..models.knowledge_tool_input_schema_type_0 import KnowledgeToolInputSchemaType0


T = TypeVar("T", bound="KnowledgeTool")


@_attrs_define
class KnowledgeTool:
    """A function that searches the character's documents.

    Attributes:
        name (str): Name of the function that the model calls.
        description (str): Tells the model what the function does and when to call it.
        kind (Literal['kb']):
        input_schema (KnowledgeToolInputSchemaType0 | None | Unset): JSON Schema of the arguments, an object; without
            one there are none.
        config (KnowledgeConfig | None | Unset):
        is_active (bool | None | Unset): `false` hides the tool from the model. Default: True.
        ordering (float | None | Unset): Tools are shown to the model in ascending order of it. Default: 0.0.
    """

    name: str
    description: str
    kind: Literal["kb"]
    input_schema: KnowledgeToolInputSchemaType0 | None | Unset = UNSET
    config: KnowledgeConfig | None | Unset = UNSET
    is_active: bool | None | Unset = True
    ordering: float | None | Unset = 0.0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.knowledge_config import KnowledgeConfig  # noqa: PLC0415
        from ..models.knowledge_tool_input_schema_type_0 import KnowledgeToolInputSchemaType0  # noqa: PLC0415

        name = self.name

        description = self.description

        kind = self.kind

        input_schema: dict[str, Any] | None | Unset
        if isinstance(self.input_schema, Unset):
            input_schema = UNSET
        elif isinstance(self.input_schema, KnowledgeToolInputSchemaType0):
            input_schema = self.input_schema.to_dict()
        else:
            input_schema = self.input_schema

        config: dict[str, Any] | None | Unset
        if isinstance(self.config, Unset):
            config = UNSET
        elif isinstance(self.config, KnowledgeConfig):
            config = self.config.to_dict()
        else:
            config = self.config

        is_active: bool | None | Unset
        if isinstance(self.is_active, Unset):
            is_active = UNSET
        else:
            is_active = self.is_active

        ordering: float | None | Unset
        if isinstance(self.ordering, Unset):
            ordering = UNSET
        else:
            ordering = self.ordering

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "description": description,
                "kind": kind,
            }
        )
        if input_schema is not UNSET:
            field_dict["input_schema"] = input_schema
        if config is not UNSET:
            field_dict["config"] = config
        if is_active is not UNSET:
            field_dict["is_active"] = is_active
        if ordering is not UNSET:
            field_dict["ordering"] = ordering

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.knowledge_config import KnowledgeConfig  # noqa: PLC0415
        from ..models.knowledge_tool_input_schema_type_0 import KnowledgeToolInputSchemaType0  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        description = d.pop("description")

        kind = cast(Literal["kb"], d.pop("kind"))
        if kind != "kb":
            raise ValueError(f"kind must match const 'kb', got '{kind}'")

        def _parse_input_schema(data: object) -> KnowledgeToolInputSchemaType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                input_schema_type_0 = KnowledgeToolInputSchemaType0.from_dict(data)

                return input_schema_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(KnowledgeToolInputSchemaType0 | None | Unset, data)

        input_schema = _parse_input_schema(d.pop("input_schema", UNSET))

        def _parse_config(data: object) -> KnowledgeConfig | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                config_type_0 = KnowledgeConfig.from_dict(data)

                return config_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(KnowledgeConfig | None | Unset, data)

        config = _parse_config(d.pop("config", UNSET))

        def _parse_is_active(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_active = _parse_is_active(d.pop("is_active", UNSET))

        def _parse_ordering(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        ordering = _parse_ordering(d.pop("ordering", UNSET))

        knowledge_tool = cls(
            name=name,
            description=description,
            kind=kind,
            input_schema=input_schema,
            config=config,
            is_active=is_active,
            ordering=ordering,
        )

        knowledge_tool.additional_properties = d
        return knowledge_tool

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
