"""Print docs/settings.md: every variable that Cairn reads, as `make docs` keeps it.

The names and defaults are recorded while config/settings.py runs, what each means is
the comment above it in deploy/env.example.
"""

import os
import re
import runpy
import sys
from pathlib import Path

from environs import Env

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "deploy/env.example"
KINDS = ["str", "bool", "int", "float", "list", "dict", "url", "path", "timedelta"]
CLOSED = {
    "DATABASE_URL": "postgres://localhost/cairn",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "cairn.example",
}
HEAD = """\
# Settings

Read from the environment, or from `.env`. Written by `make docs` from \
`config/settings.py`, `docker-compose.yml` and `deploy/env.example`; a test holds it \
to them.

Cairn refuses to start until those that are required are set, and says which is \
missing; compose does the same for its own.
"""


def described(example: Path) -> dict[str, tuple[str, str]]:
    """What each variable of the example means, and the value that it shows."""
    found = {}
    for block in example.read_text().split("\n\n"):
        if match := re.search(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)\n?\Z", block, re.M):
            comment = block[: match.start()].replace("\n# ", " ").removeprefix("# ")
            found[match[1]] = comment.strip(), match[2]
    return found


def read_by_settings(example: dict[str, str]) -> dict[str, object]:
    """The default of each variable that the settings read, closed and with all set."""
    read: dict[str, object] = {}

    def recording(method):
        def record(self, name, default="", **options):
            read.setdefault(name, default)
            return method(self, name, default, **options)

        return record

    for kind in KINDS:
        setattr(Env, kind, recording(getattr(Env, kind)))
    Env.read_env = lambda *_, **__: True
    sys.path.insert(0, str(ROOT))
    for environment in (CLOSED, example | CLOSED):
        os.environ.clear()
        os.environ.update(environment)
        runpy.run_path(str(ROOT / "config/settings.py"))
    return read


def read_by_compose() -> dict[str, str]:
    """The default of each variable that is put into the compose file; `?` for none."""
    text = (ROOT / "docker-compose.yml").read_text()
    found = re.findall(r"\$\{(\w+)(?::([-?])([^}]*))?\}", text)
    return {name: "?" if sign == "?" else value for name, sign, value in found}


def cell(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        default = ",".join(default)
    return f"`{default}`" if default not in ("", None) else "none"


def table(example: Path) -> str:
    """Exits with the names of variables that only the example has, or only the code."""
    variables = described(example)
    values = {name: value for name, (_, value) in variables.items() if value}
    own, compose = read_by_settings(values), read_by_compose()
    unknown = (own | compose).keys() ^ variables.keys()
    if unknown:
        sys.exit(f"{example} and what is read differ in {sorted(unknown)}")
    rows = {"Cairn itself": [], "docker-compose.yml only": []}
    for name, (meaning, _) in variables.items():
        required = name in CLOSED if name in own else compose[name] == "?"
        default = "required" if required else cell(own.get(name, compose.get(name)))
        reader = "Cairn itself" if name in own else "docker-compose.yml only"
        rows[reader].append(f"| `{name}` | {meaning} | {default} |")
    parts = [HEAD]
    for reader, lines in rows.items():
        parts += [f"\n## Read by {reader}\n\n| variable | what it does | default |"]
        parts += ["| --- | --- | --- |", *lines, ""]
    return "\n".join(parts).replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    print(table(Path(sys.argv[1]) if sys.argv[1:] else EXAMPLE), end="")
