"""Removes text that a recogniser made up: loops, subtitle credits, words in silence."""

import re
from typing import Final

from services.inference.engines.recogniser import Hypothesis

_MUSIC: Final = re.compile(r"[♪♫♬]+|\[[^\]]*\]")
_SPACES: Final = re.compile(r"\s+")
_COMMAS: Final = re.compile(r",{2,}")
_MAX_UNIT_WORDS: Final = 12
# Callers do repeat words: "five five five five" in a phone number, "no no no no". A looping decoder repeats more often.
_MAX_REPEATS_OF_ONE_WORD: Final = 8
_MAX_REPEATS_OF_A_PHRASE: Final = 4
# The fastest talkers stay below 25 characters a second of sound in any alphabet. A short word may have many letters,
# so some are allowed on top.
_MAX_CHARACTERS_PER_SECOND: Final = 40.0
_SPARE_CHARACTERS: Final = 15
# Above this probability nobody spoke, for engines that report it (Whisper's own threshold).
_MAX_NO_SPEECH: Final = 0.6
# Between 0.3 and 0.6 the confidence decides: the mean log-probability of the words (Whisper's own threshold). Noise is
# below it, speech in the served languages above.
_DOUBTED_NO_SPEECH: Final = 0.3
_MIN_CONFIDENCE: Final = -1.0
# Subtitle credits: recognisers learned them and write them when nobody speaks. No caller says them, so a sentence with
# a credit is always removed. Each pattern needs the name of the author, because a caller may talk about subtitles.
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
# Closing words of videos. A caller may say them, so they are removed only when they are the whole text and the engine
# is not certain of it.
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
    """How many times in a row the `unit` words at `at` occur."""
    first = [_key(word) for word in words[at : at + unit]]
    count = 1
    while [_key(word) for word in words[at + count * unit : at + (count + 1) * unit]] == first:
        count += 1
    return count


def without_loops(text: str, overran: bool) -> str:
    """The text, with each phrase that a looping decoder repeated reduced to its first occurrence.

    overran: the decoder hit its length limit; then three repetitions already count as a loop.
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
    """The transcript without music signs, [sound descriptions], credits and loops; empty when nothing else is left."""
    text = _SPACES.sub(" ", _MUSIC.sub(" ", text)).strip()
    text = _without_credits(text)
    if not any(character.isalnum() for character in text):
        return ""
    return without_loops(_COMMAS.sub(",", text), overran)


def believed(hypothesis: Hypothesis, voiced_seconds: float) -> str:
    """The text of a hypothesis, or "" when the audio cannot have contained it.

    voiced_seconds: how much of the clip is louder than its background.
    """
    no_speech = hypothesis.no_speech or 0.0
    doubted = hypothesis.confidence is not None and hypothesis.confidence < _MIN_CONFIDENCE
    if no_speech > (_DOUBTED_NO_SPEECH if doubted else _MAX_NO_SPEECH):
        return ""
    text = clean(hypothesis.text, hypothesis.overran or hypothesis.stopped)
    if (no_speech > _SOME_NO_SPEECH or doubted) and _FAREWELLS.fullmatch(text.strip(_MARKS)):
        return ""
    return text if len(text) <= _SPARE_CHARACTERS + _MAX_CHARACTERS_PER_SECOND * voiced_seconds else ""
