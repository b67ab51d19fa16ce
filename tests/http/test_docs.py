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
"module": "NodeNext", "moduleResolution": "NodeNext"}, "include": ["block.ts"]}"""


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


@pytest.mark.parametrize(("document", "language"), programs(), ids=lambda part: getattr(part, "stem", part))
async def test_examples(
    site: Site, document: Path, language: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    texts = [text for kind, marks, text in blocks(document) if (kind, marks) == (language, "run")]
    text = "\n".join(texts).replace(GATEWAY, site.base_url)
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
        for command in commands(language, text, tmp_path):
            process = await asyncio.create_subprocess_exec(
                *command,
                env=environ,
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await asyncio.wait_for(process.communicate(), _RUN_SECONDS)
            print(output.decode())
            assert process.returncode == 0, document.name


def commands(language: str, text: str, folder: Path) -> list[list[str]]:
    """What runs the text, one after another."""
    if language == "sh":
        return [["bash", "-euo", "pipefail", "-c", text]]
    if language == "python":
        return [[sys.executable, "-c", text]]
    assert (CLIENT / "dist").exists(), "the client is not built: run `scripts/setup.sh test`"
    (folder / "node_modules" / "@callbox").mkdir(parents=True)
    (folder / "node_modules" / "@callbox" / "client").symlink_to(CLIENT)
    (folder / "node_modules" / "@types").symlink_to(CLIENT / "node_modules" / "@types")
    (folder / "package.json").write_text('{"type": "module"}')
    if language == "js":
        (folder / "block.js").write_text(text)
        return [["node", "block.js"]]
    (folder / "block.ts").write_text(text)
    (folder / "callbox.json").write_text((CLIENT / "tsconfig.json").read_text())
    (folder / "tsconfig.json").write_text(_TSCONFIG)
    return [["node", str(CLIENT / "node_modules" / "typescript" / "bin" / "tsc")], ["node", "out/block.js"]]
