"""Makes examples of bodies from their schemas. Pure: an OpenAPI document in, plain values out."""

from typing import Any

from services.kit.errors import Code

MOMENT = "2026-03-01T12:00:00Z"
_OF_FORMAT = {"date-time": MOMENT, "date": "2026-03-01", "uri": "https://shop.example/", "binary": "…"}
# Examples for strings whose schema has none, by the name of the field.
_OF_NAME: dict[str, str] = {
    "access": "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
    "agent": "support-bot",
    "authorization_url": "https://accounts.google.com/o/oauth2/v2/auth?client_id=callbox&state=5Yc0aQ",
    "character_slug": "support-bot",
    "character_type": "SUPPORT_AGENT",
    "chunk_text": "Saturday: 10 to 16.",
    "content_type": "application/pdf",
    "detail": "connect timeout",
    "disabled_reason": "It answered nothing but errors for 24 h.",
    "document_id": "doc_8d1fQ2Zk3vQy0N8rT1mJ",
    "description": "Looks up an order by its number.",
    "email": "ada@shop.example",
    "error": "The file is not a PDF.",
    "event_types": "book_demo",
    "fab_label": "Talk to us",
    "fab_sublabel": "We answer at once",
    "file": "https://shop.example/files/prices.pdf",
    "file_type": "pdf",
    "filename": "prices.pdf",
    "form_id": "book-demo",
    "fragment": "Saturday",
    "greeting": "Hello, how can I help?",
    "id": "8d1fQ2Zk3vQy0N8rT1mJ",
    "image": "https://shop.example/agent.png",
    "key": "sk_" + "0123456789abcdef" * 4,
    "language": "en",
    "livekit_url": "wss://media.shop.example",
    "logo_url": "https://shop.example/logo.svg",
    "llm_api_key": "••••1234",
    "llm_model": "gpt-4o-mini",
    "llm_provider": "openai",
    "message": "Request successful",
    "name": "Support",
    "origin_url": "https://shop.example/help",
    "participant_identity": "user-8d1fQ2",
    "password": "correct horse battery",
    "powered_by_url": "https://shop.example/",
    "changed": "greeting",
    "response_excerpt": "ok",
    "result_preview": '{"status": "shipped"}',
    "refresh": "rt_5Yc0aQZk3vQy0N8rT1mJ5sXw2eLb7u",
    "request_id": "req_Zk3vQy0N8rT1mJ5sXw2eLb7u",
    "room_name": "callbox-support-bot-5Yc0aQ",
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "session_id": "sess_Zk3vQy0N8rT1mJ5sXw2eLb7u",
    "slug": "support-bot",
    "source": "prices.pdf",
    "subtitle": "Bicycles and parts",
    "success_message": "Thank you, we will call you back.",
    "stt_model": "whisper-en-large",
    "stt_provider": "moonshine",
    "system_prompt": "You answer calls for a bicycle shop.",
    "terms_url": "https://shop.example/terms",
    "topics": "demo.open",
    "tenant_id": "ten_8d1fQ2Zk3vQy",
    "text": "What time do you open on Saturday?",
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    "tts_model": "chatterbox-en-v1",
    "tts_provider": "hibari",
    "url": "https://shop.example/hooks/callbox",
    "webhook": "whk_8d1fQ2Zk3vQy0N8rT1mJ",
    "voice_model": "chatterbox-en-v1",
}
# An example for each error code: the message, and the errors by field.
_OF_CODE: dict[str, tuple[str, dict[str, list[str]]]] = {
    Code.INVALID_REQUEST: ("The body is not valid JSON at line 1, column 12; send a JSON object.", {}),
    Code.NOT_AUTHENTICATED: ("Sign in first: send `Authorization: Bearer <access>` or an `X-API-Key` header.", {}),
    Code.TOKEN_EXPIRED: ("The access token has expired; refresh it at /api/auth/refresh/.", {}),
    Code.ORIGIN_NOT_ALLOWED: (
        "This character is open only to pages whose origin is in its allowed_origins, and to a credential of "
        "its owner; add the origin or send X-API-Key.",
        {},
    ),
    Code.PERMISSION_DENIED: ("API keys are managed with an access token; sign in at /api/auth/login/.", {}),
    Code.NOT_FOUND: ("The thing was not found; check its name and that it is yours.", {}),
    Code.METHOD_NOT_ALLOWED: ("This address does not take DELETE; it takes GET, POST.", {}),
    Code.CONFLICT: ("This slug is taken; choose another.", {"slug": ["is taken"]}),
    Code.SESSION_TAKEN: ("This call is taken.", {}),
    "precondition_failed": ("It has changed since you read it; read it again and send its new ETag as If-Match.", {}),
    Code.PAYLOAD_TOO_LARGE: ("The body is larger than 1048576 bytes (1 MB); send less at once.", {}),
    Code.UNSUPPORTED_MEDIA_TYPE: ("Send the body as JSON with the header Content-Type: application/json.", {}),
    Code.VALIDATION_FAILED: ("name: Field required", {"name": ["Field required"]}),
    Code.CONCURRENCY_LIMIT_REACHED: ("The limit of 10 calls at one moment is reached; end one or wait.", {}),
    Code.RATE_LIMITED: ("Too many tries; wait a moment and try again.", {}),
    Code.AT_CAPACITY: ("There is no room at this moment; try again in a moment.", {}),
    Code.UPSTREAM_UNAVAILABLE: ("A part of the service cannot be reached right now; try again in a moment.", {}),
    Code.INTERNAL: (
        "Something went wrong on our side; try again, and name the request_id when you report it.",
        {},
    ),
}


