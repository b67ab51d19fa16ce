"""Contract 4, 8, 14.3, 14.10, 14.11, 14.12: the appearance of a character, for pages and for its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fixtures.sessions import ORIGIN
from tests.http.site import refused

if TYPE_CHECKING:
    from tests.http.site import MakeSite, Site

CHARACTER = "/api/ai-characters/support-bot/"
APPEARANCE = "/api/agents/support-bot/appearance/"
PAGE = {"Origin": ORIGIN}
# Contract 4.1 to 4.6, to the letter; the two of powered_by as 14.11, noise_cancellation as 14.10.
DEFAULTS: dict[str, Any] = {
    "name": "Voice Assistant",
    "subtitle": "",
    "logo_url": "",
    "fab_label": "",
    "fab_sublabel": "",
    "start_button_text": "Start Call",
    "powered_by_text": "Powered by Callbox",
    "powered_by_url": "",
    "theme": {
        "primary_color": "#6366F1",
        "accent_color": "#22D3EE",
        "background_color": "#FFFFFF",
        "text_color": "#0F172A",
        "user_bubble_color": "#6366F1",
        "user_bubble_text_color": "#FFFFFF",
        "agent_bubble_color": "#F1F5F9",
        "agent_bubble_text_color": "#0F172A",
    },
    "dimensions": {"fab_size": 64, "panel_width": 380, "panel_height": 620, "border_radius": 24},
    "layout": {"position": "bottom-right", "font_family": ""},
    "labels": {
        "idle": "Idle",
        "connecting": "Connecting…",
        "listening": "Listening",
        "speaking": "Speaking…",
        "muted": "Microphone muted",
        "call_ended": "Call ended",
        "transcript_placeholder": "Your conversation will appear here",
        "language_label": "Language",
    },
    "languages": [{"code": "en", "label": "English", "native_label": "English"}],
    "default_language": "en",
    "max_call_seconds": 0,
    "terms_url": "",
    "terms_label": "Terms & Conditions",
    "consent_text": "By starting the call you agree to our",
    "show_audio_settings": True,
    "noise_cancellation": {
        "default": "server",
        "engines": ["off", "browser", "rnnoise", "server"],
        "level": 100,
        "user_selectable": True,
        "model_url": None,
    },
    "forms": [],
}


async def change(site: Site, **appearance: Any) -> None:
    answer = await site.owner.patch(CHARACTER, json={"widget_appearance": appearance})
    assert answer.status_code == 200, answer.text


async def read(site: Site) -> dict[str, Any]:
    answer = await site.nobody.get(APPEARANCE, headers=PAGE)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_every_default_stands_bare_under_its_documented_name(site: Site) -> None:
    """Contract 1.5, 4.1 to 4.6, 14.10, 14.11."""
    answer = await site.nobody.get(APPEARANCE, headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DEFAULTS
    assert list(answer.json()) == list(DEFAULTS)
    assert (await site.nobody.get(APPEARANCE.rstrip("/"), headers=PAGE)).json() == DEFAULTS


async def test_overrides_merge_over_the_defaults_at_every_depth(site: Site) -> None:
    """Contract 4: the full effective configuration; stored sparse, 14.5: null resets."""
    overrides: dict[str, Any] = {
        "name": "Магазин 🛍",
        "theme": {"primary_color": "#112233"},
        "layout": {"position": "top-left"},
        "labels": {"idle": "שלום"},
        "languages": [{"code": "en", "label": "English", "native_label": "English"}, {"code": "ne", "label": "Nepali"}],
        "max_call_seconds": 90,
        "noise_cancellation": {"default": "browser"},
    }
    await change(site, **overrides)
    merged = {
        **DEFAULTS,
        **overrides,
        **{key: {**DEFAULTS[key], **overrides[key]} for key in ("theme", "layout", "labels", "noise_cancellation")},
        "languages": [{"native_label": "", **language} for language in overrides["languages"]],
    }
    assert await read(site) == merged
    assert (await site.owner.get(CHARACTER)).json()["widget_appearance"] == overrides
    await change(site, **dict.fromkeys(overrides))
    assert await read(site) == DEFAULTS


async def test_a_page_of_the_apis_own_origin_reads_it_without_an_origin(site: Site) -> None:
    """Contract 4: a browser sends no `Origin` with GET to the page's own origin."""
    page = {"Sec-Fetch-Site": "same-origin", "Referer": f"{ORIGIN}/try/support-bot"}
    answer = await site.nobody.get(APPEARANCE, headers=page)
    assert (answer.status_code, answer.json()) == (200, DEFAULTS)
    for changed in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://other.example/"},
        {"Referer": "no address"},
        {"Origin": "https://other.example"},
    ):
        refused(await site.nobody.get(APPEARANCE, headers={**page, **changed}), 403, "origin_not_allowed")


