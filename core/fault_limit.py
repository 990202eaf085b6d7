"""Stop validating a file after its first faults, so that memory stays bounded."""

from typing import Any

from pydantic import ValidationError, ValidationInfo, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler
from pydantic_core import PydanticOmit

MAX_FAULTS = 20


class FaultCount:
    """Counts the faults of one file. Pass one to `model_validate` as the context."""

    def __init__(self) -> None:
        self.count = 0


def stop_after_max_faults(value: Any, handler: Handler, info: ValidationInfo) -> Any:
    """Validate an entry, or skip it if the entries before it have MAX_FAULTS faults.

    Without this, pydantic collects every fault. They take a thousand times the memory
    of a file that consists of empty entries.
    """
    faults: FaultCount | None = info.context
    if faults is None:  # the entries do not come from a file
        return handler(value)
    if faults.count >= MAX_FAULTS:
        raise PydanticOmit
    before = faults.count
    try:
        return handler(value)
    except ValidationError as error:
        # Not added up: the error includes the faults of lists within the entry.
        faults.count = before + error.error_count()
        raise


# Annotate the type of a list's entries with this.
StopAfterMaxFaults = WrapValidator(stop_after_max_faults)
