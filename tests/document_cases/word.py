"""Cases of DOCX."""

from tests.document_cases.case import Case, stored
from tests.fixtures.documents import docx_of

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:v="urn:schemas-microsoft-com:vml"'
)


def _word(body: str, **parts: str) -> bytes:
    """A DOCX with this body, and further parts (`footnotes`, `numbering`, `styles` …) of this content."""
    more = [
        (
            f"word/{name}.xml",
            f"<w:{_ROOTS.get(name, name)} {_NAMESPACES}>{content}</w:{_ROOTS.get(name, name)}>".encode(),
        )
        for name, content in parts.items()
    ]
    document = f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>".encode()
    return docx_of(document, more, related=list(parts))


_ROOTS = {"header": "hdr", "footer": "ftr"}


def _p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{_r(text)}</w:p>"


def _r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _item(text: str, level: int = 0, number: int = 1) -> str:
    return _p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def _cell(content: str, properties: str = "") -> str:
    inner = content if content.startswith("<") else _p(content)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def _table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def _level(level: int, kind: str, text: str) -> str:
    return f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'


_NUMBERING = (
    f'<w:abstractNum w:abstractNumId="7">{_level(0, "decimal", "%1.")}{_level(1, "lowerLetter", "%2)")}'
    f"{_level(2, 'decimal', '%1.%2.%3')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="8">{_level(0, "bullet", "")}{_level(1, "bullet", "o")}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
)
_BOX = "<w:txbxContent>" + _p("Ring the bell twice.") + "</w:txbxContent>"

