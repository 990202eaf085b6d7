"""The projects that exercises build: folders that learners download."""

import os
from functools import cache
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings

FOLDER = settings.BASE_DIR / "fixtures/projects"
# What tools write when somebody works in the folder.
LEFT_OUT = {".venv", "__pycache__", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def list_projects() -> list[str]:
    return [path.name for path in FOLDER.iterdir() if path.is_dir()]


@cache
def build_archive(name: str) -> bytes:
    """Return the project's folder as a ZIP file. It unpacks to `NAME-project`.

    The files have no dates, so the same files give the same bytes.
    """
    folder = FOLDER / name
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and LEFT_OUT.isdisjoint(path.parts):
                target = f"{name}-project/{path.relative_to(folder).as_posix()}"
                file = ZipInfo(target)
                file.compress_type = ZIP_DEFLATED
                mode = 0o755 if os.access(path, os.X_OK) else 0o644
                file.external_attr = mode << 16
                archive.writestr(file, path.read_bytes())
    return buffer.getvalue()
