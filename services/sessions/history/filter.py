"""Which sessions a list covers, and from which rows their totals are added up. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

# Later than every session, and early enough that a month can be added.
_FAR = datetime(9000, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)

Grain: TypeAlias = Literal["row", "day", "month"]


@dataclass(frozen=True)
class Filter:
    """Which sessions match; an empty field matches any. start, end: bounds of the creation time, both inclusive."""

    tenant_id: str = ""
    owner_id: int = 0
    character_slug: str = ""
    end_reason: str = ""
    origin: str = ""
    status: str = ""
    start: datetime | None = None
    end: datetime | None = None

    @property
    def may_be_open(self) -> bool:
        """Whether a session that has not ended can match."""
        return not self.end_reason and self.status != "ended"

    @property
    def may_be_ended(self) -> bool:
        """Whether a session that has ended can match."""
        return self.status in ("", "ended")

    def without_time(self, arguments: list[object], *, status: bool = True) -> str:
        """SQL condition on everything but time; appends its arguments. status: False leaves the status out as well."""
        return _all(
            arguments,
            ("tenant_id =", self.tenant_id),
            ("owner_id =", self.owner_id),
            ("character_slug =", self.character_slug),
            ("end_reason =", self.end_reason),
            ("origin =", self.origin),
            ("status =", self.status if status else ""),
        )

    def where(self, arguments: list[object]) -> str:
        """SQL condition on the table `sessions`; appends its arguments."""
        return f"{self.without_time(arguments)} and {between('create_time', self.start, self.before, arguments)}"

    @property
    def before(self) -> datetime | None:
        """The end as an exclusive bound."""
        return None if self.end is None else min(self.end, _FAR) + _MICROSECOND


@dataclass(frozen=True)
class Piece:
    """A part of a span of time, its end exclusive. grain: what its sessions are added up from."""

    grain: Grain
    start: datetime | None
    before: datetime | None


def pieces(start: datetime | None, before: datetime | None) -> list[Piece]:
    """Splits a span into whole months, whole days beside them, and what remains at both ends, in order of time."""
    if start is not None:
        start = min(start, _FAR)
    if before is not None:
        before = min(before, _FAR)
    if start is not None and before is not None and start >= before:
        return []
    first_day = start and _on_or_after(start, _day, _DAY)
    last_day = before and _day(before)
    if first_day and last_day and first_day >= last_day:
        return [Piece("row", start, before)]
    first_month = first_day and _on_or_after(first_day, _month, 31 * _DAY)
    last_month = last_day and _month(last_day)
    found = [Piece("row", start, first_day)] if start else []
    if first_month and last_month and first_month >= last_month:
        found.append(Piece("day", first_day, last_day))
    else:
        found += [Piece("day", first_day, first_month)] if first_day else []
        found.append(Piece("month", first_month, last_month))
        found += [Piece("day", last_month, last_day)] if last_day else []
    found += [Piece("row", last_day, before)] if before else []
    return [piece for piece in found if piece.start is None or piece.start != piece.before]


def between(column: str, start: datetime | None, before: datetime | None, arguments: list[object]) -> str:
    """SQL condition on a time column; appends its arguments. before: exclusive."""
    return _all(arguments, (f"{column} >=", start), (f"{column} <", before))


def _all(arguments: list[object], *conditions: tuple[str, object]) -> str:
    parts = []
    for condition, value in conditions:
        if value:
            arguments.append(value)
            parts.append(f"{condition} ${len(arguments)}")
    return " and ".join(parts) or "true"


def _on_or_after(moment: datetime, beginning: Callable[[datetime], datetime], step: timedelta) -> datetime:
    floor = beginning(moment)
    return moment if floor == moment else beginning(floor + step)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(moment: datetime) -> datetime:
    return _day(moment).replace(day=1)
