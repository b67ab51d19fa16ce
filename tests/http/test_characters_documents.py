"""Contract 2.2, 12.1: `documents` of a character over HTTP."""

from tests.http.site import Site
from tests.http.test_knowledge import DOCUMENTS, upload

CHARACTERS = "/api/ai-characters/"


async def test_a_character_shows_its_documents_and_can_be_sent_back(site: Site) -> None:
    for name in ("a.md", "b.txt"):
        assert (await upload(site.owner, name, b"Words.")).status_code == 201
    documents = (await site.owner.get(DOCUMENTS)).json()
    answer = await site.owner.get(f"{CHARACTERS}support-bot/")
    character = answer.json()
    assert character["documents"] == documents
    assert [document["name"] for document in documents] == ["b.txt", "a.md"]
    (listed,) = (await site.owner.get(CHARACTERS)).json()
    assert listed == character
    back = await site.owner.put(
        f"{CHARACTERS}support-bot/", json=character, headers={"If-Match": answer.headers["etag"]}
    )
    assert (back.status_code, back.json()) == (200, character)
    assert back.headers["etag"] == answer.headers["etag"]
    version = (await site.owner.get(f"{CHARACTERS}support-bot/versions/1/")).json()
    assert "documents" not in version
