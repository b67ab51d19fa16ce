# Sourced by setup.sh: what this machine has, and one list of what it lacks.

lacking=()
needs_python="3.11"
oldest_node="20.19"
oldest_go="1.21"
free_gb=5

# lacks TITLE [DEBIAN UBUNTU FEDORA]: adds to the list what is missing, and the command that gets it on each system.
lacks() {
    local item="  $1"
    (($# == 1)) || item+=$(printf '\n      Debian:  %s\n      Ubuntu:  %s\n      Fedora:  %s' "${@:2}")
    lacking+=("$item")
}

# Prints the list and stops, if anything is missing.
stop_if_lacking() {
    ((${#lacking[@]})) || return 0
    printf 'Set-up needs %d more thing%s on this machine:\n\n' "${#lacking[@]}" "$( ((${#lacking[@]} == 1)) || echo s)" >&2
    printf '%s\n\n' "${lacking[@]}" >&2
    printf 'Then run the same command again. Nothing has been started.\n' >&2
    exit 1
}

# at_least VERSION OLDEST: compares dotted numbers.
at_least() { printf '%s\n%s\n' "$2" "$1" | sort -V -C; }

# Stops on a system on which the parts cannot run at all.
check_platform() {
    local system machine libc
    system=$(uname -s) machine=$(uname -m)
    if [[ $system != Linux || $machine != x86_64 ]]; then
        cat >&2 <<END
Callbox runs on Linux on x86-64. This machine is $system on $machine, for which some of its parts do not exist
(Triton's server, the speech models' packages). On macOS or Windows use a virtual machine or another computer with
Debian 12, Ubuntu 22.04, Fedora 36 or newer on x86-64. Clients reach it from any system.
END
        exit 1
    fi
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || echo none)
    if [[ $libc != glibc* ]] || ! at_least "${libc#glibc }" 2.35; then
        cat >&2 <<END
Callbox needs glibc 2.35 or newer, which this system does not have ($libc). Debian 12, Ubuntu 22.04, Fedora 36 and newer
have it; Alpine does not.
END
        exit 1
    fi
}

has_library() {
    local known
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || true
    [[ $known == *"$1 "* ]]
}

# The commands that set-up itself uses.
check_commands() {
    local name packages="coreutils findutils gawk gzip tar"
    for name in awk cut find gzip sha256sum sha512sum sort tar timeout xargs; do
        command -v "$name" >/dev/null \
            || lacks "the command $name" "apt-get install $packages" "apt-get install $packages" "dnf install $packages"
    done
}

check_system() {
    local free
    has_library libgomp.so.1 || lacks "the library libgomp.so.1, for the local language model" \
        "apt-get install libgomp1" "apt-get install libgomp1" "dnf install libgomp"
    has_library libstdc++.so.6 || lacks "the library libstdc++.so.6" \
        "apt-get install libstdc++6" "apt-get install libstdc++6" "dnf install libstdc++"
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1000000) }')
    if [[ ! -e .venv ]] && ((free < free_gb)); then
        lacks "disk space: $free GB are free here, and set-up needs $free_gb. Free some, or move this folder."
    fi
}

# A Python of any version that can make an environment for uv.
find_any_python() {
    local name
    for name in python3.11 python3 python3.14 python3.13 python3.12 python3.10 python; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    return 1
}

has_node() {
    command -v npm >/dev/null && at_least "$(node --version 2>/dev/null | tr -d v)" "$oldest_node"
}

has_go() {
    local version
    version=$(go env GOVERSION 2>/dev/null) && at_least "${version#go}" "$oldest_go"
}

# Whether a connection to the host of a URL can be made. A proxy is trusted to reach it.
is_reachable() {
    local scheme=${1%%:*} host=${1#*://} port
    [[ -z ${HTTPS_PROXY:-${https_proxy:-}} ]] || return 0
    host=${host%%/*}
    port=$([[ $scheme == https ]] && echo 443 || echo 80)
    [[ $host == *:* ]] && port=${host##*:} host=${host%:*}
    timeout 5 bash -c "exec 3<>/dev/tcp/$host/$port" 2>/dev/null
}
