"""Formulas of Office files (OMML) as a line of text."""

from lxml import etree

from services.characters.knowledge.ingestion.readers.office.package import attribute, child, local
from services.characters.knowledge.ingestion.readers.web_formula import grouped

_DEEPEST = 60


def formula(element: "etree._Element", depth: int = 0) -> str:
    """A formula on one line: powers as `r^2`, fractions as `x/2`, roots as `√9`."""
    if depth > _DEEPEST:
        return ""

    def part(name: str) -> str:
        found = child(element, name)
        return "" if found is None else formula(found, depth + 1)

    match local(element):
        case "t":
            return element.text or ""
        case "sSup":
            return f"{part('e')}^{grouped(part('sup'))}"
        case "sSub":
            return f"{part('e')}_{grouped(part('sub'))}"
        case "sSubSup":
            return f"{part('e')}_{grouped(part('sub'))}^{grouped(part('sup'))}"
        case "f":
            return f"{grouped(part('num'))}/{grouped(part('den'))}"
        case "rad":
            return f"{grouped(part('deg'))}√{grouped(part('e'))}"
        case "d":
            inner = [formula(each, depth + 1) for each in element if local(each) == "e"]
            return f"({', '.join(inner)})"
        case "nary":
            sign = attribute(child(element, "naryPr", "chr"), "val", "∫")
            limits = "".join(
                f"{mark}{grouped(text)}" for mark, text in (("_", part("sub")), ("^", part("sup"))) if text
            )
            return f"{sign}{limits} {part('e')}"
        case "mr":
            return ", ".join(formula(each, depth + 1) for each in element if local(each) == "e")
        case "m":
            return f"[{'; '.join(formula(each, depth + 1) for each in element if local(each) == 'mr')}]"
        case name if name.endswith("Pr"):
            return ""
    return "".join(formula(each, depth + 1) for each in element)
