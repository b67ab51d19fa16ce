"""Documents as people upload them, with what must be found in each."""

from tests.document_cases import markdown, pdfs, plain, sheets, slides, web_pages, word
from tests.document_cases.case import Case

CASES: list[Case] = [
    *word.CASES,
    *sheets.CASES,
    *slides.CASES,
    *pdfs.CASES,
    *web_pages.CASES,
    *markdown.CASES,
    *plain.CASES,
]
