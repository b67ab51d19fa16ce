"""Takes back what a recogniser says that nobody said."""

import re
from typing import Final

from services.inference.engines.recogniser import Hypothesis

_MUSIC: Final = re.compile(r"[♪♫♬]+|\[[^\]]*\]")
_SPACES: Final = re.compile(r"\s+")
_COMMAS: Final = re.compile(r",{2,}")
_MAX_UNIT_WORDS: Final = 12
# "Five five five five" is a phone number and "no no no no" a caller; what a looping decoder writes runs on.
_MAX_REPEATS_OF_ONE_WORD: Final = 8
_MAX_REPEATS_OF_A_PHRASE: Final = 4
# The fastest talkers stay below 25 characters a second of sound in any alphabet; a short word has its spelling.
_MAX_CHARACTERS_PER_SECOND: Final = 40.0
_SPARE_CHARACTERS: Final = 15
# Above this an engine that tells says itself that nobody spoke (Whisper's own threshold).
_MAX_NO_SPEECH: Final = 0.6
# Where it is in doubt, its doubt about the words decides (their mean log-probability, Whisper's own threshold): noise
# stays below, speech of the languages that are served above.
_DOUBTED_NO_SPEECH: Final = 0.3
_MIN_CONFIDENCE: Final = -1.0
# Credits of subtitles, which recognisers learned and write where nobody speaks. Nobody says them to a character, so a
# sentence with one is left out wherever it stands. Each names who made the subtitles: callers may speak of subtitles.
_CREDITS: Final = re.compile(
    r"""
    amara\.org | © | \bqtss\b | ^copyright\ (?:wdr|zdf|ard|swr|ndr|br)\b
    | ^(?:subtitles|captions|captioning|transcription|transcribed)\ by\ (?-i:[A-Z])
    | ^untertitel(?:ung)?\ (?:im\ auftrag|der\ amara|des\ zdf|von\ stephanie\ geiges)
    | ^sous-titr(?:es|age)\ (?:(?:réalisés?|faits?)\ (?:par|pour)|par\ la|st['’]|fr\b|mfp\b|société\ radio)
    | ^subt[ií]tulos\ (?:realizados\ )?por\ (?:la\ comunidad|(?-i:[A-Z]))
    | ^(?:sottotitoli|revisione)\ .*\ba\ cura\ di\b | ^sottotitoli\ creati\ dalla\b
    | ^(?:legendas?|tradução|transcrição)\ (?:e\ \w+\ )?(?:pela\ comunidade|por\ (?-i:[A-Z]))
    | 字幕(?:由|by|志愿者|志願者|视聴|視聴|制作|製作|作成|组|組) | 明镜与点点 | [请請]不吝[点點][赞贊]
    """,
    re.IGNORECASE | re.VERBOSE,
)
# How videos end. A caller may say it, so it is left out only as a whole text of which the engine is in some doubt.
_FAREWELLS: Final = re.compile(
    r"""
    (?:thank\ you|thanks)(?:\ (?:so|very)\ much)?\ for\ (?:watching|listening|viewing)
    | (?:please\ )?(?:like,?\ )?(?:and\ )?subscribe(?:\ to\ (?:my|the|our)\ channel)?
    | (?:vielen\ dank|danke)\ fürs?\ (?:zuschauen|zusehen|zuhören)(?:\ und\ bis\ zum\ nächsten\ mal)?
    | bis\ zum\ nächsten\ mal
    | merci\ d['’]avoir\ regardé(?:\ cette\ vidéo)? | abonnez-vous(?:\ à\ la\ chaîne)?
    | (?:muchas\ )?gracias\ por\ ver(?:\ el\ v[ií]deo)? | suscríbete(?:\ al\ canal)?
    | grazie\ per\ (?:la\ visione|aver\ guardato(?:\ il\ video)?) | iscriviti\ al\ canale
    | obrigad[oa]\ por\ assistir | inscreva-se\ no\ canal
    | (?:ご視聴|ご清聴)(?:いただき)?ありがとうござい(?:ました|ます) | チャンネル登録.*
    | (?:感谢|感謝|谢谢|謝謝)(?:您的?|你的?|大家的?)?(?:收看|观看|觀看|收听)
    | (?:वीडियो\ )?देखने\ के\ लिए\ (?:आपका\ )?धन्यवाद
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SOME_NO_SPEECH: Final = 0.2
_SENTENCES: Final = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")
_MARKS: Final = " .,!?;:。！？、，।-–—\"'“”¡¿"


def _without_credits(text: str) -> str:
    sentences = _SENTENCES.split(text)
    kept = [each for each in sentences if not _CREDITS.search(each.strip(_MARKS))]
    return text if len(kept) == len(sentences) else " ".join(kept)


def _key(word: str) -> str:
    return word.strip(".,!?;:").lower()


def _repeats(words: list[str], at: int, unit: int) -> int:
    """How often the `unit` words at `at` stand there in a row."""
    first = [_key(word) for word in words[at : at + unit]]
    count = 1
    while [_key(word) for word in words[at + count * unit : at + (count + 1) * unit]] == first:
        count += 1
    return count


def without_loops(text: str, overran: bool) -> str:
    """The text with a phrase that repeats like a decoder in a loop cut to its first occurrence.

    overran: the decoder hit its length limit; then three repetitions are already taken for a loop.
    """
    words = text.split()
    kept: list[str] = []
    at = 0
    while at < len(words):
        for unit in range(1, min(_MAX_UNIT_WORDS, len(words) - at) + 1):
            limit = _MAX_REPEATS_OF_ONE_WORD if unit == 1 else _MAX_REPEATS_OF_A_PHRASE
            count = _repeats(words, at, unit)
            if count > (2 if overran else limit):
                kept.extend(words[at : at + unit])
                at += count * unit
                break
        else:
            kept.append(words[at])
            at += 1
    return " ".join(kept)


def clean(text: str, overran: bool = False) -> str:
    """The transcript without music signs, stage directions, credits and loops; empty when nothing else is left."""
    text = _SPACES.sub(" ", _MUSIC.sub(" ", text)).strip()
    text = _without_credits(text)
    if not any(character.isalnum() for character in text):
        return ""
    return without_loops(_COMMAS.sub(",", text), overran)


def believed(hypothesis: Hypothesis, voiced_seconds: float) -> str:
    """The text of a hypothesis as far as its sound can have said it; empty when it cannot.

    voiced_seconds: how long the clip stood out from its background.
    """
    no_speech = hypothesis.no_speech or 0.0
    doubted = hypothesis.confidence is not None and hypothesis.confidence < _MIN_CONFIDENCE
    if no_speech > (_DOUBTED_NO_SPEECH if doubted else _MAX_NO_SPEECH):
        return ""
    text = clean(hypothesis.text, hypothesis.overran or hypothesis.stopped)
    if (no_speech > _SOME_NO_SPEECH or doubted) and _FAREWELLS.fullmatch(text.strip(_MARKS)):
        return ""
    return text if len(text) <= _SPARE_CHARACTERS + _MAX_CHARACTERS_PER_SECOND * voiced_seconds else ""
