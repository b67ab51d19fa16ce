"""Formulas of a page (MathML) as a line of text."""

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

_DEEPEST = 60


def formula(node: LexborNode, depth: int = 0) -> str:
    """A formula on one line: powers as `r^2`, fractions as `x/2`, roots as `√9`."""
    tag = node.tag or ""
    if tag == "-text":
        return " ".join((node.text_content or "").split())
    if tag in ("annotation", "annotation-xml") or depth > _DEEPEST:
        return ""
    parts = [formula(child, depth + 1) for child in _children(node)]
    first, second, third = (*parts, "", "", "")[:3]
    match tag:
        case "msup" | "mover":
            return f"{first}^{grouped(second)}"
        case "msub" | "munder":
            return f"{first}_{grouped(second)}"
        case "msubsup" | "munderover":
            return f"{first}_{grouped(second)}^{grouped(third)}"
        case "mfrac":
            return f"{grouped(first)}/{grouped(second)}"
        case "msqrt":
            return f"√{grouped(''.join(parts))}"
        case "mroot":
            return f"{grouped(second)}√{grouped(first)}"
        case "mtr":
            return ", ".join(parts)
        case "mtable":
            return f"[{'; '.join(parts)}]"
        case "mo":
            return f" {first} " if first in ("=", "+", "<", ">", "≤", "≥", "≈", "≠", "→") else first
    return "".join(parts)


def grouped(text: str) -> str:
    """A part of a formula, in brackets if it is more than one sign or number."""
    text = text.strip()
    return (
        text
        if len(text) < 2 or text.replace(".", "").isalnum() or (text[0] == "(" and text[-1] == ")")
        else f"({text})"
    )


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        if child.tag != "-text" or (child.text_content or "").strip():
            yield child
        child = child.next
