# `make` alone lists what there is to make.
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help run test test-older-cpu test-absence check proto docs clients voices bench-voice bench-speech bench-http bench-kb bench-model bench-tools fuzz-http clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up what is missing, start everything, and keep it running until Ctrl-C
	@scripts/setup.sh run
	@exec .venv/bin/python -m cli up

test: ## set up, check, and run every test against the real parts
	@scripts/clean-home.sh scripts/setup.sh test
	@scripts/clean-home.sh scripts/check.sh
	@scripts/clean-home.sh scripts/test.sh

test-older-cpu: ## run the tests that hear and speak with the kernels of a processor without AVX-512
	@scripts/clean-home.sh scripts/setup.sh test
	@scripts/clean-home.sh scripts/older-cpu.sh scripts/test.sh engines speech call

test-absence: ## have sessions away for a minute (N seconds) while a character acts in a call
	@scripts/clean-home.sh scripts/setup.sh test
	@CALLBOX_TEST_AWAY_SECONDS=$(or $(N),60) scripts/clean-home.sh scripts/test.sh faults -- -k sessions_is_away

check: ## ruff, mypy, import rule, buf lint and breaking, fresh stubs, web types
	@scripts/setup.sh run
	@scripts/check.sh

proto: ## write the typed stubs of proto/ into gen/
	@scripts/setup.sh python
	@proto/generate.sh

docs: ## write the table of settings into docs/operations.md, and docs/http-reference.md
	@scripts/setup.sh python
	@.venv/bin/python -m deploy.local.reference
	@.venv/bin/python -m services.gateway.openapi.markdown docs/http-reference.md

clients: ## write the clients of the HTTP API from its OpenAPI document
	@scripts/setup.sh test
	@clients/generate.sh

voices: ## record every voice of the catalogue, and write a page to listen to them: build/voices/index.html
	@scripts/setup.sh run
	@.venv/bin/python -m deploy.samples build/voices --listen

bench-voice: ## measure a call on this machine: voice to voice, its parts, session starts, memory, CPU, turns with and without tools
	@scripts/setup.sh run
	@.venv/bin/python -m bench.voice --equipped 1

fuzz-http: ## send N generated requests (default 20000) to a gateway with all services behind it
	@scripts/setup.sh test
	@CALLBOX_FUZZ_CASES=$(or $(N),20000) .venv/bin/python -m pytest tests/http/test_fuzz.py -q -s --timeout 0

bench-tools: ## measure calls with http tools that take 0 to 12 s: time to the first sound and to the answer; overhead of a tool
	@scripts/setup.sh run
	@.venv/bin/python -m bench.tools

bench-kb: ## measure the knowledge base over 100,000 passages: latency of questions, recall of the index
	@scripts/setup.sh run
	@.venv/bin/python -m bench.knowledge

bench-model: ## measure the local language models: right answers, right tools, first token, memory
	@scripts/setup.sh run
	@.venv/bin/python -m bench.model

bench-speech: ## measure recognition, synthesis and noise suppression alone, then how many calls this machine can serve
	@scripts/setup.sh run
	@.venv/bin/python -m bench.recognition
	@.venv/bin/python -m bench.synthesis
	@.venv/bin/python -m bench.denoising
	@.venv/bin/python -m bench.intelligibility
	@.venv/bin/python -m bench.languages
	@.venv/bin/python -m bench.matching
	@.venv/bin/python -m cli size --thorough --no-keep

bench-http: ## measure the HTTP API on one core and compare it with a bare hop: origin check, appearance, session start, large history
	@scripts/setup.sh run
	@.venv/bin/python -m bench.http

clean: ## remove what was built, downloaded and cached, but not the data folder
	@rm -rf .venv .tools build web/node_modules web/*/node_modules web/*/dist clients/typescript/node_modules clients/typescript/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
