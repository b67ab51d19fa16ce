"""Finds how many calls a stack carries before answers are late or have gaps, and which part is the limit."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import psutil

from measure.concurrent_calls import Observed
from measure.percentiles import Percentiles
from measure.processes import Meter

LONGEST_P95_MS = 1_500.0
# Above this share of all cores, the processor is the limit and not any one part.
BUSY_SHARE = 0.85


@dataclass(frozen=True)
class Step:
    """Measurement with one number of calls.

    cores: busy cores by part of the stack; each of Triton's models is a part. callers: busy cores of the scripted
    callers, which in production run on other machines.
    """

    observed: Observed
    cores: Mapping[str, float]
    callers: float

    @property
    def waits(self) -> Percentiles | None:
        """Voice-to-voice latency in milliseconds; None without any turn."""
        waits = self.observed.waits_ms()
        return Percentiles.of(waits) if waits else None

    def faults(self) -> list[str]:
        """Why this number of calls is too high; empty if it is not."""
        found = []
        if self.waits is None or not self.observed.answered:
            found.append("nobody got an answer")
        elif self.waits.p95 > LONGEST_P95_MS:
            found.append(f"p95 {self.waits.p95:.0f} ms")
        if self.observed.under_runs:
            found.append(f"{self.observed.under_runs} gaps inside answers")
        if self.observed.lost:
            found.append(f"{len(self.observed.lost)} calls lost: {self.observed.lost[0]}")
        return found

    def parts_ms(self) -> dict[str, float]:
        """Median of each part of the latency, milliseconds."""
        taken: dict[str, list[float]] = {}
        for each in self.observed.answered:
            for name, ms in each.turn.parts.items():
                taken.setdefault(name, []).append(ms)
        return {name: Percentiles.of(values).p50 for name, values in taken.items()}


@dataclass
class Capacity:
    """All measurements, in order."""

    cores: int
    steps: list[Step] = field(default_factory=list)

    @property
    def carried(self) -> Step | None:
        """The measurement with the most calls that had no fault; None if one call was too many."""
        well = [step for step in self.steps if not step.faults()]
        return max(well, key=lambda step: step.observed.calls, default=None)

    def limit(self) -> str:
        """A sentence that names the limiting part."""
        over = [step for step in self.steps if step.faults()]
        if not over:
            return "No limit was found: more calls were not tried."
        step = min(over, key=lambda each: each.observed.calls)
        busiest = max(step.cores, key=lambda name: step.cores[name], default="")
        used = sum(step.cores.values()) + step.callers
        if used >= BUSY_SHARE * self.cores:
            return (
                f"The processor: {used:.1f} of {self.cores} cores were busy, most of it {busiest} "
                f"({step.cores[busiest]:.2f}), and {step.callers:.2f} the callers themselves."
            )
        before, now = (self.carried or step).parts_ms(), step.parts_ms()
        grown = max(now, key=lambda name: now[name] - before.get(name, 0.0), default="")
        if not grown:
            return "Unknown: nobody got an answer."
        return (
            f"The part called {grown.replace('_', ' ')}: it takes {now[grown]:.0f} ms where it took "
            f"{before.get(grown, 0.0):.0f}, with {used:.1f} of {self.cores} cores busy."
        )


def next_calls(tried: Mapping[int, bool], first: int, most: int) -> int | None:
    """The number of calls to try next: doubled until one fails, then bisected. None if the answer is known.

    tried: number of calls → whether it had no fault.
    """
    low = max((calls for calls, well in tried.items() if well), default=0)
    high = min((calls for calls, well in tried.items() if not well), default=None)
    if high is None:
        return None if low >= most else min(most, 2 * low or first)
    return (low + high) // 2 if high - low > 1 else None


async def search(
    attempt: Callable[[int], Awaitable[Step]], most: int, told: Callable[[Step], None], until: float
) -> Capacity:
    """Tries numbers of calls, beginning with one per core, until the answer is known or time.monotonic() is `until`."""
    capacity = Capacity(len(os.sched_getaffinity(0)))
    tried: dict[int, bool] = {}
    while time.monotonic() < until and (calls := next_calls(tried, capacity.cores, most)) is not None:
        step = await attempt(calls)
        tried[calls] = not step.faults()
        capacity.steps.append(step)
        told(step)
    return capacity


def parts_of(pids: Mapping[str, int]) -> dict[str, int]:
    """Part → process id; each of Triton's models is a part."""
    found = dict(pids)
    triton = found.pop("triton", None)
    if triton is None:
        return found
    for child in psutil.Process(triton).children():
        model = next((word.split("/")[-3] for word in child.cmdline() if word.endswith("/1/model.py")), None)
        if model:
            found[f"triton {model}"] = child.pid
    return found


class Watch:
    """Measures the cores that each part and this process keep busy."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._parts = Meter(parts_of(pids))
        self._began = time.monotonic()
        self._used = time.process_time()

    def cores(self) -> tuple[dict[str, float], float]:
        """Busy cores since the object was made: by part, and of this process."""
        own = (time.process_time() - self._used) / (time.monotonic() - self._began)
        return self._parts.cores(), own