def refusal(code: Code) -> dict[str, Any]:
    """An example of the error body with this code."""
    message, errors = _OF_CODE.get(code, ("This was refused.", {}))
    return {
        "success": False,
        "message": message,
        "data": None,
        "errors": errors,
        "code": str(code),
        "request_id": _OF_NAME["request_id"],
    }


class Examples:
    """Makes examples from the schemas of one document. missing: the strings for which no example is known."""

    def __init__(self, named: dict[str, Any]) -> None:
        self._named = named
        self.missing: list[str] = []

    def of(self, schema: dict[str, Any], where: str) -> Any:
        """An example that the schema allows. where: its place in the document; the last part is the field's name."""
        if "example" in schema:
            return self.complete(schema["example"], schema, where)
        if schema.get("examples"):
            return schema["examples"][0]
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.of(self._named[name], where)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        for keyword in ("anyOf", "oneOf", "allOf"):
            if choices := [choice for choice in schema.get(keyword, ()) if choice.get("type") != "null"]:
                return self.of(choices[0], where)
        if schema.get("default") not in (None, "", [], {}):
            return schema["default"]
        return self._of_type(schema, where)

    def complete(self, example: Any, schema: dict[str, Any], where: str) -> Any:
        """The example with its fields in the order of the schema, and with the required fields that it lacks.

        It may lack fields because a model inherits the example of its base class, and because FastAPI drops nulls.
        """
        schema = self._named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if isinstance(example, list):
            return [self.complete(one, schema.get("items", {}), where) for one in example]
        if not isinstance(example, dict):
            return example
        made, required = {}, schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            if name in example:
                made[name] = self.complete(example[name], field, f"{where}.{name}")
            elif name in required:
                # FastAPI may have dropped a null here.
                may_be_null = any(choice.get("type") == "null" for choice in (field, *field.get("anyOf", ())))
                made[name] = None if may_be_null else self.of(field, f"{where}.{name}")
        return {**made, **{name: value for name, value in example.items() if name not in made}}

    def title(self, schema: dict[str, Any]) -> str:
        """The name of the schema."""
        named = self._named.get(schema.get("$ref", "").rpartition("/")[2], schema)
        return str(named.get("title", named.get("type", "value")))

    def _of_type(self, schema: dict[str, Any], where: str) -> Any:
        kind = schema.get("type")
        if kind == "object":
            return {name: self.of(field, f"{where}.{name}") for name, field in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.of(schema["items"], where)] if schema.get("items") else []
        if kind == "string":
            return self._text(schema, where)
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        return True if kind == "boolean" else None

    def _text(self, schema: dict[str, Any], where: str) -> str:
        name = where.rpartition(".")[2]
        found = _OF_FORMAT.get(schema.get("format", "")) or _OF_NAME.get(name)
        if found is None and "default" not in schema:
            self.missing.append(where)
        return found or schema.get("default", name)
