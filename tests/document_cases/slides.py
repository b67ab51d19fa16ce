"""Cases of PPTX."""

import io
from collections.abc import Callable
from typing import Any

from pptx import Presentation
from pptx.chart import data as chart_data
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.document_cases.case import Case

_BOX = (Inches(1), Inches(2), Inches(6), Inches(2))


def _deck(*fills: Callable[[Any], None]) -> bytes:
    """A presentation with a slide of a title and a body for each function, which fills it."""
    deck = Presentation()
    for fill in fills:
        fill(deck.slides.add_slide(deck.slide_layouts[1]))
    packed = io.BytesIO()
    deck.save(packed)
    return packed.getvalue()


def _bullets(slide: Any) -> None:
    slide.shapes.title.text = "Returns"
    body = slide.placeholders[1].text_frame
    body.text = "Within 30 days"
    for text, level in (("With receipt", 1), ("In a shop", 2), ("Never: food", 0)):
        paragraph = body.add_paragraph()
        paragraph.text, paragraph.level = text, level
    slide.notes_slide.notes_text_frame.text = "Tell them about the voucher."


def _table(slide: Any) -> None:
    slide.shapes.title.text = "Prices"
    table = slide.shapes.add_table(3, 3, *_BOX).table
    for row, texts in enumerate((["Zone", "Day", "Week"], ["A", "7.20", "20"], ["B", "9.10", "25"])):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(2, 0).merge(table.cell(2, 1))


def _chart(slide: Any) -> None:
    slide.shapes.title.text = "Visitors"
    make: Any = chart_data.CategoryChartData
    data = make()
    data.categories = ["May", "June"]
    data.add_series("Graz", (120, 150))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *_BOX, data)


def _group(slide: Any) -> None:
    slide.shapes.title.text = "Way\vto us"
    group = slide.shapes.add_group_shape()
    inner = group.shapes.add_group_shape()
    inner.shapes.add_textbox(*_BOX).text_frame.text = "Tram 4 to Jakominiplatz"
    picture = slide.shapes.add_textbox(*_BOX)
    picture._element.nvSpPr.cNvPr.set("descr", "Map: the door is left of the bakery")


def _hidden(slide: Any) -> None:
    slide.shapes.title.text = "Salaries"
    slide._element.set("show", "0")


def _raised(slide: Any) -> None:
    slide.shapes.title.text = "Rooms"
    paragraph = slide.placeholders[1].text_frame.paragraphs[0]
    paragraph.add_run().text = "20 m"
    run = paragraph.add_run()
    run.text = "2"
    run.font._element.set("baseline", "30000")
    paragraph.add_line_break()
    paragraph.add_run().text = "with a view"


CASES = [
    Case(
        "titles, points of each level and the speaker's notes",
        "points.pptx",
        _deck(_bullets),
        order=["Returns", "- Within 30 days", "  - With receipt", "    - In a shop", "- Never: food", "voucher"],
    ),
    Case(
        "a row of a table is a line below the names of its columns",
        "table.pptx",
        _deck(_table),
        order=["Prices", "| Zone | Day | Week |\n| --- | --- | --- |", "| A | 7.20 | 20 |", "25 |"],
    ),
    Case(
        "the figures of a chart", "chart.pptx", _deck(_chart), order=["Visitors", "Graz", "May", "120", "June", "150"]
    ),
    Case(
        "text in groups, descriptions of pictures, a line break in a title",
        "groups.pptx",
        _deck(_group),
        has=["Way to us", "Tram 4 to Jakominiplatz", "left of the bakery"],
    ),
    Case(
        "a hidden slide stays hidden, and a note says so",
        "hidden.pptx",
        _deck(_bullets, _hidden),
        has=["Within 30 days"],
        lacks=["Salaries"],
        notes=["Slide 2"],
    ),
    Case("a raised figure and a line break", "raised.pptx", _deck(_raised), has=["20 m²"], lacks=["m²with", "_x000B_"]),
]
