"""Contract 5.4, 5.5, 14.6 and 14.12: answers to forms, sent by pages and read by the owner."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest_asyncio

from tests.fixtures.sessions import ORIGIN
from tests.http.site import refused

if TYPE_CHECKING:
    from tests.http.site import Site

CHARACTER = "/api/ai-characters/support-bot/"
RESPONSES = "/api/agents/support-bot/form-responses/"
PAGE = {"Origin": ORIGIN}
DEMO: dict[str, Any] = {
    "id": "book-demo",
    "title": "Book a demo",
    "submit_url": None,
    "steps": [
        {
            "id": "you",
            "title": "You",
            "fields": [
                {"type": "display", "label": "Welcome"},
                {"name": "first_name", "type": "text", "required": True, "max": 20},
                {"name": "email", "type": "email", "pattern": "@acme\\.com$"},
            ],
        },
        {
            "id": "when",
            "title": "When",
            "fields": [
                {"name": "day", "type": "date", "min": "2026-01-01"},
                {"name": "people", "type": "number", "min": 1, "max": 10},
                {"name": "consent", "type": "checkbox", "required": True},
                {"name": "source", "type": "text", "default_value": "voice-widget"},
            ],
        },
    ],
}
NOTE: dict[str, Any] = {"id": "note", "title": "Note", "fields": [{"name": "text", "type": "textarea"}]}
GOOD: dict[str, Any] = {"first_name": "Alice", "email": "alice@acme.com", "consent": True, "people": "3"}


@pytest_asyncio.fixture
async def forms(site: Site) -> Site:
    """A character with forms of every sort."""
    await set_forms(
        site,
        DEMO,
        NOTE,
        {**NOTE, "id": "off", "disabled": True},
        {**NOTE, "id": "own", "submit_url": "https://acme.example/leads"},
    )
    return site


async def set_forms(site: Site, *forms: dict[str, Any]) -> None:
    answer = await site.owner.patch(CHARACTER, json={"widget_appearance": {"forms": list(forms)}})
    assert answer.status_code == 200, answer.text


async def submit(
    site: Site, values: dict[str, Any], form_id: str = "book-demo", *, key: str = "", **more: Any
) -> httpx.Response:
    headers = {**PAGE, **({"Idempotency-Key": key} if key else {})}
    return await site.nobody.post(RESPONSES, json={"form_id": form_id, "values": values, **more}, headers=headers)


async def stored(site: Site, **query: Any) -> list[dict[str, Any]]:
    answer = await site.owner.get(RESPONSES, params=query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


async def test_a_page_submits_and_gets_what_was_stored(forms: Site) -> None:
    """Contract 5.4, 5.5, 14.6: 201 with the item; session_id may be left out (13.2 no. 6); defaults are stored."""
    answer = await submit(forms, GOOD)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    item = answer.json()
    assert set(item) == {"id", "form_id", "session_id", "values", "created_at"}
    assert isinstance(item["id"], int)
    assert (item["form_id"], item["session_id"]) == ("book-demo", None)
    assert item["values"] == {**GOOD, "source": "voice-widget"}
    assert item["values"]["consent"] is True
    assert item["created_at"].endswith("Z")
    assert await stored(forms) == [item]


async def test_an_answer_belongs_to_a_call(forms: Site) -> None:
    """Contract 5.5, 14.6: a session_id must belong to that character, else 422."""
    async with forms.house.worker(slots=9):
        session_id = (await forms.start()).json()["session_id"]
        other = {"slug": "other-bot", "name": "Other", "allowed_origins": [ORIGIN]}
        await forms.owner.post("/api/ai-characters/", json=other)
        foreign = (await forms.start(agent="other-bot")).json()["session_id"]
    item = (await submit(forms, GOOD, session_id=session_id)).json()
    assert item["session_id"] == session_id
    assert (await submit(forms, GOOD, session_id=None)).json()["session_id"] is None
    for wrong in (foreign, "sess_unknown", "nonsense", "sess_" + "x" * 190):
        body = refused(await submit(forms, GOOD, session_id=wrong), 422, "validation_failed")
        assert list(body["errors"]) == ["session_id"]
    assert await stored(forms, session_id=session_id) == [item]
    assert await stored(forms, session_id=foreign) == []
    assert await stored(forms, session_id="nonsense") == []
    assert await stored(forms, form_id="note", session_id=session_id) == []
    assert await stored(forms, form_id="book-demo", session_id=session_id) == [item]


async def test_values_are_judged_by_the_form(forms: Site) -> None:
    """Contract 14.6, 14.12: errors are keyed `values.<field>`, unknown keys refused; every case: test_forms."""
    bad = {"first_name": " ", "email": "a@b.c", "day": "2025-12-31", "people": 11, "consent": "false", "extra": 1}
    answer = await submit(forms, bad)
    body = refused(answer, 422, "validation_failed")
    assert set(body["errors"]) == {f"values.{name}" for name in bad}
    assert answer.headers["access-control-allow-origin"] == ORIGIN, "the page may read why"
    assert set(refused(await submit(forms, {}), 422, "validation_failed")["errors"]) == {
        "values.first_name",
        "values.consent",
    }
    assert await stored(forms) == []


async def test_forms_that_are_not_to_be_answered_here(forms: Site) -> None:
    """Contract 14.12: unknown or disabled form → 404; a form with its own submit URL → 422."""
    for form_id in ("unknown", "off", "", "a b", "%", "x" * 200):
        refused(await submit(forms, {"text": "x"}, form_id), 404, "not_found")
    body = refused(await submit(forms, {"text": "x"}, "own"), 422, "validation_failed")
    assert list(body["errors"]) == ["form_id"]


async def test_bodies_that_are_no_answers(forms: Site) -> None:
    """Contract 14.1, 14.12: 400, 413, 415 and 422 as everywhere."""
    for body, path in (
        ({"values": {}}, "form_id"),
        ({"form_id": "note"}, "values"),
        ({"form_id": 7, "values": {}}, "form_id"),
        ({"form_id": "note", "values": []}, "values"),
        ({"form_id": "note", "values": {}, "session_id": 7}, "session_id"),
        ({"form_id": "note", "values": {"text": 2**60}}, "values.text"),
    ):
        answer = await forms.nobody.post(RESPONSES, json=body, headers=PAGE)
        assert list(refused(answer, 422, "validation_failed")["errors"]) == [path]
    for raw in (b"", b"{", b"[]", b'{"form_id": "note", "values": {"text": 1e400}}', b'"\xff"', b'{"a": "\\u0000"}'):
        answer = await forms.nobody.post(RESPONSES, content=raw, headers={**PAGE, "Content-Type": "application/json"})
        refused(answer, 400, "invalid_request")
    answer = await forms.nobody.post(RESPONSES, content=b"<x/>", headers={**PAGE, "Content-Type": "text/xml"})
    refused(answer, 415, "unsupported_media_type")
    answer = await forms.nobody.post(RESPONSES, content=b"{" + b" " * 1_048_576, headers=PAGE)
    refused(answer, 413, "payload_too_large")
    many = {f"key{number}": "x" for number in range(19_000)}
    assert len(refused(await submit(forms, many, "note"), 422, "validation_failed")["errors"]) == 50
    refused(await submit(forms, {"text": ["x"] * 19_000}, "note"), 422, "validation_failed")
    refused(await submit(forms, {"text": ["x"] * 50_000}, "note"), 413, "payload_too_large")
    # As the documented `curl -d` sends it, with a key that nobody knows.
    raw = b'{"form_id": "note", "values": {"text": "hi"}, "page": "home"}'
    headers = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
    assert (await forms.nobody.post(RESPONSES.rstrip("/"), content=raw, headers=headers)).status_code == 201


async def test_values_of_every_script_come_back_as_they_were_sent(forms: Site) -> None:
    """Contract 14.6: stored as sent."""
    for text in (
        "👩‍👩‍👧 🇺🇳",
        "שלום \u202eעולם",
        "नेपाली",
        "e\u0301",
        "a\r\n\tb",
        "'; drop table x; --",
        "x" * 10_000,
        "",
    ):
        assert (await submit(forms, {"text": text}, "note")).json()["values"] == {"text": text}
    for value in (None, True, 3, 0.5, -1e-7):
        item = (await submit(forms, {"text": value}, "note")).json()
        assert item["values"] == {"text": value}
    long = refused(await submit(forms, {"text": "x" * 10_001}, "note"), 422, "validation_failed")
    assert list(long["errors"]) == ["values.text"]


async def test_who_may_submit(forms: Site) -> None:
    """Contract 14.6, 14.12: an allowed Origin, a key or a JWT of the owner; what is presented must be good."""
    body = {"form_id": "note", "values": {"text": "x"}}
    for headers in ({}, {"Origin": "https://other.example"}, {"Origin": "null"}):
        answer = await forms.nobody.post(RESPONSES, json=body, headers=headers)
        refused(answer, 403, "origin_not_allowed")
        assert answer.headers.get("access-control-allow-origin") == headers.get("Origin")
        assert "Origin" in answer.headers["vary"]
    for client in (forms.owner, forms.keyed):
        assert (await client.post(RESPONSES, json=body)).status_code == 201
    answer = await forms.owner.post(RESPONSES, json=body, headers=PAGE)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (201, ORIGIN)
    for headers in ({"Authorization": "Bearer nonsense"}, {"X-API-Key": "sk_nonsense"}):
        refused(await forms.nobody.post(RESPONSES, json=body, headers={**PAGE, **headers}), 401, "not_authenticated")
    stranger = await forms.stranger()
    refused(await stranger.post(RESPONSES, json=body), 404, "not_found")
    assert (await stranger.post(RESPONSES, json=body, headers=PAGE)).status_code == 201
    # An address that is not listed keeps even a bad answer from telling what the form is like.
    answer = await forms.nobody.post(RESPONSES, json={"form_id": "no", "values": {}}, headers={"Origin": "https://x.y"})
    refused(answer, 403, "origin_not_allowed")
    await forms.owner.patch(CHARACTER, json={"is_active": False})
    refused(await submit(forms, {"text": "x"}, "note"), 404, "not_found")


async def test_a_preflight_is_reflected(forms: Site) -> None:
    """Contract 14.3 and 14.12: the POST is one of the three public endpoints."""
    asked = {
        "Origin": "https://anywhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, idempotency-key",
    }
    for path in (RESPONSES, RESPONSES.rstrip("/")):
        answer = await forms.nobody.options(path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://anywhere.example"
        assert answer.headers["access-control-allow-headers"] == "content-type, idempotency-key"
    listed = await forms.owner.get(RESPONSES, headers=PAGE)
    assert not any(name.startswith("access-control") for name in listed.headers), "reading is not for pages"


async def test_an_idempotency_key_is_honoured(forms: Site) -> None:
    """Contract 14.6, 14.12: same key and body → the same answer; another body → 409; keys are each character's own."""
    first = await submit(forms, {"text": "a"}, "note", key="k1")
    assert "idempotent-replayed" not in first.headers
    again = await submit(forms, {"text": "a"}, "note", key="k1")
    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (201, first.json(), "true")
    answer = await submit(forms, {"text": "b"}, "note", key="k1")
    refused(answer, 409, "conflict")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    refused(await submit(forms, {**GOOD}, "book-demo", key="k1"), 409, "conflict")
    assert (await submit(forms, {"text": "a"}, "note", key="k2")).json()["id"] != first.json()["id"]
    assert len(await stored(forms)) == 2
    together = await asyncio.gather(*(submit(forms, {"text": "c"}, "note", key="k3") for _ in range(8)))
    assert len({answer.json()["id"] for answer in together}) == 1
    assert len(await stored(forms)) == 3
    # What was refused has taken no key.
    refused(await submit(forms, {"text": []}, "note", key="k4"), 422, "validation_failed")
    assert (await submit(forms, {"text": "d"}, "note", key="k4")).status_code == 201
    for key in (b"x" * 256, "ключ".encode()):
        headers = {b"Origin": ORIGIN.encode(), b"Idempotency-Key": key}
        body = {"form_id": "note", "values": {}}
        refused(await forms.nobody.post(RESPONSES, json=body, headers=headers), 422, "validation_failed")
    # The same answer again after the form has changed is still what was answered first.
    await set_forms(forms, {**NOTE, "fields": [{"name": "other", "type": "text", "required": True}]})
    assert (await submit(forms, {"text": "a"}, "note", key="k1")).json() == first.json()


