"""Lets generated functions return CSV as text. The generator knows only the first of the types that an answer can have.

Usage: read_csv.py OPENAPI_JSON PACKAGE_FOLDER
"""

import json
import re
import sys
from pathlib import Path

_CSV = "text/csv"
_READ = f"""    if response.status_code == 200 and response.headers.get("Content-Type", "").startswith("{_CSV}"):
        return response.text

"""


def main(document: Path, package: Path) -> None:
    """Changes the module of each operation that answers CSV beside another type."""
    for path in json.loads(document.read_text())["paths"].values():
        for operation in path.values():
            content = operation.get("responses", {}).get("200", {}).get("content", {})
            if _CSV in content and len(content) > 1:
                (module,) = package.glob(f"api/*/{operation['operationId']}.py")
                module.write_text(returning_csv(module.read_text()))


def returning_csv(module: str) -> str:
    """The source of a module whose functions also return `str`, for an answer that is CSV."""
    build = re.search(r"def _build_response\(.*?\) -> Response\[(.*?)\]:", module, re.DOTALL)
    assert build is not None, "the generator writes other modules than before"
    types = re.sub(r"\s+", " ", build[1]).strip()
    head, parse, rest = re.split(r"(\ndef _parse_response\(.*?\) -> .*?:\n)", module, maxsplit=1, flags=re.DOTALL)
    return (head + parse + _READ + rest).replace(types, f"{types} | str")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
