"""Cases of HTML."""

from collections.abc import Sequence

from tests.document_cases.case import Case


def _page(
    why: str,
    name: str,
    body: str,
    has: Sequence[str] = (),
    lacks: Sequence[str] = (),
    order: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Case:
    return Case(why, f"{name}.html", f"<html><body>{body}</body></html>".encode(), has, lacks, order, notes)


def _charset(name: str, head: str, text: str, encoding: str, language: str, word: str) -> Case:
    page = f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode(encoding)
    return Case("the charset that the page names", f"{name}.html", page, has=[word], language=language)


CASES = [
    _charset("russian", '<meta charset="windows-1251">', "Мы открыты с девяти до шести.", "cp1251", "ru", "открыты"),
    _charset(
        "japanese",
        '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">',
        "九時から六時まで営業しています。",
        "shift_jis",
        "ja",
        "営業",
    ),
    _charset("korean", "<meta charset=euc-kr>", "아홉 시에 엽니다.", "euc-kr", "en", "엽니다"),
    _charset("western", "<meta charset=iso-8859-1>", "Caf\xe9 \u2013 5 \u20ac", "cp1252", "en", "Caf\xe9 – 5 €"),
    _charset("wrong-name", "<meta charset=utf-16>", "Grüße", "utf-8", "de", "Grüße"),
    _charset("no-name", "", "Grüße aus Köln", "utf-8", "de", "Köln"),
    _page(
        "lists of any nesting, paragraphs and code in items",
        "lists",
        "<ul><li>Kettle<ul><li>descale</li></ul></li><li><p>Toaster</p><p>Shake it.</p><pre>make run\n  twice</pre>"
        "</li></ul>"
        "<ol start=3><li>three<li>four</ol>",
        order=["- Kettle", "  - descale", "- Toaster", "Shake it.", "make run", "  twice", "3. three", "4. four"],
        lacks=["ToasterShake"],
    ),
    _page(
        "a table with a caption, header cells, merged cells, a list and a break in a cell",
        "table",
        "<table><caption>Tickets</caption><thead><tr><th>Zone<th>Day<th>Week</thead><tbody><tr><td rowspan=2>A<td "
        "colspan=2>free"
        "<tr><td>7<br>8<td><ul><li>x</li><li>y</li></ul></tbody></table>",
        order=["Tickets", "| Zone | Day | Week |\n| --- | --- | --- |\n| A | free | free |\n| A | 7", "8 |", "x", "y"],
        lacks=["78"],
    ),
    _page(
        "a table in a table, as old pages lay out their text",
        "layout",
        "<table><tr><td><h2>Hours</h2><p>Ten to four.</p><table><tr><td>Mon</td><td>9</td></tr></table></td><td>"
        "Aside</td>"
        "</tr></table>",
        order=["Hours", "Ten to four.", "Mon", "9", "Aside"],
        lacks=["HoursTen", "Mon9", "four.Mon"],
    ),
    _page(
        "what the page hides stays hidden, and a note says so",
        "hidden",
        "<p>Price on request.</p><p hidden>Cost 7</p><div style='color:red; display: none'>Cost 8</div>"
        "<p style='visibility:hidden'>Cost 9</p><template>Cost 10</template><noscript>Turn on scripts</noscript>",
        has=["Price on request."],
        lacks=["Cost"],
        notes=["hides"],
    ),
    _page(
        "scripts, styles and comments are no text",
        "scripts",
        "<script>steal()</script><style>p{}</style><!-- draft --><p>Words</p><svg><title>logo</title><style>"
        "x</style></svg>",
        has=["Words"],
        lacks=["steal", "p{}", "draft", "x"],
    ),
    _page(
        "blocks keep words apart and tags inside a word do not",
        "glue",
        "<div>one</div><div>two</div>three<p>four<p>five<hr>six <b>se</b><i>ven</i><br/>eight<dl><dt>nine<dd>ten</dl>"
        "<select><option>eleven<option>twelve</select><button>thirteen</button><button>fourteen</button>",
        has=["seven"],
        lacks=["onetwo", "twothree", "threefour", "fourfive", "seveneight", "nineten", "eleventwelve", "thirteenfour"],
    ),
    _page(
        "answers that a click opens are text",
        "details",
        "<details><summary>Can I return it?</summary>Yes, in 30 days.</details>",
        order=["Can I return it?", "Yes, in 30 days."],
        lacks=["it?Yes"],
    ),
    _page(
        "raised and lowered figures, ruby, a soft hyphen, entities",
        "signs",
        "<p>20 m<sup>2</sup> H<sub>2</sub>O <ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby> Zahn&shy;arzt "
        "5&nbsp;&euro; "
        "super<wbr>long</p>",
        has=["20 m²", "H₂O", "漢字", "Zahnarzt", "5 €", "superlong"],
        lacks=["かんじ"],
    ),
    _page(
        "a formula in a sentence",
        "formula",
        "<p>The area is <math><mi>π</mi><msup><mi>r</mi><mn>2</mn></msup></math> here, half <math><mfrac><mi>x</mi>"
        "<mn>2</mn>"
        "</mfrac></math>.</p>",
        has=["The area is πr^2 here, half x/2."],
    ),
    _page(
        "values of a form and words of pictures",
        "form",
        "<label>Floor <input value=second></label><input type=hidden value=token><textarea>Ring twice</textarea>"
        "<img src=a.png alt='the blue door'><input type=checkbox checked value=1> gift",
        has=["Floor second", "Ring twice", "the blue door", "gift"],
        lacks=["token"],
    ),
    _page(
        "text that is laid out by blanks",
        "blanks",
        "<pre>Mon  9\nTue 10</pre><p>a   b\n  c</p>",
        has=["Mon  9\nTue 10", "a b c"],
    ),
    _page(
        "a page without end tags",
        "open",
        "<p>one<table><tr><td>two<td>three<ul><li>four",
        order=["one", "two", "three", "four"],
    ),
    Case(
        "the title of a page stands above its text",
        "title.html",
        b"<!doctype html><title>Our &amp; your\n shop</title><h1>Hours</h1><p>Ten to four",
        order=["Our & your shop", "Hours", "Ten to four"],
    ),
]