async def test_the_list_is_a_bare_array_newest_first_with_totals(forms: Site) -> None:
    """Contract 1.5, 5.5, 14.6: bare, newest first, `page` and `page_size` optional, total in X-Total-Count."""
    items = [(await submit(forms, {"text": str(number)}, "note")).json() for number in range(5)]
    items += [(await submit(forms, GOOD)).json()]
    newest = items[::-1]
    for client in (forms.owner, forms.keyed):
        answer = await client.get(RESPONSES)
        assert (answer.json(), answer.headers["x-total-count"]) == (newest, "6")
        assert "link" not in answer.headers
    assert await stored(forms, form_id="note") == newest[1:]
    assert await stored(forms, form_id="nothing") == []
    assert await stored(forms, form_id="a b\x7f") == []
    answer = await forms.owner.get(RESPONSES, params={"form_id": "note", "page": 2, "page_size": 2})
    assert (answer.json(), answer.headers["x-total-count"]) == (newest[3:5], "5")
    links = {
        part.split('rel="')[1].rstrip('"'): part.split(">")[0].lstrip(" <")
        for part in answer.headers["link"].split(",")
    }
    assert set(links) == {"first", "prev", "next", "last"}
    assert links["prev"] == links["first"] == f"{RESPONSES}?form_id=note&page=1&page_size=2"
    assert (await forms.owner.get(links["next"])).json() == newest[5:]
    last = await forms.owner.get(links["last"])
    assert 'rel="next"' not in last.headers["link"]
    beyond = await forms.owner.get(RESPONSES, params={"page": 9})
    assert (beyond.json(), beyond.headers["x-total-count"]) == ([], "6")
    assert len((await forms.owner.get(RESPONSES, params={"page": 1})).json()) == 6
    for query in ({"page_size": 0}, {"page_size": 201}, {"page": 0}, {"page": "x"}, {"page": 10**9}, {"format": "xml"}):
        refused(await forms.owner.get(RESPONSES, params=query), 422, "validation_failed")
    assert (await forms.owner.get(RESPONSES, params={"page_size": 200})).status_code == 200


