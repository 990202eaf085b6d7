"""The same bytes for every request: the most that the server itself can respond."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

PAGE = Path(os.environ["CONSTANT_PAGE"]).read_bytes()
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(PAGE))),
]


def application(
    environ: dict[str, Any],  # noqa: ARG001
    start_response: Callable[..., Any],
) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [PAGE]
