"""Print docs/settings.md, the table of all variables. `make docs` writes the file.

Names and defaults are recorded while config/settings.py runs. The descriptions are the
comments in deploy/env.example.
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
REQUIRED = {
    "DATABASE_URL": "postgres://localhost/cairn",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "cairn.example",
}
HEAD = """\
# Settings

Variables are read from the environment or from `.env`. `make docs` writes this page \
from `config/settings.py`, `docker-compose.yml` and `deploy/env.example`; a test \
checks that it is up to date.

Cairn does not start until the required variables are set, and says which one is \
missing. Compose does the same for its own.
"""


def read_example(example: Path) -> dict[str, tuple[str, str]]:
    """Return the description and the example value of each variable."""
    variables = {}
    for block in example.read_text().split("\n\n"):
        if match := re.search(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)\n?\Z", block, re.M):
            comment = block[: match.start()].replace("\n# ", " ").removeprefix("# ")
            variables[match[1]] = comment.strip(), match[2]
    return variables


def read_settings(example: dict[str, str]) -> dict[str, object]:
    """Return the default of each variable that the settings read.

    They run twice, because some variables are read only if another one is set: once
    with the required variables alone, and once with all variables of the example.
    """
    defaults: dict[str, object] = {}

    def recording(method):
        def record(self, name, default="", **options):
            defaults.setdefault(name, default)
            return method(self, name, default, **options)

        return record

    for kind in KINDS:
        setattr(Env, kind, recording(getattr(Env, kind)))
    Env.read_env = lambda *_, **__: True
    sys.path.insert(0, str(ROOT))
    for environment in (REQUIRED, example | REQUIRED):
        os.environ.clear()
        os.environ.update(environment)
        runpy.run_path(str(ROOT / "config/settings.py"))
    return defaults


def read_compose() -> dict[str, str]:
    """Return the default of each variable in the compose file; `?` if required."""
    text = (ROOT / "docker-compose.yml").read_text()
    found = re.findall(r"\$\{(\w+)(?::([-?])([^}]*))?\}", text)
    return {name: "?" if sign == "?" else value for name, sign, value in found}


def format_default(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        default = ",".join(default)
    return f"`{default}`" if default not in ("", None) else "none"


def render(example: Path) -> str:
    """Return the page.

    Exits with the names of variables that are only in the example or only in the code.
    """
    variables = read_example(example)
    values = {name: value for name, (_, value) in variables.items() if value}
    own, compose = read_settings(values), read_compose()
    unknown = (own | compose).keys() ^ variables.keys()
    if unknown:
        sys.exit(f"{example} and what is read differ in {sorted(unknown)}")
    rows = {"Cairn itself": [], "docker-compose.yml only": []}
    for name, (description, _) in variables.items():
        is_required = name in REQUIRED if name in own else compose[name] == "?"
        default = format_default(own.get(name, compose.get(name)))
        default = "required" if is_required else default
        reader = "Cairn itself" if name in own else "docker-compose.yml only"
        rows[reader].append(f"| `{name}` | {description} | {default} |")
    parts = [HEAD]
    for reader, lines in rows.items():
        parts += [f"\n## Read by {reader}\n\n| variable | what it does | default |"]
        parts += ["| --- | --- | --- |", *lines, ""]
    return "\n".join(parts).replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    print(render(Path(sys.argv[1]) if sys.argv[1:] else EXAMPLE), end="")
