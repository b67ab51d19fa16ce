"""The words of pictures, charts and diagrams of an Office file."""

from lxml import etree

from services.characters.knowledge.ingestion.readers.letters import one_line
from services.characters.knowledge.ingestion.readers.office.package import Package, attribute, child, local

_MAX_POINTS = 1_000


class Graphics:
    """Reads the graphics that a part shows."""

    def __init__(self, package: Package, path: str) -> None:
        self._package = package
        self._targets = {relation.id: relation.target for relation in package.relations(path)}

    def text_of(self, element: "etree._Element") -> str:
        """The description of a picture, the figures of a chart, the words of a diagram; empty for none."""
        texts: list[str] = []
        for each in element.iter():
            match local(each):
                case "docPr" | "cNvPr":
                    texts.append(one_line(attribute(each, "descr")))
                case "chart":
                    texts += [", ".join(filter(None, row)) for row in self.chart(each)]
                case "relIds":
                    texts += self.diagram(each)
        return f" {chr(10).join(filter(None, texts))} " if any(texts) else ""

    def chart(self, element: "etree._Element") -> list[list[str]]:
        """The rows of a chart: names of its series, then a row for each category. A title makes a row of its own."""
        root = self._part(attribute(element, "id"))
        if root is None:
            return []
        series = [each for each in root.iter() if local(each) == "ser"]
        titles = [" ".join(_texts(each)) for each in root.iter() if local(each) == "title"]
        names = [", ".join(_points(child(each, "tx"))) for each in series]
        values = [_points(child(each, "val")) or _points(child(each, "yVal")) for each in series]
        categories = next((found for each in series if (found := _points(child(each, "cat")))), [])
        rows = [[title] for title in titles if title]
        if any(names):
            rows.append(["", *names])
        for at in range(min(max(map(len, [categories, *values]), default=0), _MAX_POINTS)):
            line = [categories[at] if at < len(categories) else ""]
            rows.append(line + [each[at] if at < len(each) else "" for each in values])
        return rows

    def diagram(self, element: "etree._Element") -> list[str]:
        """The texts of a diagram (SmartArt)."""
        root = self._part(attribute(element, "dm"))
        if root is None:
            return []
        return [" ".join(_texts(point)) for point in root.iter() if local(point) == "pt"]

    def _part(self, relation_id: str) -> "etree._Element | None":
        return self._package.optional_xml(self._targets.get(relation_id, ""))


def _points(element: "etree._Element | None") -> list[str]:
    """The points of a series in their order, a text for each."""
    if element is None:
        return []
    found: dict[int, str] = {}
    for point in element.iter():
        if local(point) == "pt":
            at = attribute(point, "idx", "0")
            if at.isascii() and at.isdigit() and int(at) < _MAX_POINTS:
                value = child(point, "v")
                found[int(at)] = "" if value is None else _shortest(value.text or "")
    return [found.get(at, "") for at in range(max(found, default=-1) + 1)]


def _texts(element: "etree._Element") -> list[str]:
    return [each.text for each in element.iter() if local(each) == "t" and each.text]


def _shortest(text: str) -> str:
    """A number without the noise of its binary form."""
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text
