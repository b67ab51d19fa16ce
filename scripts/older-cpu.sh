#!/usr/bin/env bash
# Runs a command with the kernels of a processor that has AVX2 and no AVX-512, as far as libraries have a switch.
#   scripts/older-cpu.sh COMMAND…
# Recognition by Whisper rounds in another way then. onnxruntime and llama.cpp have no switch.
set -euo pipefail
(($#)) || { echo "usage: scripts/older-cpu.sh COMMAND…" >&2; exit 2; }

# CTranslate2, and the two libraries that multiply matrices for it.
export CT2_FORCE_CPU_ISA=AVX2
export DNNL_MAX_CPU_ISA=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2
# numpy: each feature that it was built for and that this processor has.
if [[ -x .venv/bin/python ]]; then
    NPY_DISABLE_CPU_FEATURES=$(.venv/bin/python -c '
from numpy._core._multiarray_umath import __cpu_dispatch__ as built, __cpu_features__ as present
print(" ".join(name for name in built if present.get(name) and name.startswith(("AVX512", "X86_V4"))))')
    export NPY_DISABLE_CPU_FEATURES
fi
export OPENBLAS_CORETYPE=Haswell
# PyTorch, where it is installed.
export ATEN_CPU_CAPABILITY=avx2
exec "$@"
