"""Names that are made from a form's id: its tool, topics and types (contract 5.1, 6 and 7.8)."""

from collections.abc import Mapping
from typing import Any

CONFIRMATION_TOPIC = "voice.user_text"
# Topics on which Callbox and LiveKit speak to a client. Another sender could pass for them.
_OWN_PREFIXES = ("voice", "lk", "callbox")
_OWN_TOPICS = ("form.state", "form.control")
# Functions that steer a form that is open (14.13).
SET_VALUES = "form_set_values"
GO_TO_STEP = "form_go_to_step"
SUBMIT = "form_submit"
CLOSE = "form_close"
STEERING = (SET_VALUES, GO_TO_STEP, SUBMIT, CLOSE)


def tool_name(form_id: str) -> str:
    """Name of the tool that opens a form: hyphens become underscores."""
    return form_id.replace("-", "_")


def topic(form_id: str) -> str:
    """Data topic that opens a form; hyphens stay."""
    return f"form.{form_id}"


def is_own(topic: str) -> bool:
    """Whether a data topic is one of Callbox's or LiveKit's own."""
    return topic.partition(".")[0] in _OWN_PREFIXES or topic in _OWN_TOPICS


def opens_some_form(topic: str) -> bool:
    """Whether a data topic has the form of those that open forms, so that it could belong to a form."""
    return topic.partition(".")[0] == "form" or topic.endswith(".form")


def opening_topics(form: Mapping[str, Any]) -> list[str]:
    """Every data topic that opens a form, the first one first."""
    return list(dict.fromkeys([topic(form["id"]), f"{form['id']}.form", *(form.get("topics") or ())]))


def opening_types(form: Mapping[str, Any]) -> list[str]:
    """Every `type` of the legacy message that opens a form."""
    return list(dict.fromkeys([f"{tool_name(form['id'])}_form", *(form.get("event_types") or ())]))


def confirmation_topic(form: Mapping[str, Any]) -> str:
    """Data topic on which a submitted form is confirmed."""
    return form.get("confirmation_topic") or CONFIRMATION_TOPIC


def confirmation_type(form: Mapping[str, Any]) -> str:
    """`type` of the message that confirms a submitted form."""
    return form.get("confirmation_type") or f"{form['id']}_submitted"
