"""Money, measures, percentages and ranges, in languages other than English."""

import re
from collections.abc import Iterator
from typing import Final

from services.kit.reading.languages.numerals import END, LETTERS, NUMBER, START, Numerals, Rule, alternatives

# "10K", "21K" and "42K" are mostly distances of races.
_THOUSANDS: Final = re.compile(
    r"(?<![A-Za-z0-9_.,:/-])(\d{1,3}(?:[.,]\d)?)(k|(?<=\d\d)(?<!10)(?<!21)(?<!42)K)(?![\w/])", re.A
)
_MIN_KELVIN_FIGURES: Final = 3
_PERCENT: Final = re.compile(rf"{START}(-)?({NUMBER})\s?[%％]", re.A)
_PERCENT_RANGE: Final = re.compile(rf"{START}({NUMBER})\s?%?\s?[–—~〜～-]\s?({NUMBER})\s?[%％]", re.A)
_RANGE: Final = re.compile(rf"{START}({NUMBER})\s?(?:[–—~〜～]|-(?=\d))\s?({NUMBER})(?![A-Za-z0-9_-])", re.A)
_CODE: Final = re.compile(r"[A-Z]{3}")
_IDEOGRAPHIC: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_PER: Final = rf"(?:\s?/\s?([{LETTERS}]{{1,12}}²?|か月|ヶ月|個|[\u4e00-\u9fff]{{1,2}})(?![{LETTERS}/]))?"


class Quantities:
    """Rules for amounts of money and of anything else."""

    def __init__(self, numerals: Numerals) -> None:
        self._numerals = numerals
        self._words = numerals.words

    def first_rules(self) -> Iterator[Rule]:
        """Rules that write one notation as another; they come before all others."""
        yield _THOUSANDS, lambda m: self._numerals.thousands(m[1])

    def rules(self) -> Iterator[Rule]:
        """The rules in their order."""
        words = self._words
        symbols, units = alternatives(words.currencies), alternatives(words.units)
        # Chinese and Japanese names of currencies stand only after the number.
        before = alternatives(symbol for symbol in words.currencies if not _IDEOGRAPHIC.match(symbol))
        scale = rf"(?:\s?({words.scales})(?:{words.scale_link.rstrip()})?(?![a-z]))?" if words.scales else "()"
        # The same measure in another unit: "180 °C/350 °F".
        pair = rf"(?<=\d)(\s?(?:{units}))\s?/\s?(?=\d)(?!100 ?km)"
        comma = ", " if words.between else "、"
        yield re.compile(pair, re.A), rf"\1{comma}"
        yield re.compile(rf"(?<=[{LETTERS}]{{2}})\s?/\s?(?=\d)", re.A), comma
        codes = alternatives(code for code in words.currencies if _CODE.fullmatch(code))
        if codes:  # "$199 MXN": the code says which dollars or pesos
            yield re.compile(rf"\$\s?(?=(?:{NUMBER})\s?(?:{codes})(?!\w))", re.A), ""
        yield (
            re.compile(rf"({before})\s?({NUMBER})\s?[-–~～〜]\s?(?:{symbols})?\s?({NUMBER}){END}(?!-)", re.A),
            lambda m: self._money_range(m[1], m[2], m[3]),
        )
        yield (
            re.compile(
                rf"{START}({NUMBER})\s?[-–~～〜]\s?(?=(?:{NUMBER})(?:\s?(?:{symbols}|{units})(?![{LETTERS}0-9])))",
                re.A,
            ),
            lambda m: f"{self._numerals.number(m[1])}{words.to}",
        )
        yield (
            re.compile(rf"([-–]\s?)?({before})\s?(-)?({NUMBER}){scale}{END}{_PER}", re.A),
            lambda m: self._per(self._money(m[2], m[4], m[5], m[1] or m[3]), m[6]),
        )
        yield (
            re.compile(rf"{START}(-)?({NUMBER}){scale}\s?({symbols})(?![{LETTERS}0-9]){_PER}", re.A),
            lambda m: self._per(self._money(m[4], m[2], m[3], m[1]), m[5]),
        )
        yield (
            re.compile(rf"{START}(-)?({NUMBER})\s?({units})(?![{LETTERS}0-9_²³])(?:\.(?=\s+[a-zà-ÿ]))?{_PER}", re.A),
            self._measure,
        )
        yield re.compile(rf"{START}({NUMBER})\s?[x×](?![\w]){_PER}(?!\s?\d)", re.A), self._times
        yield re.compile(rf"(?<=\d)\s?[x×]\s?(?=(?:{NUMBER})\s?=)", re.A), words.multiplied or words.by
        yield (
            re.compile(rf"(?<=\d)\s?[x×]\s?(?=\d)|(?<=[{LETTERS}\u3040-\u30ff\u4e00-\u9fff])\s?×\s?(?=\d)", re.A),
            words.by,
        )
        yield _PERCENT_RANGE, lambda m: words.percent.format(n=self._from_to(m[1], m[2]))
        yield _PERCENT, self._percent
        yield _RANGE, lambda m: self._from_to(m[1], m[2])

    def _money(self, symbol: str, figures: str, scale: str | None, sign: str | None) -> str:
        words = self._words
        currency = words.currencies[symbol]
        whole, fraction = self._numerals.parts(figures)
        minus = words.minus if sign else ""
        if scale:
            return f"{minus}{self._numerals.number(figures)}{words.between}{scale}{words.scale_link}{currency.many}"
        if not fraction or not int(fraction) or len(fraction) > 2 or not currency.cents:
            said = self._numerals.number(figures if fraction and int(fraction) else whole)
            return minus + (currency.one if said == "1" else f"{said}{words.between}{currency.many}")
        cents = int(fraction.ljust(2, "0"))
        if whole == "0":
            return f"{minus}{cents}{words.between}{currency.cents}"
        units = currency.one if whole == "1" else f"{self._numerals.number(whole)}{words.between}{currency.many}"
        return minus + words.money.format(units=units, n=cents, cents=currency.cents)

    def _from_to(self, first: str, last: str) -> str:
        return f"{self._numerals.number(first)}{self._words.to}{self._numerals.number(last)}"

    def _money_range(self, symbol: str, first: str, last: str) -> str:
        return f"{self._from_to(first, last)}{self._words.between}{self._words.currencies[symbol].many}"

    def _measure(self, match: re.Match[str]) -> str:
        minus, figures, unit, per = match.groups()
        number = self._numerals.number(figures)
        if unit == "K" and len(number) < _MIN_KELVIN_FIGURES:
            return match[0]
        one, many = self._words.units[unit]
        said = one if number == "1" else f"{number}{self._words.between}{many}"
        return self._per((self._words.minus if minus else "") + said, per)

    def _percent(self, match: re.Match[str]) -> str:
        said = self._words.percent.format(n=self._numerals.number(match[2]))
        return (self._words.minus if match[1] else "") + said

    def _times(self, match: re.Match[str]) -> str:
        number = self._numerals.number(match[1])
        return self._per(self._words.one_time if number == "1" else self._words.times.format(n=number), match[2])

    def _per(self, amount: str, unit: str | None) -> str:
        if not unit:
            return amount
        words = self._words
        named = words.pers.get(unit.lower())
        if named is None:
            named = words.per_unit.format(unit=words.noun(unit)[1] if unit in words.units else unit)
        return words.per.format(amount=amount, unit=named)
