"""Form responses as the contract shows them (section 5.5). Pure."""

from typing import Any

from callbox.sessions.v1 import forms_pb2 as pb

from services.kit.structs import from_struct
from services.kit.times import iso, moment


def form_response(response: pb.FormResponse) -> dict[str, Any]:
    """One form response: the content of a `FormResponse`, with the values in the order of the form's fields."""
    values = from_struct(response.values)
    return {
        "id": response.id,
        "form_id": response.form_id,
        "session_id": response.session_id or None,
        "values": {name: values[name] for name in response.field_names if name in values} | values,
        "created_at": iso(moment(response.create_time)),
    }
