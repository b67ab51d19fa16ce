"""An HTML page to listen to recorded voices."""

from collections.abc import Iterable
from html import escape

from services.kit.catalogue import Voice

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Callbox: voices</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
  td, th {{ padding: .3rem 1rem .3rem 0; text-align: left }}
  audio {{ height: 2rem; vertical-align: middle }}
</style>
<h1>Voices</h1>
<table>
<tr><th>name</th><th>voice</th><th>languages</th><th>says</th><th></th></tr>
{rows}
</table>
</html>
"""
_ROW = (
    '<tr><td><code>{name}</code></td><td>{title}</td><td>{languages}</td><td lang="{tag}">{text}</td>'
    '<td><audio controls preload="none" src="{file}"></audio></td></tr>'
)


def page(recorded: Iterable[tuple[Voice, str, str]]) -> str:
    """HTML with a row for each voice. recorded: (voice, spoken text, audio file beside the page)."""
    rows = (
        _ROW.format(
            name=escape(voice.name),
            title=escape(voice.title),
            languages=escape(", ".join(voice.languages)),
            tag=escape(voice.languages[0]),
            text=escape(text),
            file=escape(file),
        )
        for voice, text, file in recorded
    )
    return _PAGE.format(rows="\n".join(rows))