CASES = [
    Case(
        "every note, each with its sentence",
        "three-notes.docx",
        stored("three-notes.docx"),
        has=["Only above 35 euro", "Within 14 days", "For 2 euro"],
        order=["Delivery is free", "Only above 35 euro", "Returns are taken back", "Within 14 days", "Gift wrap"],
    ),
    Case(
        "tab, non-breaking hyphen and carriage return keep words apart",
        "tabs-and-hyphens.docx",
        stored("tabs-and-hyphens.docx"),
        has=["555-0100"],
        lacks=["Coffee3.50", "Monday9:00", "9:0017:00", "5550100", "pricelist"],
    ),
    Case(
        "hidden text stays hidden, and a note says so",
        "hidden-price.docx",
        stored("hidden-price.docx"),
        has=["Price on request. Ask our staff."],
        lacks=["Purchase price"],
        notes=["Hidden text"],
    ),
    Case(
        "text that is hidden by a style",
        "hidden-style.docx",
        _word(
            f'<w:p>{_r("Shown. ")}{_r("Secret", """<w:rStyle w:val="Quiet"/>""")}</w:p>'
            + _p("Also secret", '<w:pStyle w:val="Internal"/>')
            + f'<w:p><w:pPr><w:pStyle w:val="Internal"/></w:pPr>{_r("Spoken", """<w:vanish w:val="0"/>""")}</w:p>',
            styles='<w:style w:type="character" w:styleId="Quiet"><w:name w:val="quiet"/><w:rPr><w:vanish/></w:rPr>'
            '</w:style><w:style w:type="paragraph" w:styleId="Base"><w:name w:val="base"/><w:rPr><w:vanish/></w:rPr>'
            '</w:style><w:style w:type="paragraph" w:styleId="Internal"><w:name w:val="internal"/>'
            '<w:basedOn w:val="Base"/></w:style>',
        ),
        has=["Shown.", "Spoken"],
        lacks=["Secret", "secret"],
        notes=["Hidden text"],
    ),
    Case(
        "numbered lists of three levels keep their numbers",
        "nested-list.docx",
        _word(
            _item("Unplug")
            + _item("Wait", 1)
            + _item("Wipe", 1)
            + _item("Open")
            + _item("Look", 1)
            + _item("Check", 2),
            numbering=_NUMBERING,
        ),
        order=["1. Unplug", "  a) Wait", "  b) Wipe", "2. Open", "  a) Look", "    2.a.1 Check"],
    ),
    Case(
        "bullets are items, and two lists are counted apart",
        "bullets.docx",
        _word(
            _item("Kettle", 0, 2) + _item("Steel", 1, 2) + _p("Between") + _item("Toaster", 0, 2),
            numbering=_NUMBERING,
        ),
        order=["- Kettle", "  - Steel", "Between", "- Toaster"],
    ),
    Case(
        "what was inserted or moved stands once, at its new place; what was deleted is gone",
        "tracked.docx",
        _word(
            f"<w:p>{_r('Fee: ')}<w:del><w:r><w:delText>10</w:delText></w:r></w:del><w:ins>{_r('12')}</w:ins>"
            f"{_r(' euro')}</w:p><w:p><w:moveFrom>{_r('Ask at the desk.')}</w:moveFrom></w:p>"
            + _p("Second.")
            + f"<w:p><w:moveTo>{_r('Ask at the desk.')}</w:moveTo></w:p>"
        ),
        has=["Fee: 12 euro"],
        lacks=["10", "Ask at the desk.\n\nSecond"],
        order=["Second.", "Ask at the desk."],
    ),
    Case(
        "a row of a table is a line below the names of its columns",
        "table.docx",
        _word(
            _table(_cell("Zone") + _cell("Day pass"), _cell("A") + _cell("7.20"), _cell("B") + _cell("9.10")),
        ),
        order=["| Zone | Day pass |", "| --- | --- |", "| A | 7.20 |", "| B | 9.10 |"],
    ),
    Case(
        "merged cells keep columns in place, paragraphs and lists in a cell stay apart",
        "merged.docx",
        _word(
            _table(
                _cell("Day", '<w:vMerge w:val="restart"/>') + _cell("Hours", '<w:gridSpan w:val="2"/>'),
                _cell("", "<w:vMerge/>") + _cell("from") + _cell("to"),
                _cell("Mon") + _cell(_p("nine") + _p("or ten")) + _cell(_item("five", 0, 2)),
            ),
            numbering=_NUMBERING,
        ),
        has=["| Day | Hours | Hours |", "| Day | from | to |"],
        lacks=["nineor"],
        order=["Mon", "nine", "or ten", "five"],
    ),
    Case(
        "a table in a table",
        "table-in-table.docx",
        _word(_table(_cell("Outer"), _cell(_p("Before") + _table(_cell("Lamp") + _cell("19")) + _p("After")))),
        lacks=["Lamp19", "BeforeLamp", "19After"],
        order=["Outer", "Before", "Lamp", "19", "After"],
    ),
    Case(
        "a text box stands once, though two programs' forms of it are in the file",
        "text-box.docx",
        _word(
            _p("Door.") + '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><a:graphic>'
            "<a:graphicData>"
            + f"<wps:wsp><wps:txbx>{_BOX}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
            + f"</mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{_BOX}</v:textbox></v:shape></w:pict>"
            f"</mc:Fallback>" + f"</mc:AlternateContent></w:r></w:p>{_p('End.')}"
        ),
        lacks=["Ring the bell twice.\n\nRing", "twice.Ring"],
        order=["Door.", "Ring the bell twice.", "End."],
    ),
    Case(
        "content controls in and around paragraphs, and in tables",
        "controls.docx",
        _word(
            f"<w:p>{_r('Model: ')}<w:sdt><w:sdtPr/><w:sdtContent>{_r('K-40')}</w:sdtContent></w:sdt></w:p>"
            f"<w:sdt><w:sdtContent>{_p('Made in Graz.')}</w:sdtContent></w:sdt>"
            f"<w:tbl><w:sdt><w:sdtContent><w:tr>{_cell('Power')}<w:sdt><w:sdtContent>{_cell('900 W')}</w:sdtContent>"
            "</w:sdt></w:tr></w:sdtContent></w:sdt></w:tbl>"
        ),
        has=["Model: K-40", "Made in Graz.", "| Power | 900 W |"],
    ),
    Case(
        "a formula stays in its sentence",
        "formula.docx",
        _word(
            f"<w:p>{_r('The area is ')}<m:oMath><m:r><m:t>π</m:t></m:r><m:sSup><m:e><m:r><m:t>r</m:t></m:r></m:e>"
            f"<m:sup>"
            f"<m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>{_r(' here, half is ')}<m:oMath><m:f><m:num><m:r><m:t>x"
            "</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
            f"{_r(' and the root is ')}<m:oMath><m:rad><m:degHide/><m:deg/><m:e><m:r><m:t>9</m:t></m:r></m:e></m:rad>"
            f"</m:oMath>{_r('.')}</w:p>"
        ),
        has=["The area is πr^2 here, half is x/2 and the root is √9."],
    ),
    Case(
        "raised and lowered figures are not glued to what they follow",
        "raised.docx",
        _word(
            f'<w:p>{_r("A room of 20 m")}{_r("2", """<w:vertAlign w:val="superscript"/>""")}{_r(", 10")}'
            f'{_r("6", """<w:vertAlign w:val="superscript"/>""")}{_r(" of CO")}'
            f'{_r("2", """<w:vertAlign w:val="subscript"/>""")}{_r(", the 3")}'
            f'{_r("rd", """<w:vertAlign w:val="superscript"/>""")}{_r(" floor")}</w:p>'
        ),
        has=["20 m²", "10⁶", "CO₂", "the 3rd floor"],
    ),
    Case(
        "an endnote stands with its sentence",
        "endnote.docx",
        _word(
            f'<w:p>{_r("Batteries last a year")}<w:r><w:endnoteReference w:id="4"/></w:r>{_r(".")}</w:p>' + _p("Next."),
            endnotes='<w:endnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:endnote>'
            f'<w:endnote w:id="4">{_p("At two calls a day.")}</w:endnote>',
        ),
        order=["Batteries last a year", "At two calls a day.", "Next."],
    ),
    Case(
        "the text of a link and the result of a field, not their instructions",
        "fields.docx",
        _word(
            f'<w:p>{_r("See ")}<w:hyperlink w:anchor="x">{_r("page ")}</w:hyperlink><w:r><w:fldChar '
            'w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGEREF x </w:instrText></w:r><w:r><w:fldChar '
            f'w:fldCharType="separate"/></w:r>{_r("12")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
            f'<w:fldSimple w:instr=" DATE ">{_r(" of today")}</w:fldSimple></w:p>'
        ),
        has=["See page 12 of today"],
        lacks=["PAGEREF", "DATE"],
    ),
    Case(
        "headings of any language and by outline level",
        "headings.docx",
        _word(
            _p("Retours", '<w:pStyle w:val="Titre1"/>')
            + _p("Dans 30 jours.")
            + _p("Caisse", '<w:outlineLvl w:val="1"/>')
            + _p("Ouverte."),
            styles='<w:style w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/></w:style>',
        ),
        order=["Retours", "Dans 30 jours.", "Caisse", "Ouverte."],
    ),
    Case(
        "headers, footers and comments are left out, and a note says so",
        "left-out.docx",
        _word(
            f'<w:p><w:commentRangeStart w:id="0"/>{_r("Open daily.")}<w:commentRangeEnd w:id="0"/><w:r>'
            '<w:commentReference w:id="0"/></w:r></w:p>',
            comments=f'<w:comment w:id="0" w:author="x">{_p("Really daily?")}</w:comment>',
            header=_p("Confidential"),
            footer=_p("Page 1"),
        ),
        has=["Open daily."],
        lacks=["Really", "Confidential", "Page 1"],
        notes=["Headers", "Comments"],
    ),
    Case(
        "small signs: soft hyphen, symbol, line break, ruby",
        "signs.docx",
        _word(
            "<w:p><w:r><w:t>Zahn</w:t><w:softHyphen/><w:t>arzt</w:t><w:br/><w:t>ja</w:t></w:r><w:r><w:sym "
            'w:font="Wingdings" '
            'w:char="F0FC"/></w:r><w:r><w:ruby><w:rt><w:r><w:t>かんじ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢字</w:t>'
            "</w:r></w:rubyBase></w:ruby></w:r></w:p>"
        ),
        has=["Zahnarzt", "漢字"],
        lacks=["arztja", "かんじ"],
    ),
    Case(
        "the words of a picture's description",
        "picture.docx",
        _word(
            '<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="Map: the entrance is behind the '
            f'bakery"/></wp:inline></w:drawing></w:r></w:p>{_p("Come in.")}'
        ),
        order=["the entrance is behind the bakery", "Come in."],
    ),
    Case(
        "a check box and a choice of a form",
        "form.docx",
        _word(
            f'<w:p>{_r("Delivery: ")}<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr>'
            f'<w:sdtContent>{_r("☒")}</w:sdtContent></w:sdt>{_r(" yes, size ")}<w:r><w:fldChar w:fldCharType="begin">'
            '<w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="small"/><w:listEntry w:val="large"/>'
            "</w:ddList>"
            "</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r><w:r><w:fldChar "
            'w:fldCharType="end"/></w:r></w:p>'
        ),
        has=["Delivery: ☒ yes, size large"],
        lacks=["small"],
    ),
]
