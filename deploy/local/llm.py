"""A local language model behind llama.cpp's OpenAI-compatible server.

`python -m deploy.local.llm MODEL PORT SLOTS THREADS KEY_FILE` serves on loopback until SIGTERM.
"""

import os
import signal
import sys
from pathlib import Path

import xllamacpp

from deploy.local.local_models import LocalModel, NoWeights, local_model

_HOST = "127.0.0.1"
# Each open connection occupies a thread, even if it is idle or abandoned. With fewer, new questions would wait for
# seconds behind cancelled answers.
_CONNECTIONS = 64
# Memory for prompts of ended calls, kept for the next calls.
_PROMPT_CACHE_MIB = 256


def parameters(model: LocalModel, port: int, slots: int, threads: int, key: str) -> xllamacpp.CommonParams:
    """Parameters of the server. Raises: NoWeights."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model.weights())
    params.model_alias = {model.name}
    if model.chat_template is not None:
        params.chat_template = model.chat_template.read_text()
    # Small models write tool calls as bare JSON, which the agent reads. llama.cpp's own reader would refuse the answer.
    params.force_pure_content_parser = True
    params.hostnames = [_HOST]
    params.port = port
    params.api_keys = [key]
    params.n_parallel = slots
    params.n_ctx = model.call_tokens * slots
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
    model = local_model(words[0])
    port, slots, threads = (int(word) for word in words[1:4])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        chosen = parameters(model, port, slots, threads, Path(words[4]).read_text().strip())
    except NoWeights as fault:
        sys.exit(str(fault))
    server = xllamacpp.Server(chosen)
    print(f"serving {model.name} at {server.listening_address}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    # Its threads cannot be stopped in the middle of an answer.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
