"""The checks of `callbox doctor`. Each finding says what to do."""

import asyncio
import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.livekit import livekit_binary
from deploy.local.parts import health_urls
from deploy.local.ports import PortsTaken, check_ports
from deploy.local.seed import SLUG, demo_path, read_demo
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.stack import read_state

_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_MODELS = ("denoise", "embed", "stt", "tts", "voice_match")
_SLOTS_METRIC = "callbox_slots"
_FREE_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """The result of one check. todo: what to do; empty if the check passed."""

    name: str
    seen: str
    todo: str = ""


async def checkup(settings: LocalSettings) -> AsyncIterator[Finding]:
    """Checks the machine, then the running stack."""
    for finding in (_python(), _packages(), _livekit(), _web(), _disk(settings)):
        yield finding
    state = read_state(settings.folder)
    if not state:
        yield _ports(settings)
        yield Finding("stack", "is not running from " + str(settings.folder), "Start it: make run")
        return
    yield Finding("stack", f"runs as process {state['pid']} from {settings.folder}")
    # Loopback only, plain HTTP.
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False, verify=False) as client:  # noqa: S501
        for name, url in health_urls(settings).items():
            yield await _part(client, _log(settings, name), name, url, state["parts"].get(name, {}))
        for model in _MODELS:
            yield await _model(client, settings, model)
        yield await _llm(client, settings)
        yield await _slots(client, settings)
        yield await _demo(client, settings)


def _python() -> Finding:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info[:2] != (3, 11):
        return Finding("python", version, "Install Python 3.11 and run: rm -rf .venv && scripts/setup.sh")
    return Finding("python", f"{version} at {sys.prefix}")


def _packages() -> Finding:
    """Whether the installed packages match requirements.lock."""
    wrong = []
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        name, _, rest = line.partition("==")
        if not rest or line.startswith((" ", "#")):
            continue
        wanted, _, marker = rest.partition(" ")
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted and ";" not in marker:
            wrong.append(f"{name} {found}, wanted {wanted}")
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Finding("packages", "; ".join(wrong[:3]) + more, "Run: rm -f .tools/stamps/python && scripts/setup.sh")
    return Finding("packages", "as locked")


def _livekit() -> Finding:
    binary = livekit_binary()
    if binary is None:
        return Finding("livekit", "no livekit-server", "Run: scripts/setup.sh; or put a livekit-server on PATH.")
    try:
        done = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as fault:
        return Finding("livekit", f"{binary} does not run: {fault}", f"Remove {binary} and run: scripts/setup.sh")
    return Finding("livekit", done.stdout.strip() or str(binary))


def _web() -> Finding:
    page = ROOT / "web" / "widget" / "dist" / "try.html"
    if not page.exists():
        return Finding("web", "the pages are not built", "Run: scripts/setup.sh")
    return Finding("web", f"built at {page.parent}")


