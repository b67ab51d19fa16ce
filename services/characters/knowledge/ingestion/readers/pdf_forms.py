"""Values of the forms of a PDF, and text that people wrote on its pages."""

import ctypes
from collections.abc import Callable

import pypdfium2
import pypdfium2.raw as pdfium

from services.characters.knowledge.ingestion.readers.pdf_columns import Segment

_MAX_ANNOTATIONS = 5_000
_MAX_BYTES = 200_000
_VALUES = (
    pdfium.FPDF_FORMFIELD_TEXTFIELD,
    pdfium.FPDF_FORMFIELD_COMBOBOX,
    pdfium.FPDF_FORMFIELD_LISTBOX,
)
_BOXES = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_COMMENTS = (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_CARET)


class Forms:
    """Reads what was written into a document. has_comments: whether comments were met, which are left out."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self.has_comments = False
        self._form = None
        if document.get_formtype() != pdfium.FORMTYPE_NONE:
            document.init_forms()
            self._form = document.formenv

    def values(self, page: pypdfium2.PdfPage) -> list[Segment]:
        """Values of fields and texts on a page, each at its place."""
        found: list[Segment] = []
        for at in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
            annotation = pdfium.FPDFPage_GetAnnot(page, at)
            if not annotation:
                continue
            try:
                text = self._text(annotation)
                if text.strip():
                    found.append(_at_its_place(annotation, " ".join(text.split())))
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)
        return found

    def _text(self, annotation: pdfium.FPDF_ANNOTATION) -> str:
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if pdfium.FPDFAnnot_GetFlags(annotation) & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW):
            return ""
        if kind == pdfium.FPDF_ANNOT_FREETEXT:
            return _string(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
        if kind in _COMMENTS:
            written = _string(
                lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size)
            )
            self.has_comments = self.has_comments or bool(written.strip())
            return ""
        if kind != pdfium.FPDF_ANNOT_WIDGET or self._form is None:
            return ""
        form = self._form
        field = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
        if field in _BOXES:
            return "☒" if pdfium.FPDFAnnot_IsChecked(form, annotation) else "☐"
        if field in _VALUES:
            return _string(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
        return ""


def _string(read: Callable[[object, int], int]) -> str:
    """A text that PDFium writes into a buffer as UTF-16, with two zero bytes at its end."""
    size = read(None, 0)
    if not 2 < size <= _MAX_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")


def _at_its_place(annotation: pdfium.FPDF_ANNOTATION, text: str) -> Segment:
    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, rect)
    return Segment(rect.left, min(rect.bottom, rect.top), rect.right, max(rect.bottom, rect.top), text, is_value=True)
