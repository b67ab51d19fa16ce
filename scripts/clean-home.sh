#!/usr/bin/env bash
# Runs a command as on a new machine: with an empty HOME, XDG folders and TMPDIR, which are removed at its end.
#   scripts/clean-home.sh COMMAND…
# Package caches and the configuration of package managers stay those of the user, so that set-up stays quick.
set -uo pipefail
(($#)) || { echo "usage: scripts/clean-home.sh COMMAND…" >&2; exit 2; }

# Names a cache or a configuration file, unless the user has done so.
keep() {
    local name=$1 path=$2
    [[ -n ${!name:-} || -z $path ]] || export "$name=$path"
}
keep_file() { [[ ! -e $2 ]] || keep "$1" "$2"; }

cache=${XDG_CACHE_HOME:-$HOME/.cache}
config=${XDG_CONFIG_HOME:-$HOME/.config}
keep UV_CACHE_DIR "$cache/uv"
keep PIP_CACHE_DIR "$cache/pip"
keep NPM_CONFIG_CACHE "${npm_config_cache:-$HOME/.npm}"
if command -v go >/dev/null; then
    for name in GOMODCACHE GOCACHE GOENV; do
        keep "$name" "$(go env "$name")"
    done
fi
keep_file NPM_CONFIG_USERCONFIG "${npm_config_userconfig:-$HOME/.npmrc}"
keep_file PIP_CONFIG_FILE "$HOME/.pip/pip.conf"
keep_file PIP_CONFIG_FILE "$config/pip/pip.conf"
keep_file UV_CONFIG_FILE "$config/uv/uv.toml"
keep_file NETRC "$HOME/.netrc"
keep_file GIT_CONFIG_GLOBAL "$HOME/.gitconfig"
# Where pyenv and rustup keep what is on PATH.
keep_file PYENV_ROOT "$HOME/.pyenv"
keep_file RUSTUP_HOME "$HOME/.rustup"
keep_file CARGO_HOME "$HOME/.cargo"

# Not in the checkout: a socket's path in TMPDIR may have 107 characters at most.
clean=$(mktemp -d "${TMPDIR:-/tmp}/callbox-home.XXXXXX") || exit 1
# PostgreSQL and Chromium run as another user and must be able to go through.
chmod 711 "$clean"
finish() {
    chmod -R u+w "$clean" 2>/dev/null
    rm -rf "$clean"
}
trap finish EXIT
# The command gets these signals, too; this script goes on when it has ended.
trap : INT TERM HUP

mkdir "$clean/home" "$clean/tmp"
mkdir -m 700 "$clean/run"
chmod 711 "$clean/home"
chmod 1777 "$clean/tmp"
export HOME="$clean/home" TMPDIR="$clean/tmp" TMP="$clean/tmp" TEMP="$clean/tmp"
export XDG_CACHE_HOME="$HOME/.cache" XDG_CONFIG_HOME="$HOME/.config" XDG_DATA_HOME="$HOME/.local/share"
export XDG_STATE_HOME="$HOME/.local/state" XDG_RUNTIME_DIR="$clean/run"

"$@"
