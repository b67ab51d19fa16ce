"""How documents are cut into passages. Contract 12.1: chunks of about 500 tokens."""

import itertools
import random

import pytest

from services.characters.knowledge.ingestion.blocks import Kind, blocks
from services.characters.knowledge.ingestion.chunks import CHUNK_TOKENS, OVERLAP_TOKENS, Chunk, chunks
from services.characters.knowledge.ingestion.readers.reading import Page
from services.kit import wordpiece

WORDS = ("shop", "bicycle", "opens", "saturday", "returns", "thirty", "days", "receipt", "chain", "wheel", "price")


def page(number: int, text: str) -> Page:
    return Page(number, tuple(blocks(text)))


def cut(text: str) -> list[Chunk]:
    return chunks([page(0, text)], wordpiece.count)


def prose(sentences: int, seed: int = 1) -> str:
    chance = random.Random(seed)
    made = (" ".join(chance.choices(WORDS, k=12)).capitalize() + f" number {at}." for at in range(sentences))
    return " ".join(made)


def test_a_short_text_is_one_passage() -> None:
    assert cut("We open at ten.") == [Chunk("We open at ten.", (), 0)]


@pytest.mark.parametrize("text", ["", " \n\n ", "```\n```".replace("`", " ")])
def test_a_text_without_words_has_no_passage(text: str) -> None:
    assert cut(text) == []


def test_passages_are_of_about_500_tokens_and_repeat_the_end_of_the_one_before() -> None:
    text = prose(200)
    made = cut(text)
    sizes = [wordpiece.count(chunk.text) for chunk in made]
    assert max(sizes) <= CHUNK_TOKENS
    assert min(sizes[:-1]) > CHUNK_TOKENS * 0.8
    for before, after in itertools.pairwise(made):
        ends = (size for size in range(len(after.text), 0, -1) if before.text.endswith(after.text[:size].strip()))
        repeated = next(ends)
        assert 0 < wordpiece.count(after.text[:repeated]) <= OVERLAP_TOKENS
    for at in range(200):
        assert any(f"number {at}." in chunk.text for chunk in made)


def test_headings_begin_passages_and_are_kept_as_their_path() -> None:
    made = cut(
        f"# Shop\n\n{prose(20)}\n\n## Returns\n\n{prose(20, 2)}\n\n### Bicycles\n\n{prose(60, 3)}\n\n"
        f"## Hours\n\n{prose(20)}"
    )
    assert made[0].headings == ()
    assert made[0].text.startswith("Shop\n\n")
    returns = next(chunk for chunk in made if chunk.text.startswith("Returns"))
    assert returns.headings == ("Shop",)
    bicycles = [chunk for chunk in made if chunk.headings == ("Shop", "Returns", "Bicycles")]
    assert bicycles, "what goes on below a heading names it"
    assert bicycles[0].in_context.startswith("Shop > Returns > Bicycles\n\n")
    hours = next(chunk for chunk in made if chunk.text.startswith("Hours"))
    assert hours.headings == ("Shop",)


@pytest.mark.parametrize("title", ["# A title alone", "# Shop\n\n## Closed on Mondays"])
def test_headings_that_nothing_follows_are_a_passage(title: str) -> None:
    (alone,) = cut(title)
    assert alone.text == title.replace("#", "").replace(" ", " ").strip().replace("\n\n ", "\n\n")
    made = cut(f"# Shop\n\n{prose(40)}\n\n{title}")
    assert made[-1].text == alone.text


def test_a_heading_stands_alone_only_if_nothing_else_names_it() -> None:
    long = "x" * 250
    made = cut(f"# Zebra\n\n{prose(60)}")
    assert [chunk.text for chunk in made if "Zebra" in chunk.text] == [made[0].text]
    made = cut(f"# {long}\n\n{prose(60)}")
    assert any(long in chunk.text for chunk in made), "the path of headings holds but the beginning of a long one"
    made = cut(f"# Gone\n\n# Returns\n\n{prose(60)}")
    assert any("Gone" in chunk.text for chunk in made)


def test_no_passage_is_of_two_pages() -> None:
    pages = [page(1, "About wheels."), page(2, "The loyalty card. It is free of"), page(3, "charge. Grapes are sold.")]
    made = chunks(pages, wordpiece.count)
    assert [(chunk.page, chunk.text) for chunk in made] == [
        (1, "About wheels."),
        (2, "The loyalty card. It is free of"),
        # A sentence that goes on is whole on the page where it ends.
        (3, "It is free of\n\ncharge. Grapes are sold."),
    ]


def test_short_sections_share_a_passage() -> None:
    (chunk,) = cut("# Hours\n\nTen to four.\n\n# Returns\n\nThirty days.\n\n# Parking\n\nBehind the house.")
    assert chunk.text == "Hours\n\nTen to four.\n\nReturns\n\nThirty days.\n\nParking\n\nBehind the house."


def test_each_part_of_a_long_table_names_its_columns() -> None:
    rows = "\n".join(f"| bicycle {at} | {at * 10} euro | {' '.join(WORDS[:4])} |" for at in range(150))
    made = cut(f"# Prices\n\n| item | price | note |\n| --- | --- | --- |\n{rows}")
    assert len(made) > 4
    for chunk in made:
        assert "| item | price | note |\n| --- | --- | --- |\n| bicycle" in chunk.text
        assert wordpiece.count(chunk.in_context) <= CHUNK_TOKENS
    for at in range(150):
        assert sum(f"| bicycle {at} |" in chunk.text for chunk in made) == 1, "rows are not repeated"


def test_a_list_is_cut_between_its_items() -> None:
    items = "\n".join(f"- Item {at}: {' '.join(WORDS)} that goes on\n  on a second line" for at in range(40))
    made = cut(items)
    assert len(made) > 1
    for chunk in made:
        assert chunk.text.endswith("on a second line")


def test_a_heading_in_code_is_none() -> None:
    found = list(blocks("```sh\n# not a heading\n```\n\ntext"))
    assert [block.kind for block in found] == [Kind.CODE, Kind.PARAGRAPH]


def test_pictures_are_left_out_but_for_their_words() -> None:
    assert cut("Look: ![our shop](data:image/png;base64,AAAA) here")[0].text == "Look: our shop here"


def test_pages_are_those_of_the_passages_own_lines() -> None:
    made = chunks([page(1, prose(30)), page(2, prose(30, 2)), page(3, "The end.")], wordpiece.count)
    assert [chunk.page for chunk in made] == sorted(chunk.page for chunk in made)
    assert {chunk.page for chunk in made} >= {1, 2}
    first_of_two = next(chunk for chunk in made if chunk.page == 2)
    assert prose(30, 2)[:40] in " ".join(chunk.text for chunk in made)
    assert first_of_two.text


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300_000,
        "word " * 60_000,
        "日本語の文章です。" * 8_000,
        "a." * 50_000,
        "# " + "x" * 100_000 + "\n\ntext",
        "|" + "a|" * 30_000 + "\n|" + "---|" * 30_000 + "\n|" + "b|" * 30_000,
        "- " * 50_000,
        "![" * 50_000,
        "\x0c\u2028".join(["line"] * 5_000),
    ],
    ids=["no blank", "one line", "cjk", "dots", "heading", "wide table", "items", "brackets", "breaks"],
)
def test_odd_texts_are_cut_to_the_same_size_in_bounded_time(text: str) -> None:
    made = cut(text)
    assert made
    assert max(wordpiece.count(chunk.text) for chunk in made) <= CHUNK_TOKENS
    assert max(len(chunk.text) for chunk in made) <= CHUNK_TOKENS * 8
