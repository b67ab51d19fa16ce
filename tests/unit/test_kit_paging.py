"""Pages of lists."""

import pytest

from services.kit.errors import CallboxError, Code
from services.kit.paging import number_below, page_size, page_token, read_page_token, token_after


@pytest.mark.parametrize(("asked", "given"), [(0, 200), (1, 1), (200, 200), (201, 200), (2**31 - 1, 200)])
def test_page_sizes(asked: int, given: int) -> None:
    assert page_size(asked) == given


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(CallboxError) as caught:
        page_size(-1)
    assert caught.value.code is Code.VALIDATION_FAILED


@pytest.mark.parametrize("number", [0, 1, 2**63 - 1])
def test_a_token_names_its_page(number: int) -> None:
    assert number_below(token_after(number)) == number


def test_the_first_page_has_no_bound_that_matters() -> None:
    assert number_below("") == 2**63 - 1


@pytest.mark.parametrize("token", ["!", "x", "LTE=", token_after(2**63), "é", "MTI", " MTI="])
def test_what_no_list_gave_out_is_refused(token: str) -> None:
    with pytest.raises(CallboxError) as caught:
        number_below(token)
    assert caught.value.code is Code.INVALID_REQUEST


def test_a_token_of_several_values_is_read_back() -> None:
    assert read_page_token(page_token(3, "doc_1"), int, str) == [3, "doc_1"]
    assert read_page_token(page_token(3, "doc_1")) == [3, "doc_1"]


@pytest.mark.parametrize("after", [(3,), ("doc_1", 3), (3, "doc\x001"), (-1, "doc_1"), (True, "doc_1")])
def test_a_token_of_another_list_is_refused(after: tuple[int | str, ...]) -> None:
    with pytest.raises(CallboxError):
        read_page_token(page_token(*after), int, str)
