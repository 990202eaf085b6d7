"""A checkout of Cairn with the packages that production installs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.server import ROOT

PACKAGES = "benchmarks/.venv"


class Revision(NamedTuple):
    name: str
    root: Path

    @property
    def python(self) -> Path:
        return self.root / PACKAGES / "bin/python"

    @property
    def granian(self) -> Path:
        return self.root / PACKAGES / "bin/granian"


CURRENT = Revision("Cairn", ROOT)


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Revision]:
    """Another revision in a git worktree in `folder`, with its own packages."""
    root = folder / "before"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", root, revision], check=True)
    try:
        packages = ["make", "--quiet", "-C", root, f"{PACKAGES}/.synced"]
        subprocess.run(packages, check=True)
        yield Revision("before", root)
    finally:
        subprocess.run([*git, "remove", "--force", root], check=True)
