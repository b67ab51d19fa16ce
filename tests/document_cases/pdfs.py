"""Cases of PDF."""

from tests.document_cases.case import Case, stored
from tests.fixtures.documents import pdf, pdf_of


def _at(*lines: tuple[int, int, str]) -> bytes:
    """A page with lines of text, each at its place in points from the lower left corner."""
    drawn = "".join(f"1 0 0 1 {x} {y} Tm ({text}) Tj\n" for x, y, text in lines)
    return f"BT /F1 11 Tf\n{drawn}ET".encode("latin-1")


_LEFT = ["Refunds are paid", "within ten days to", "the card you used.", "Keep the receipt."]
_RIGHT = ["Parking is free for", "guests on level two", "until eight in the", "evening."]
_COLUMNS = [(x, 700 - 14 * row, text) for row in range(4) for x, text in ((72, _LEFT[row]), (330, _RIGHT[row]))]

_SCAN = b"q 100 0 0 100 50 600 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"

CASES = [
    Case("any PDF", "two-pages.pdf", stored("two-pages.pdf"), has=["white vinegar", "eleven years"]),
    Case(
        "two columns drawn line by line: read one after the other",
        "two-columns.pdf",
        stored("two-columns.pdf"),
        has=["Refunds are paid within ten days to the card you used"],
    ),
    Case(
        "a title across the page, then two columns, then a line across",
        "title-and-columns.pdf",
        pdf_of(
            [
                _at(
                    (72, 750, "The rules of our house and of its garage, for all guests and visitors"),
                    *_COLUMNS,
                    (72, 600, "Ask at the desk of the hall if anything in these rules is not clear to you"),
                )
            ]
        ),
        order=[
            "The rules of our house",
            "Refunds are paid",
            "within ten days to",
            "Keep the receipt",
            "Parking is free for",
            "guests on level two",
            "Ask at the desk",
        ],
    ),
    Case(
        "a table is read row by row, not as columns",
        "table.pdf",
        pdf_of(
            [
                _at(
                    *(
                        (x, 700 - 14 * row, text)
                        for row, texts in enumerate(
                            (
                                ["Zone", "Day pass", "Week pass"],
                                ["A", "7.20", "20.00"],
                                ["B", "9.10", "25.00"],
                                ["C", "11.40", "31.00"],
                                ["D", "12.80", "35.50"],
                            )
                        )
                        for x, text in zip((72, 220, 380), texts, strict=True)
                    )
                )
            ]
        ),
        order=["Zone Day pass Week pass\n", "A 7.20 20.00\n", "B 9.10 25.00\n", "C 11.40"],
        lacks=["7.2020", "A7"],
    ),
    Case(
        "values of a filled form, each beside its label",
        "filled-form.pdf",
        stored("filled-form.pdf"),
        has=["PN-55871", "second"],
        order=["Policy number", "PN-55871", "Floor", "second"],
    ),
    Case(
        "pages without text are named in a note",
        "scanned.pdf",
        pdf_of([_at((72, 700, "Words")), _SCAN, _at((72, 700, "More words")), _SCAN, _SCAN, b"q Q"]),
        has=["Words", "More words"],
        notes=["2, 4 and 5"],
    ),
    Case("nothing but scanned pages", "scan.pdf", pdf_of([_SCAN, _SCAN]), refused="OCR"),
    Case(
        "a word that is cut at the end of a line is whole",
        "hyphen.pdf",
        pdf([["the ware-", "house is closed"]]),
        has=["warehouse"],
    ),
    Case(
        "letters that no program can name",
        "no-letters.pdf",
        pdf_of([_at(*((72, 700 - 14 * line, "\x01\x02\x03\x04 \x05\x06\x07 \x0e\x0f\x10\x11") for line in range(20)))]),
        refused="letters",
    ),
]
