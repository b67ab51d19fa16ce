"""A word is found however its letters are written in the file or in the question."""

import asyncio

import pytest

from tests.fixtures.embedder import embedder
from tests.fixtures.knowledge import MakeLibrary, make_library
from tests.speech.server import Server

__all__ = ["embedder", "make_library"]

OTHERS = {"other.txt": "Parcels to Norway take five days.", "more.txt": "The museum shows old trams."}
# Text of a document and a question with a word of it, by language of the character.
CASES = {
    "de": [("a.html", "<p>Zahn&shy;ersatz&shy;leistung 80 Prozent.</p>", "Zahnersatzleistung")],
    "pl": [("a.txt", "Zwro\u200bt towaru w sklepie", "Zwrot")],
    "en": [
        ("decomposed.txt", "Cafe\u0301 opens at nine", "Caf\u00e9"),
        ("composed.txt", "The cr\u00eape costs four euro", "cre\u0302pe"),
        ("ligature.txt", "The o\ufb03ce is closed", "office"),
        ("hyphen.txt", "Part AB\u20111234 is in stock", "AB-1234"),
        ("apostrophe.txt", "Our drivers\u2019 and customer\u2019s lounge", "customer's"),
        ("width.txt", "Model \uff38\uff2a\uff19\uff10\uff10 is new", "XJ900"),
        ("question.txt", "Ring ZK77 at the door", "\uff3a\uff2b\uff17\uff17"),
    ],
}


@pytest.mark.parametrize("language", CASES)
async def test_a_word_is_found_first_by_meaning_and_by_words(
    make_library: MakeLibrary, embedder: Server, language: str
) -> None:
    library = await make_library(embedder.url)
    await library.owner.create(f"bot-{language}", language=language)
    texts = OTHERS | {name: text for name, text, _ in CASES[language]}
    async with library.reader():
        taken = [await library.upload(name, text.encode(), f"bot-{language}") for name, text in texts.items()]
        await asyncio.gather(*(library.done(document.id, f"bot-{language}") for document in taken))
    for name, _, question in CASES[language]:
        found = (await library.search(question, 3, f"bot-{language}")).passages
        assert (found[0].source, found[0].score) == (name, 1.0), question