async def test_forms_stand_with_the_defaults_of_their_own_keys(site: Site) -> None:
    """Contract 4.1, 5.1, 5.2, 5.7: read `forms[*].fields` or `forms[*].steps[*].fields`."""
    fields = [{"name": "email", "type": "email", "required": True}, {"type": "display", "label": "Thanks"}]
    steps = [{"id": "you", "title": "You", "fields": fields}]
    await change(
        site,
        forms=[
            {"id": "book-demo", "title": "Book a demo", "fields": fields},
            {"id": "lead", "title": "Lead", "steps": steps, "submit_url": "https://acme.example/leads"},
        ],
    )
    first, second = (await read(site))["forms"]
    assert first == {
        "id": "book-demo",
        "title": "Book a demo",
        "subtitle": "",
        "fields": fields,
        "submit_url": None,
        "submit_method": "POST",
        "submit_label": "Submit",
        "success_message": "",
        "disabled": False,
        "topics": [],
        "event_types": [],
        "confirmation_topic": "voice.user_text",
        "confirmation_type": "book-demo_submitted",
        "layout": {"field_layout": "stack"},
    }
    assert (second["steps"], second["submit_url"]) == (steps, "https://acme.example/leads")


async def test_an_origin_must_be_listed(site: Site) -> None:
    """Contract 1.6, 4, 5.8, 14.3: 403 `origin_not_allowed`; 14.12: nothing presented and no Origin."""
    refused(await site.nobody.get(APPEARANCE), 403, "origin_not_allowed")
    for origin in ("https://other.example", f"{ORIGIN}.evil.io", "null", "http://shop.example", "x" * 400):
        answer = await site.nobody.get(APPEARANCE, headers={"Origin": origin})
        refused(answer, 403, "origin_not_allowed")
        assert answer.headers["access-control-allow-origin"] == origin
        assert "Origin" in answer.headers["vary"]
    await site.owner.patch(CHARACTER, json={"allowed_origins": []})
    refused(await site.nobody.get(APPEARANCE, headers=PAGE), 403, "origin_not_allowed")


