"""Word errors of a recognised text."""

from typing import Any

import jiwer

_transforms: Any = jiwer  # its classes have no type annotations
_NORMAL = _transforms.Compose(
    [
        _transforms.ToLowerCase(),
        _transforms.SubstituteRegexes({r"[-\u2013\u2014]": " "}),
        _transforms.ExpandCommonEnglishContractions(),
        _transforms.RemovePunctuation(),
        _transforms.RemoveMultipleSpaces(),
        _transforms.Strip(),
        _transforms.ReduceToListOfListOfWords(),
    ]
)


def word_error_rate(said: str, heard: str) -> float:
    """Word errors in `heard` divided by the words of `said`, ignoring case and punctuation. 1.0 for an empty text."""
    if not heard.strip():
        return 1.0
    return float(jiwer.wer(said, heard, reference_transform=_NORMAL, hypothesis_transform=_NORMAL))


def errors_and_words(said: str, heard: str) -> tuple[int, int]:
    """(word errors in `heard`, number of words of `said`), to be summed over many texts."""
    if not heard.strip():
        words = len(_NORMAL(said)[0])
        return words, words
    found = jiwer.process_words(said, heard, reference_transform=_NORMAL, hypothesis_transform=_NORMAL)
    return found.substitutions + found.deletions + found.insertions, len(found.references[0])