async def test_only_the_owner_and_staff_read(forms: Site) -> None:
    """Contract 5.5, 14.5: staff everything; foreign → 404 everywhere; nobody → 401, whatever the Origin."""
    item = (await submit(forms, {"text": "x"}, "note")).json()
    refused(await forms.nobody.get(RESPONSES, headers=PAGE), 401, "not_authenticated")
    stranger = await forms.stranger()
    for query in ({}, {"form_id": "note"}, {"format": "csv"}, {"page": 1}):
        refused(await stranger.get(RESPONSES, params=query), 404, "not_found")
        refused(await stranger.get(RESPONSES, params=query, headers=PAGE), 404, "not_found")
    refused(await forms.owner.get("/api/agents/nobody/form-responses/"), 404, "not_found")
    refused(await forms.owner.get("/api/agents/a%20b/form-responses/"), 404, "not_found")
    character = (await forms.owner.get(CHARACTER)).json()
    assert (await forms.owner.get(f"/api/agents/{character['id']}/form-responses/")).json() == [item]


async def test_answers_outlive_their_form(forms: Site) -> None:
    """Contract 5.5: what was answered stays readable when the form is changed, disabled or gone; 14.12: slugs."""
    item = (await submit(forms, {"text": "x"}, "note")).json()
    await set_forms(forms, {**NOTE, "fields": [{"name": "other", "type": "number"}]})
    assert await stored(forms, form_id="note") == [item]
    await set_forms(forms)
    assert await stored(forms) == [item]
    await forms.owner.patch(CHARACTER, json={"is_active": False})
    assert await stored(forms) == [item]
    await forms.owner.delete(CHARACTER)
    refused(await forms.owner.get(RESPONSES), 404, "not_found")
    await forms.owner.post("/api/ai-characters/", json={"slug": "support-bot", "name": "New"})
    assert await stored(forms) == [], "a slug that is used again begins anew"


