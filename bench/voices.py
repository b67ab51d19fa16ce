"""`python -m bench.voices FOLDER`: every voice as a WAV that greets in its language, and a page to listen to them."""

import sys
from html import escape
from pathlib import Path

import soundfile

from bench.sentences import greeting
from bench.speaker import own_speaker, spoken
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ, Voice

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
<tr><th>voice</th><th>language</th><th>says</th><th></th></tr>
{rows}
</table>
</html>
"""
_ROW = (
    '<tr><td><code>{name}</code></td><td>{tag}</td><td lang="{tag}">{text}</td>'
    '<td><audio controls preload="none" src="{name}.wav"></audio></td></tr>'
)


def _row(voice: Voice) -> str:
    tag = voice.languages[0]
    return _ROW.format(name=escape(voice.name), tag=escape(tag), text=escape(greeting(tag)))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with own_speaker() as speaker:
        for name, voice in speaker.voices.items():
            sound = spoken(speaker, greeting(voice.languages[0]), name)
            soundfile.write(folder / f"{name}.wav", sound, SAMPLE_RATE_HZ, subtype="PCM_16")
            print(f"{name:16s} {voice.languages[0]:6s} {len(sound) / SAMPLE_RATE_HZ:4.1f} s", flush=True)
        rows = "\n".join(map(_row, speaker.voices.values()))
    (folder / "index.html").write_text(_PAGE.format(rows=rows), encoding="utf-8")
    print(f"listen: {(folder / 'index.html').absolute()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bench.voices FOLDER")
    main(Path(sys.argv[1]))