def _disk(settings: LocalSettings) -> Finding:
    folder = next(path for path in (settings.folder, *settings.folder.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    seen = f"{free / 1e9:.0f} GB free for {settings.folder}"
    return Finding("disk", seen, "" if free > _FREE_BYTES else "Free some space or move the folder: CALLBOX_DATA_DIR")


def _ports(settings: LocalSettings) -> Finding:
    try:
        check_ports(settings)
    except PortsTaken as fault:
        return Finding("ports", "not all free", str(fault))
    return Finding("ports", "all free")


def _log(settings: LocalSettings, part: str) -> Path:
    """The log file of a part, to which a finding sends its reader."""
    return settings.logs_folder / f"{part}.log"


async def _part(client: httpx.AsyncClient, log: Path, name: str, url: str, state: dict[str, Any]) -> Finding:
    if not state:
        return Finding(name, "does not run", f"See {log}")
    runs = (
        f"process {state['pid']}, started {state['starts']} times" if state["starts"] > 1 else f"process {state['pid']}"
    )
    todo = f"See {log}; it is started again by itself when it ends."
    if not state["ready"]:
        return Finding(name, f"{runs}, not ready", todo)
    if not url:
        return Finding(name, f"{runs}, ready after {state['ready_seconds']} s")
    try:
        answer = await client.get(url)
    except httpx.HTTPError as fault:
        return Finding(name, f"{runs}, does not answer {url}: {fault!r}", todo)
    if answer.status_code != 200:
        return Finding(name, f"{runs}, {url} answers {answer.status_code}: {answer.text[:200].strip()}", todo)
    return Finding(name, f"{runs}, ready after {state['ready_seconds']} s")


async def _model(client: httpx.AsyncClient, settings: LocalSettings, model: str) -> Finding:
    url = f"http://127.0.0.1:{settings.triton_http_port}/v2/models/{model}/ready"
    try:
        answer = await client.get(url)
        ready = answer.status_code == 200
    except httpx.HTTPError:
        ready = False
    todo = f"See {_log(settings, 'triton')}; `curl {url}` must answer 200."
    return Finding(f"model {model}", "ready" if ready else "not ready", "" if ready else todo)


async def _llm(client: httpx.AsyncClient, settings: LocalSettings) -> Finding:
    """Asks the language model for one word, as the worker does."""
    key = settings.llm_api_key.get_secret_value()
    if settings.runs_local_llm:
        path = settings.folder / "secrets" / "llm"
        key = path.read_text() if path.exists() else ""
    body = {
        "model": settings.effective_llm_model,
        "messages": [{"role": "user", "content": "Say yes."}],
        "max_tokens": 4,
    }
    url = f"{settings.effective_llm_url}/chat/completions"
    todo = f"See {_log(settings, 'llm')}." if settings.runs_local_llm else "Check CALLBOX_LLM_URL, _MODEL and _API_KEY."
    # The operator's endpoint may be on another machine, so its certificate is checked.
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS) as outside:
        asker = client if settings.runs_local_llm else outside
        began = asyncio.get_running_loop().time()
        try:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            answer = await asker.post(url, json=body, headers=headers, timeout=_ANSWER_SECONDS)
        except httpx.HTTPError as fault:
            return Finding("answer", f"{url}: {fault!r}", todo)
        took = asyncio.get_running_loop().time() - began
    if answer.status_code != 200:
        return Finding("answer", f"{url} answers {answer.status_code}: {answer.text[:200]}", todo)
    return Finding("answer", f"{settings.effective_llm_model} answered in {took:.2f} s")


async def _slots(client: httpx.AsyncClient, settings: LocalSettings) -> Finding:
    """Slots that workers have announced to the sessions service."""
    todo = f"See {_log(settings, 'agent')}: the worker must reach livekit, sessions and triton."
    try:
        answer = await client.get(f"http://127.0.0.1:{settings.sessions_ops_port}/metrics")
    except httpx.HTTPError as fault:
        return Finding("slots", f"the metrics of sessions do not answer: {fault!r}", todo)
    counts = {
        sample.labels.get("state", ""): int(sample.value)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == _SLOTS_METRIC
    }
    seen = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none is announced"
    return Finding("slots", seen, "" if any(counts.values()) else todo)


async def _demo(client: httpx.AsyncClient, settings: LocalSettings) -> Finding:
    demo = read_demo(settings)
    if demo is None:
        seen = f"{demo_path(settings)} is missing or not whole"
        return Finding("demo", seen, "Restart `make run`; it writes the file anew.")
    if _open_to_others(demo_path(settings)):
        seen = f"{demo_path(settings)} can be read by others"
        return Finding("demo", seen, f"Run: chmod 600 {demo_path(settings)}")
    headers = {"X-API-Key": demo["api_key"]}
    try:
        answer = await client.get(f"{settings.base_url}/api/ai-characters/{SLUG}/", headers=headers)
    except httpx.HTTPError as fault:
        return Finding("demo", f"the gateway does not answer: {fault!r}", f"See {_log(settings, 'gateway')}.")
    if answer.status_code != 200:
        reason = _message(answer)
        return Finding("demo", f"{SLUG} with the demo's key: {answer.status_code} {reason}", "Restart `make run`.")
    return Finding("demo", f'{SLUG} can be called: ./callbox call {SLUG} --say "Hello"')


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def _message(answer: httpx.Response) -> str:
    try:
        return str(json.loads(answer.text)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