def _rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.content.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


async def test_answers_are_exported_as_csv(forms: Site) -> None:
    """Own: `format=csv` or `Accept: text/csv`; columns are the fields of the forms in their order."""
    first = (await submit(forms, GOOD)).json()
    note = (await submit(forms, {"text": 'a "quoted",\nline'}, "note")).json()
    for answer in (
        await forms.owner.get(RESPONSES, params={"format": "csv"}),
        await forms.keyed.get(RESPONSES, headers={"Accept": "text/csv, */*;q=0.1"}),
    ):
        rows = _rows(answer)
        assert list(rows[0]) == [
            *("id", "form_id", "session_id", "created_at", "text"),
            *("first_name", "email", "day", "people", "consent", "source"),
        ]
        assert [row["id"] for row in rows] == [str(note["id"]), str(first["id"])]
        assert (rows[0]["text"], rows[0]["consent"]) == ('a "quoted",\nline', "")
        assert (rows[1]["consent"], rows[1]["people"], rows[1]["source"]) == ("true", "3", "voice-widget")
        assert answer.headers["content-disposition"] == 'attachment; filename="support-bot-responses.csv"'
        assert answer.headers["x-total-count"] == "2"
        assert answer.headers["vary"] == "Accept"
    one = await forms.owner.get(RESPONSES, params={"format": "csv", "form_id": "note"})
    assert [row["form_id"] for row in _rows(one)] == ["note"]
    assert "support-bot-note-responses.csv" in one.headers["content-disposition"]
    assert _rows(await forms.owner.get(RESPONSES, params={"format": "csv", "form_id": "none"})) == []
    for accept in ("application/json", "*/*", "text/html,*/*", "application/json, text/csv", "text/csv;q=0, */*"):
        listed = await forms.owner.get(RESPONSES, headers={"Accept": accept})
        assert (listed.headers["content-type"], listed.headers["vary"]) == ("application/json", "Accept")
    _rows(await forms.owner.get(RESPONSES, headers={"Accept": "application/json;q=0.1, text/csv"}))
    json_all_the_same = await forms.owner.get(RESPONSES, params={"format": "json"}, headers={"Accept": "text/csv"})
    assert json_all_the_same.json()[0] == note


