# Sourced by other scripts: puts the Node.js that set-up installed, if any, first on PATH.
_tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.tools
if [[ -d $_tools/node/bin ]]; then
    export PATH="$_tools/node/bin:$PATH"
fi
unset _tools
