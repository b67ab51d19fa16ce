"""The parts of an Office file: a ZIP of XML, which is not trusted."""

import contextlib
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType
from typing import IO

from lxml import etree

from services.characters.knowledge.ingestion.readers.reading import Unreadable, damaged

# Inflated bytes of one part, and of all that are read.
_PART_BYTES = 100 * 1024 * 1024
_ALL_BYTES = 200 * 1024 * 1024
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TOO_LARGE = Unreadable("The document is larger inside than a document may be; upload it in parts.")
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, KeyError)


@dataclass(frozen=True, slots=True)
class Relation:
    """A part that another part names. kind: last word of its type, such as `comments`. target: its path."""

    id: str
    kind: str
    target: str


class Package:
    """Reads parts of an Office file. Use it as a context manager."""

    def __init__(self, data: bytes, file_type: str) -> None:
        self._file_type = file_type
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except _FAULTS:
            raise damaged(file_type) from None
        self._names = {name.lower(): name for name in self._archive.namelist()}
        self._left = _ALL_BYTES

    def __enter__(self) -> "Package":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def damaged(self) -> Unreadable:
        """The refusal of a file that is broken."""
        return damaged(self._file_type)

    def main_part(self) -> str:
        """The path of the part in which the document begins.

        Raises: Unreadable when there is none.
        """
        for relation in self.relations(""):
            if relation.kind == "officeDocument":
                return relation.target
        raise self.damaged()

    def has(self, path: str) -> bool:
        """Whether there is a part."""
        return path.lower() in self._names

    def xml(self, path: str) -> "etree._Element":
        """The root of a part. Entities are not resolved, comments are left out.

        Raises: Unreadable.
        """
        with self._part(path) as file:
            try:
                return etree.parse(file, _parser()).getroot()
            except etree.XMLSyntaxError as fault:
                raise self._fault(fault) from None
            except _FAULTS:
                raise self.damaged() from None

    def optional_xml(self, path: str) -> "etree._Element | None":
        """The root of a part; None when there is none."""
        return self.xml(path) if self.has(path) else None

    def elements(self, path: str, *tags: str) -> Iterator["etree._Element"]:
        """The elements of these names of a part, one at a time, each freed afterwards.

        Raises: Unreadable.
        """
        with self._part(path) as file:
            try:
                for _, element in etree.iterparse(
                    file, tag=tags, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
                ):
                    yield element
                    element.clear(keep_tail=False)
                    while element.getprevious() is not None and element.getparent() is not None:
                        del element.getparent()[0]
            except etree.XMLSyntaxError as fault:
                raise self._fault(fault) from None
            except _FAULTS:
                raise self.damaged() from None

    def relations(self, path: str) -> list[Relation]:
        """The parts inside the file that a part names, in order. path: empty for those of the file."""
        folder, name = posixpath.split(path)
        root = self.optional_xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return []
        found = []
        for each in root.iter(_RELATION):
            if each.get("TargetMode") == "External":
                continue
            target = each.get("Target", "")
            joined = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            found.append(Relation(each.get("Id", ""), each.get("Type", "").rpartition("/")[2], joined))
        return found

    def _fault(self, fault: etree.XMLSyntaxError) -> Unreadable:
        if "memory" in str(fault).lower():
            raise MemoryError
        if "huge" in str(fault).lower() or "depth" in str(fault).lower():
            return _TOO_LARGE
        return self.damaged()

    @contextlib.contextmanager
    def _part(self, path: str) -> Iterator[IO[bytes]]:
        name = self._names.get(path.lower())
        if name is None:
            raise self.damaged()
        try:
            size = self._archive.getinfo(name).file_size
            if size > _PART_BYTES or size > self._left:
                raise _TOO_LARGE
            self._left -= size
            # `zipfile` gives no more bytes than the size that the archive names.
            with self._archive.open(name) as file:
                yield file
        except _FAULTS:
            raise self.damaged() from None


def local(element: "etree._Element") -> str:
    """The name of an element without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: "etree._Element | None", name: str, default: str = "") -> str:
    """The value of an attribute of any namespace."""
    if element is None:
        return default
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return default


def child(element: "etree._Element | None", *names: str) -> "etree._Element | None":
    """The first child of these names, one below the other; None without one."""
    for name in names:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def chosen(element: "etree._Element") -> "etree._Element":
    """Of content in the forms of several programs: the first form."""
    choice = child(element, "Choice")
    fallback = child(element, "Fallback")
    return choice if choice is not None else fallback if fallback is not None else element


def is_on(element: "etree._Element | None") -> bool:
    """Whether a switch is there and not turned off."""
    return element is not None and attribute(element, "val", "1") not in ("0", "false", "off")


def whole(text: str) -> int:
    """A number of a file, at least 0; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
