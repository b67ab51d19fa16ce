"""`scripts/setup.sh` on machines that lack something. Nothing is installed: each run ends with its list."""

import hashlib
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local.process import is_alive
from deploy.local.settings import ROOT

COMMANDS = """
awk basename bash cat chmod cp cut date df dirname env find flock getconf grep gzip head id ln mkdir mv readlink rm sed
sha256sum sha512sum sleep sort tail tar timeout tr uname wc xargs
"""
SYSTEMS = ("Debian:", "Ubuntu:", "Fedora:")
UNREACHABLE = "http://127.0.0.1:9"


class Machine:
    """A checkout without packages, and a PATH with few commands."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for name in (
            "deploy/tools.txt",
            "deploy/voices.txt",
            "deploy/models.txt",
            "deploy/model-packages.txt",
            "deploy/node.txt",
            "requirements.lock",
            "web/package.json",
        ):
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        self.path = folder / "bin"
        self.path.mkdir()
        for name in COMMANDS.split():
            found = shutil.which(name)
            assert found is not None, name
            (self.path / name).symlink_to(found)
        self.command("ldconfig", "echo 'libgomp.so.1 (libc6) => /x'; echo 'libstdc++.so.6 (libc6) => /x'")

    def command(self, name: str, script: str) -> None:
        """Adds a command, or replaces one."""
        (self.path / name).unlink(missing_ok=True)
        (self.path / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.path / name).chmod(0o755)

    def uv(self, script: str = "exit 1") -> None:
        """Puts uv there: every command but its version fails, unless `script` handles it."""
        program = self.root / ".tools" / "uv" / "bin" / "uv"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/bash\n[[ $1 == --version ]] && {{ echo "uv 0.13.9"; exit; }}\n{script}\n')
        program.chmod(0o755)

    def set_up(self, what: str = "run", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / "setup.sh", what],
            env={"PATH": str(self.path), "RELEASES_URL": UNREACHABLE, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_everything_that_is_missing_is_told_in_one_list(machine: Machine) -> None:
    machine.command("ldconfig", "true")
    done = machine.set_up("run")
    assert done.returncode == 1
    assert "Set-up needs 4 more things on this machine:" in done.stderr
    titles = [line for line in done.stderr.splitlines() if line.startswith("  ") and not line.startswith("   ")]
    assert [title.split(",")[0].strip() for title in titles] == [
        "the library libgomp.so.1",
        "the library libstdc++.so.6",
        "Python 3.8 or newer with venv",
        "Go 1.21 or newer",
    ]
    assert [done.stderr.count(system) for system in SYSTEMS] == [4, 4, 4]
    assert not (machine.root / ".venv").exists()
    assert "step " not in done.stdout + done.stderr


def test_python_and_node_are_listed_when_they_cannot_be_downloaded(machine: Machine) -> None:
    machine.uv()
    done = machine.set_up("run")
    assert "Python 3.11, which uv could not download" in done.stderr
    assert "Node.js 20.19 or newer with npm" in done.stderr
    assert "Go 1.21 or newer, to build livekit-server since http://127.0.0.1:9 cannot be reached" in done.stderr


def test_an_old_node_and_an_old_go_count_as_missing(machine: Machine) -> None:
    machine.uv('[[ "$1 $2" == "python find" ]] && echo /usr/bin/python3.11')
    machine.command("node", "echo v18.20.4")
    machine.command("npm", "true")
    machine.command("go", "echo go1.19.8")
    done = machine.set_up("run")
    assert "Node.js 20.19" in done.stderr
    assert "Go 1.21" in done.stderr
    assert "Python" not in done.stderr


def test_tests_also_need_git_and_chromium(machine: Machine) -> None:
    (machine.root / "clients" / "typescript").mkdir(parents=True)
    done = machine.set_up("test")
    assert "git, for the checks" in done.stderr
    assert "Chromium, for the browser tests" in done.stderr
    assert "to build livekit-server versitygw since" in done.stderr


def test_a_missing_command_of_set_up_itself_is_listed(machine: Machine) -> None:
    (machine.path / "xargs").unlink()
    done = machine.set_up("run")
    assert done.returncode == 1
    assert "the command xargs\n      Debian:  apt-get install" in done.stderr


@pytest.mark.parametrize(("system", "processor"), [("Darwin", "arm64"), ("Darwin", "x86_64"), ("Linux", "aarch64")])
def test_a_system_on_which_callbox_cannot_run_is_told_so(machine: Machine, system: str, processor: str) -> None:
    machine.command("uname", f"[[ $1 == -s ]] && echo {system} || echo {processor}")
    done = machine.set_up("run")
    assert done.returncode == 1
    assert f"This machine is {system} on {processor}" in done.stderr
    assert "use a virtual machine" in done.stderr


@pytest.mark.parametrize("libc", ["exit 1", "echo glibc 2.31"])
def test_a_system_with_another_or_an_old_c_library_is_told_so(machine: Machine, libc: str) -> None:
    machine.command("getconf", libc)
    done = machine.set_up("run")
    assert done.returncode == 1
    assert "Callbox needs glibc 2.35 or newer" in done.stderr


def test_a_command_that_fails_in_the_middle_of_a_step_fails_the_step(machine: Machine) -> None:
    """Its last command would succeed."""
    machine.uv(f'case "$1 $2" in "python find") echo {sys.executable} ;; "pip sync") echo no index; exit 1 ;; esac')
    interpreter = machine.root / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(sys.executable)
    done = machine.set_up("python")
    assert done.returncode == 1
    assert "step python   failed after" in done.stderr
    assert "no index" in done.stderr
    assert not (machine.root / ".tools" / "stamps" / "python").exists()


def test_ctrl_c_ends_every_step_with_its_children(machine: Machine, tmp_path: Path) -> None:
    """One step is over by then, and another goes on after SIGTERM."""
    (machine.root / "clients" / "typescript").mkdir(parents=True)
    note, output = tmp_path / "pids", tmp_path / "output"
    machine.uv(f'[[ "$1 $2" == "python find" ]] && {{ echo {sys.executable}; exit; }}; echo $$ >>{note}; sleep 600')
    machine.command("node", "echo v22.0.0")
    machine.command("npm", f"[[ $1 == pack ]] && exit 1; trap : TERM; echo $$ >>{note}; sleep 600; sleep 600")
    machine.command("go", "echo go1.26.0")
    machine.command("livekit-server", "true")
    with (
        output.open("w") as file,
        subprocess.Popen(
            [machine.root / "scripts" / "setup.sh", "run"],
            env={"PATH": str(machine.path), "RELEASES_URL": UNREACHABLE},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell in the background ignores SIGINT, and bash cannot change that for itself.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as running,
    ):
        until(lambda: "step voices   failed" in output.read_text())
        until(lambda: note.exists() and len(note.read_text().split()) == 3)
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(40) == 130
    assert "Terminated" not in output.read_text()
    # The kernel takes a moment to end what was killed.
    until(lambda: not any(is_alive(int(word)) for word in note.read_text().split()))


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.fixture
def release(tmp_path: Path) -> Iterator[str]:
    """URL of a release archive with the program `tool` in a folder."""
    folder = tmp_path / "release"
    folder.mkdir()
    with tarfile.open(folder / "tool.tar.gz", "w:gz") as tar:
        for name, content in (("tool_1/LICENSE", b"Apache-2.0"), ("tool_1/tool", b"#!/bin/sh\necho works\n")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    digest = hashlib.sha256((folder / "tool.tar.gz").read_bytes()).hexdigest()
    (folder / "checksums.txt").write_text(f"{'0' * 64}  other.tar.gz\n{digest}  tool.tar.gz\n")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/tool.tar.gz"
        server.shutdown()
        thread.join(5)


def fetch(url: str, program: str, target: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    words = [sys.executable, "-I", "-S", str(ROOT / "scripts" / "fetch_release.py"), url, program, str(target)]
    return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=30, check=False)


def test_a_program_is_taken_from_its_release_archive(release: str, tmp_path: Path) -> None:
    target = tmp_path / "bin" / "tool"
    done = fetch(release, "tool", target)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([target], capture_output=True, text=True, check=True).stdout == "works\n"
    assert [path.name for path in target.parent.iterdir()] == ["tool"]


@pytest.mark.parametrize(
    ("checksums", "program", "told"),
    [
        (f"{'0' * 64}  tool.tar.gz\n", "tool", "but checksums.txt says 000"),
        ("", "tool", "checksums.txt has no line for tool.tar.gz"),
        (None, "another", "the archive has no program another"),
    ],
)
def test_an_archive_that_is_not_as_promised_is_not_used(
    release: str, tmp_path: Path, checksums: str | None, program: str, told: str
) -> None:
    if checksums is not None:
        (tmp_path / "release" / "checksums.txt").write_text(checksums)
    target = tmp_path / "bin" / "tool"
    done = fetch(release, program, target)
    assert done.returncode == 1
    assert told in done.stderr
    assert not target.exists()


def test_a_host_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    done = fetch(f"{UNREACHABLE}/tool.tar.gz", "tool", tmp_path / "tool")
    assert done.returncode == 1
    assert f"{UNREACHABLE}/tool.tar.gz: " in done.stderr
