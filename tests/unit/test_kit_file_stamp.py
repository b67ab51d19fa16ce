"""Whether a file has changed."""

from pathlib import Path

from services.kit.file_stamp import FileStamp


def test_a_write_a_removal_and_a_return_are_noticed_once_each(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    stamp = FileStamp(path)
    assert not stamp.has_changed()
    path.write_text("three")
    assert stamp.has_changed()
    assert not stamp.has_changed()
    path.unlink()
    assert stamp.has_changed()
    path.write_text("three")
    assert stamp.has_changed()


def test_a_change_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    stamp = FileStamp(path)
    path.write_text("three")
    assert stamp.has_changed()
    stamp.try_again()
    assert stamp.has_changed()
    assert not stamp.has_changed()