async def test_the_owner_needs_no_origin_and_a_credential_must_be_good(site: Site) -> None:
    """Contract 14.12: a key or JWT that is presented must be good, else 401, whatever the Origin."""
    for client in (site.owner, site.keyed):
        answer = await client.get(APPEARANCE)
        assert answer.json() == DEFAULTS
        assert "access-control-allow-origin" not in answer.headers
    answer = await site.owner.get(APPEARANCE, headers=PAGE)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
    answer = await site.owner.get(APPEARANCE, headers={"Origin": "https://other.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    for headers in ({"Authorization": "Bearer nonsense"}, {"X-API-Key": "sk_nonsense"}, {"X-API-Key": ""}):
        refused(await site.nobody.get(APPEARANCE, headers={**headers, **PAGE}), 401, "not_authenticated")


async def test_a_stranger_sees_what_any_page_sees(site: Site) -> None:
    """Contract 14.12 and 14.5: a foreign character is 404; with an Origin a stranger's token counts as none."""
    stranger = await site.stranger()
    refused(await stranger.get(APPEARANCE), 404, "not_found")
    assert (await stranger.get(APPEARANCE, headers=PAGE)).json() == DEFAULTS
    refused(await stranger.get(APPEARANCE, headers={"Origin": "https://other.example"}), 403, "origin_not_allowed")


async def test_unknown_and_inactive_characters_are_not_found(site: Site) -> None:
    """Contract 1.7, 2.2: an inactive character answers 404."""
    for slug in ("nobody", "a b", "%00", "ä", "x" * 300):
        refused(await site.nobody.get(f"/api/agents/{slug}/appearance/", headers=PAGE), 404, "not_found")
    character = (await site.owner.get(CHARACTER)).json()
    assert (await site.nobody.get(f"/api/agents/{character['id']}/appearance/", headers=PAGE)).status_code == 200
    await site.owner.patch(CHARACTER, json={"is_active": False})
    for client, headers in ((site.nobody, PAGE), (site.owner, {}), (site.keyed, {})):
        refused(await client.get(APPEARANCE, headers=headers), 404, "not_found")
    await site.owner.delete(CHARACTER)
    refused(await site.nobody.get(APPEARANCE, headers=PAGE), 404, "not_found")


async def test_the_answer_may_be_kept_and_is_asked_for_anew(site: Site) -> None:
    """Contract 4: a server may fetch and cache it."""
    first = await site.nobody.get(APPEARANCE, headers=PAGE)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Origin"
    assert first.headers["access-control-allow-origin"] == ORIGIN
    for sent in (etag, f'"other", W/{etag}', "*"):
        kept = await site.nobody.get(APPEARANCE, headers={**PAGE, "If-None-Match": sent})
        assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", etag)
        assert kept.headers["access-control-allow-origin"] == ORIGIN
    await change(site, name="Another")
    changed = await site.nobody.get(APPEARANCE, headers={**PAGE, "If-None-Match": etag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Another")
    assert changed.headers["etag"] != etag


async def test_a_preflight_is_reflected(site: Site) -> None:
    """Contract 14.3 and 14.12: on the public endpoints answered with what is asked for; it grants nothing."""
    asked = {
        "Origin": "https://anywhere.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match",
    }
    for path in (APPEARANCE, APPEARANCE.rstrip("/"), "/api/agents/nobody/appearance/"):
        answer = await site.nobody.options(path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://anywhere.example"
        assert answer.headers["access-control-allow-methods"] == "GET"
        assert answer.headers["access-control-allow-headers"] == "if-none-match"
    answer = await site.nobody.post(APPEARANCE, json={})
    refused(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


async def test_in_debug_any_page_may_read(make_gateway: MakeSite) -> None:
    """Contract 1.6 and 14.3: CALLBOX_DEBUG skips the check, in the gateway and in characters alike."""
    site = await make_gateway(debug=True)
    # The characters service of this house checks all the same: both must be told.
    refused(await site.nobody.get(APPEARANCE), 403, "origin_not_allowed")
    assert (await site.nobody.get(APPEARANCE, headers=PAGE)).status_code == 200


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"theme": {"primary_color": "red; background: url(x)"}}, "theme.primary_color"),
    ({"theme": {"text_color": "#12345"}}, "theme.text_color"),
    ({"theme": {"text_color": 7}}, "theme.text_color"),
    ({"theme": "dark"}, "theme"),
    ({"dimensions": {"fab_size": "64px"}}, "dimensions.fab_size"),
    ({"dimensions": {"panel_width": 0}}, "dimensions.panel_width"),
    ({"layout": {"position": "middle"}}, "layout.position"),
    ({"layout": {"font_family": "x; } body {"}}, "layout.font_family"),
    ({"labels": {"idle": 1}}, "labels.idle"),
    ({"languages": [{"code": "xx-"}]}, "languages.0.code"),
    ({"languages": [{"label": "English"}]}, "languages.0.code"),
    ({"languages": [{"code": "en"}, {"code": "EN"}]}, "languages.1.code"),
    ({"default_language": "english language"}, "default_language"),
    ({"logo_url": "javascript:alert(1)"}, "logo_url"),
    ({"terms_url": "ftp://acme.example/terms"}, "terms_url"),
    ({"powered_by_url": "https://user:pass@acme.example"}, "powered_by_url"),
    ({"max_call_seconds": -1}, "max_call_seconds"),
    ({"max_call_seconds": 1.5}, "max_call_seconds"),
    ({"show_audio_settings": "yes"}, "show_audio_settings"),
    ({"noise_cancellation": {"default": "krisp"}}, "noise_cancellation.default"),
    ({"noise_cancellation": {"default": "server", "engines": ["off"]}}, "noise_cancellation.default"),
    ({"noise_cancellation": {"engines": ["off", "off"], "default": "off"}}, "noise_cancellation.engines"),
    ({"noise_cancellation": {"level": 101}}, "noise_cancellation.level"),
    ({"forms": [{"id": "a", "title": "A", "fields": [{"name": "x", "type": "file"}]}]}, "forms.0.fields.0.type"),
    (
        {
            "forms": [
                {
                    "id": "a",
                    "title": "A",
                    "steps": [
                        {"id": "s", "title": "S", "fields": [{"name": "x", "type": "text"}]},
                        {
                            "id": "t",
                            "title": "T",
                            "fields": [
                                {"name": "y", "type": "text"},
                                {"name": "z", "type": "text"},
                                {"name": "w", "type": "text", "pattern": "(a+)+$"},
                            ],
                        },
                    ],
                }
            ]
        },
        "forms.0.steps.1.fields.2.pattern",
    ),
    (
        {"forms": [{"id": id_, "title": "A", "fields": [{"name": "x"}]} for id_ in ("book-demo", "book_demo")]},
        "forms.1.id",
    ),
    ({"forms": [{"id": "a", "title": "A", "fields": [{"name": "x"}]}] * 51}, "forms"),
]


async def test_every_fault_has_its_path(site: Site) -> None:
    """Contract 14.5: everything nested is validated on write with the path of the fault."""
    for appearance, path in FAULTS:
        answer = await site.owner.patch(CHARACTER, json={"widget_appearance": appearance})
        assert list(refused(answer, 422, "validation_failed")["errors"]) == [f"widget_appearance.{path}"]
