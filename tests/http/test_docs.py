"""The examples in the documents, run against the real gateway.

A fenced block whose first line ends in `run` is run: ```` ```sh run ````, ```` ```python run ````, ```` ```ts run ````.
The blocks of one language in one document run in order, as one program; shell stops at the first failure. The address
`http://127.0.0.1:8000` stands for the gateway. CALLBOX_URL, CALLBOX_API_KEY, CALLBOX_TOKEN, CALLBOX_AGENT are set; the
character `support-bot` takes calls from pages of `https://shop.example`. Documents are read in knowledge-base.md
alone. What cannot be run is marked `by-hand`; what is a file of the project, `file=PATH`, is tested with that.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.characters.knowledge.app import running as running_reader
from services.characters.knowledge.settings import KnowledgeSettings
from tests.fixtures.embedder import embedder

if TYPE_CHECKING:
    from tests.http.site import Site
    from tests.speech.server import Server

__all__ = ["embedder"]

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / "clients").glob("*/README.md")])
BLOCK = re.compile(r"^```(sh|bash|python|ts|typescript|js|javascript)\b([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
GATEWAY = "http://127.0.0.1:8000"
CLIENT = ROOT / "clients" / "typescript"
_RUN_SECONDS = 40
_TSCONFIG = """{"extends": "./callbox.json", "compilerOptions": {"rootDir": ".", "outDir": "out", "declaration": false,
"module": "NodeNext", "moduleResolution": "NodeNext"}, "include": ["*.ts"]}"""


def blocks(document: Path) -> list[tuple[str, str, str]]:
    """Language, marks and text of each block of code."""
    found = BLOCK.findall(document.read_text())
    return [({"bash": "sh", "typescript": "ts", "javascript": "js"}.get(kind, kind), marks.strip(), text)
            for kind, marks, text in found]  # fmt: skip


def programs() -> list[tuple[Path, str]]:
    """Each document and language of which something is run."""
    return [
        (document, language)
        for document in DOCUMENTS
        for language in sorted({language for language, marks, _ in blocks(document) if marks == "run"})
    ]


def test_every_example_is_run_or_says_why_not() -> None:
    for document in DOCUMENTS:
        for language, marks, text in blocks(document):
            assert marks in ("run", "by-hand") or marks.startswith("file="), (
                f"mark the {language} block in {document.name} that begins with {text.splitlines()[0]!r}: "
                f"```{language} run, or ```{language} by-hand if it cannot be run"
            )
    assert {language for _, language in programs()} >= {"sh", "python", "ts"}


def text_of(document: Path, language: str) -> str:
    """The program of a document in one language."""
    return "\n".join(text for kind, marks, text in blocks(document) if (kind, marks) == (language, "run"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every TypeScript program as JavaScript, by the name of its document.

    They are compiled together, since to read the declarations of Node takes the compiler longer than any of them.
    """
    folder = with_client(tmp_path_factory.mktemp("compiled"))
    for document, language in programs():
        if language == "ts":
            (folder / name_of(document, ".ts")).write_text(text_of(document, "ts"))
    (folder / "callbox.json").write_text((CLIENT / "tsconfig.json").read_text())
    (folder / "tsconfig.json").write_text(_TSCONFIG)
    compiler = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    said = subprocess.run(["node", compiler], cwd=folder, capture_output=True, text=True, timeout=_RUN_SECONDS)
    assert said.returncode == 0, said.stdout
    return folder / "out"


@pytest.mark.parametrize(("document", "language"), programs(), ids=lambda part: getattr(part, "stem", part))
async def test_examples(
    site: Site, document: Path, language: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if language == "ts":
        text = (request.getfixturevalue("compiled") / name_of(document, ".js")).read_text()
    else:
        text = text_of(document, language)
    text = text.replace(GATEWAY, site.base_url)
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "clients" / "python"),
        "CALLBOX_URL": site.base_url,
        "CALLBOX_API_KEY": site.key,
        "CALLBOX_TOKEN": site.access,
        "CALLBOX_AGENT": "support-bot",
    }
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(site.house.worker(slots=8))
        if document.stem == "knowledge-base":
            server: Server = request.getfixturevalue("embedder")
            told = {name: getattr(site.house.settings, name) for name in ("database_url", "data_dir")}
            settings = KnowledgeSettings(**told, triton_address=server.url, drain_seconds=3.0)
            await stack.enter_async_context(running_reader(settings))
        process = await asyncio.create_subprocess_exec(
            *command(language, text, tmp_path),
            env=environ,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), _RUN_SECONDS)
        print(output.decode())
        assert process.returncode == 0, document.name


def command(language: str, text: str, folder: Path) -> list[str]:
    """What runs the text."""
    if language == "sh":
        return ["bash", "-euo", "pipefail", "-c", text]
    if language == "python":
        return [sys.executable, "-c", text]
    (with_client(folder) / "block.js").write_text(text)
    return ["node", "block.js"]


def name_of(document: Path, ending: str) -> str:
    """Of a document's program. Documents of several folders have the same name."""
    return f"{document.parent.name}-{document.stem}{ending}"


def with_client(folder: Path) -> Path:
    """The folder, where programs find the client."""
    assert (CLIENT / "dist").exists(), "the client is not built: run `scripts/setup.sh test`"
    (folder / "node_modules" / "@callbox").mkdir(parents=True)
    (folder / "node_modules" / "@callbox" / "client").symlink_to(CLIENT)
    (folder / "node_modules" / "@types").symlink_to(CLIENT / "node_modules" / "@types")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder
