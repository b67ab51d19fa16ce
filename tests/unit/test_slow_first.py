"""The order in which slow tests are dealt to the processes of a test run."""

import pytest

from tests.fixtures.slow_first import in_parts


@pytest.mark.parametrize(("slow", "others", "processes"), [(4, 16, 3), (0, 10, 3), (5, 40, 2), (7, 100, 4)])
def test_each_part_begins_with_its_share_of_the_slow_tests(slow: int, others: int, processes: int) -> None:
    long, short = [f"slow {number}" for number in range(slow)], [f"other {number}" for number in range(others)]
    dealt = in_parts(long, short, processes)
    assert sorted(dealt) == sorted([*long, *short])
    assert [name for name in dealt if name in short] == short
    for process in range(processes):
        size = len(dealt) // (processes - process)
        part, dealt = dealt[:size], dealt[size:]
        assert part[: len(long[process::processes])] == long[process::processes]
