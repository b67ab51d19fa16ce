from typing import Literal

PatchStepOp = Literal["add", "copy", "move", "remove", "replace", "test"]

PATCH_STEP_OP_VALUES: set[PatchStepOp] = {
    "add",
    "copy",
    "move",
    "remove",
    "replace",
    "test",
}


def check_patch_step_op(value: str) -> PatchStepOp:
    if value in PATCH_STEP_OP_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PATCH_STEP_OP_VALUES!r}")