async def test_a_spreadsheet_calculates_nothing_that_a_visitor_sent(forms: Site) -> None:
    """Own: cells and headings that begin with = + - @ tab or CR."""
    evil = {"name": '=HYPERLINK("http://evil")', "type": "text"}
    await set_forms(forms, {**NOTE, "fields": [*NOTE["fields"], evil, {"name": "id", "type": "text"}]})
    for text in ("=1+1", "+1", "-1+1", "- 1", "-1\n=1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"):
        await submit(forms, {"text": text}, "note")
    await submit(forms, {"text": -1, "id": "x=1"}, "note")
    rows = _rows(await forms.owner.get(RESPONSES, params={"format": "csv"}))
    assert list(rows[0])[4:] == ["text", "'" + evil["name"], "values.id"]
    assert rows[0]["text"] == "-1", "a number is no formula"
    assert rows[0]["values.id"] == "x=1"
    assert [row["text"] for row in rows[1:]] == [
        "'\n=1",
        "'\r=1",
        "'\t=1",
        "'@SUM(A1)",
        "'-1\n=1",
        "'- 1",
        "'-1+1",
        "'+1",
        "'=1+1",
    ]


async def test_a_number_is_exported_as_it_was_sent(forms: Site) -> None:
    """Own: the values of number fields are texts in most clients, and no formulas."""
    await set_forms(forms, {"id": "note", "title": "Note", "fields": [{"name": "degrees", "type": "number"}]})
    sent = ("-5", "-0.5", "-1e3", "-.5", -5, 5)
    for degrees in sent:
        assert (await submit(forms, {"degrees": degrees}, "note")).status_code == 201
    rows = _rows(await forms.owner.get(RESPONSES, params={"format": "csv"}))
    assert [row["degrees"] for row in reversed(rows)] == [str(degrees) for degrees in sent]


async def test_an_export_walks_over_all_pages(forms: Site) -> None:
    """Own: an export has as many lines as there are answers, whatever the size of a page."""
    character = (await forms.owner.get(CHARACTER)).json()
    connection = await asyncpg.connect(forms.house.settings.database_url, timeout=10)
    try:
        await connection.execute(
            "insert into sessions.form_responses (tenant_id, character_id, character_slug, form_id, body, field_names) "
            "select $1, $2, 'support-bot', 'note', jsonb_build_object('text', n::text), array['text'] "
            "from generate_series(1, 5050) n",
            forms.house.tenant_id,
            character["id"],
        )
    finally:
        await connection.close(timeout=5)
    rows = _rows(await forms.owner.get(RESPONSES, params={"format": "csv"}))
    assert [row["text"] for row in rows] == [str(number) for number in range(5050, 0, -1)]
    whole = await forms.owner.get(RESPONSES)
    assert (len(whole.json()), whole.headers["x-total-count"]) == (5000, "5050")
