"""Answers to forms as the contract shows them (section 5.5). Pure."""

from typing import Any

from callbox.sessions.v1 import forms_pb2 as pb

from services.gateway.answers.times import iso
from services.kit.structs import to_dict


def item(response: pb.FormResponse) -> dict[str, Any]:
    """One answer: the content of a `FormResponse`, values in the order of the form."""
    values = to_dict(response.values)
    return {
        "id": response.id,
        "form_id": response.form_id,
        "session_id": response.session_id or None,
        "values": {name: values[name] for name in response.field_names if name in values} | values,
        "created_at": iso(response.create_time),
    }
