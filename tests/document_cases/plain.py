"""Cases of plain text and CSV, and of files whose name does not fit."""

from collections.abc import Sequence

from tests.document_cases.case import Case, stored
from tests.fixtures.documents import docx, pdf


def _text(
    name: str, text: str, encoding: str, language: str, word: str, *, must_be_read: bool = True, ending: str = "txt"
) -> Case:
    why = f"text in {encoding} is read, or refused with a sentence: never gibberish"
    content = text.encode(encoding)
    return Case(why, f"{name}.{ending}", content, has=[word], language=language, may_be_refused=not must_be_read)


def _csv(why: str, name: str, text: str, has: Sequence[str] = (), order: Sequence[str] = ()) -> Case:
    return Case(why, f"{name}.csv", text.encode(), has=has, order=order)


_RUSSIAN = "Мы открыты каждый день с девяти утра до шести вечера. Возврат товара возможен в течение тридцати дней."
_CHINESE = "营业时间为上午九点至下午六点。三十天内可以退货。运费由我们承担。"
_POLISH = "Otwieramy o dziewiątej. Zwrot towaru możliwy jest w ciągu trzydziestu dni. Łódź, Gdańsk."

CASES = [
    _text("russian", _RUSSIAN, "cp1251", "ru", "Возврат"),
    _text("russian-koi8", _RUSSIAN, "koi8-r", "ru", "Возврат"),
    _text("russian-dos", _RUSSIAN, "cp866", "ru", "Возврат"),
    _text("russian-of-an-english-character", _RUSSIAN, "cp1251", "en", "Возврат", must_be_read=False),
    _text("chinese", _CHINESE, "gbk", "zh", "退货"),
    _text("chinese-of-an-english-character", _CHINESE, "gbk", "en", "退货", must_be_read=False),
    _text("taiwan", "營業時間為上午九點至下午六點。三十天內可以退貨。", "big5", "zh", "退貨"),
    _text("polish", _POLISH, "cp1250", "pl", "możliwy"),
    _text("polish-iso", _POLISH, "iso8859-2", "pl", "możliwy"),
    _text("polish-of-an-english-character", _POLISH, "cp1250", "en", "możliwy", must_be_read=False),
    _text("czech", "Otevřeno máme každý den od devíti. Zboží lze vrátit do třiceti dnů.", "cp1250", "cs", "třiceti"),
    _text("greek", "Είμαστε ανοιχτά κάθε μέρα από τις εννέα.", "cp1253", "el", "ανοιχτά"),
    _text("turkish", "Her gün saat dokuzda açıyoruz. İade süresi otuz gündür.", "cp1254", "tr", "açıyoruz"),
    _text("korean", "매일 아홉 시에 엽니다. 삼십 일 안에 환불됩니다.", "cp949", "ko", "환불"),
    _text("hebrew", "אנחנו פתוחים כל יום מתשע.", "cp1255", "he", "פתוחים"),
    _text("arabic", "نحن مفتوحون كل يوم من التاسعة.", "cp1256", "ar", "مفتوحون"),
    _text(
        "german",
        "Öffnungszeiten: täglich, „auch sonntags“ – für 5 €",
        "cp1252",
        "de",
        "täglich, „auch sonntags“ – für 5 €",
    ),
    _text("french-mac", "Le café est fermé à midi, rue de l’Hôtel.", "mac_roman", "fr", "fermé à", must_be_read=False),
    _text("german-dos", "Geöffnet für Gäste täglich", "cp850", "de", "für Gäste", must_be_read=False),
    _text("japanese", "名前,値段\nランプ,1900\n机と椅子,2500\n", "shift_jis", "ja", "ランプ", ending="csv"),
    _text("japanese-euc", "毎日九時から六時まで営業しています。返品は三十日以内です。", "euc_jp", "ja", "返品"),
    _text("japanese-mail", "毎日九時から営業しています。", "iso2022_jp", "ja", "営業"),
    _text("wide", "Öffnungszeiten", "utf-16", "de", "Öffnungszeiten"),
    _text("wide-without-mark", "Opening hours: ten to four", "utf-16-le", "en", "ten to four"),
    _text("utf8", "\ufeffGrüße 😀", "utf-8", "de", "Grüße 😀"),
    Case(
        "a stray byte in UTF-8 is refused, not replaced",
        "stray.txt",
        "Grüße, täglich ".encode() + b"\xff\xfe\x81" + "für Gäste".encode(),
        refused="letters",
        may_be_refused=True,
    ),
    Case("noise is no text", "noise.txt", bytes((at * 89 + 131) % 125 + 128 for at in range(4000)), refused="letters"),
    Case("a picture called text", "picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", refused="not text"),
    Case("a PDF whose name ends otherwise", "one-line.txt", stored("one-line.pdf"), refused="wrong ending"),
    Case("a PDF called DOCX", "pdf.docx", pdf([["x"]]), refused="wrong ending"),
    Case("a DOCX called XLSX", "word.xlsx", docx([("", "x")]), refused="wrong ending"),
    Case("a DOCX called HTML", "word.html", docx([("", "x")]), refused="wrong ending"),
    Case("an old Word file", "old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, refused="saved|password"),
    Case("a text of RTF", "letter.txt", rb"{\rtf1\ansi Hello \b there\b0}", refused="wrong ending"),
    Case(
        "passages that repeat the end of the one before keep words apart",
        "rooms.txt",
        "\n".join(f"Room {room} costs {room + 1000} euro a night" for room in range(100, 235)).encode(),
        has=["Room 100 costs 1100", "Room 234 costs 1234"],
        lacks=["nightRoom"],
    ),
    _csv("semicolons", "semicolons", "item;price\nbike;1,5\n", has=["| item | price |\n| --- | --- |\n| bike | 1,5 |"]),
    _csv("tabs", "tabs", "item\tprice\nbike\t100\n", has=["| bike | 100 |"]),
    _csv(
        "a quoted line break and comma",
        "quoted",
        'a,b\n"two\nlines, here",x\n',
        order=["| a | b |", "two", "lines, here", "x |"],
    ),
    _csv("rows of different length", "ragged", "a,b\n1\n1,2,3\n", order=["| a | b", "| 1 |", "| 1 | 2 | 3 |"]),
    _csv("a line that names the separator", "named", "sep=;\na;b\n1;2\n", has=["| a | b |"], order=["| 1 | 2 |"]),
    _csv("one column", "column", 'towns\nGraz, Wien\n"Linz"\n', order=["towns", "Graz", "Wien", "Linz"]),
    _csv("bars and quotes in a cell", "bars", 'a,b\nx|y,"say ""hi"""\n', order=["x", "y", 'say "hi"']),
]
