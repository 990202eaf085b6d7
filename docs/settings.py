"""Print docs/settings.md, the table of all variables. `make docs` writes the file.

Names and defaults are recorded while config/settings.py runs. The descriptions are the
comments in deploy/env.example.
"""

import os
import re
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "deploy/env.example"
sys.path.insert(0, str(ROOT))

from core import environment  # noqa: E402

REQUIRED = {
    "DATABASE_URL": "postgres://localhost/cairn",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "SITE_URL": "https://cairn.example",
}
HEAD = """\
# Settings

Variables are read from the environment or from `.env`. `make docs` writes this page \
from `config/settings.py`, `deploy/start`, `docker-compose.yml` and \
`deploy/env.example`; a test checks that it is up to date.

Cairn does not start until the required variables are set and all variables are \
valid. It names every variable that is missing or wrong. Compose does the same for its \
own. In values with several entries, spaces and empty entries are ignored.

Every secret may be in a file instead, for example a Docker or Kubernetes secret: set \
`SECRET_KEY_FILE=/run/secrets/secret_key` instead of `SECRET_KEY`. The same holds for \
{files}.
"""


def read_example(example: Path) -> dict[str, tuple[str, str]]:
    """Return the description and the example value of each variable."""
    variables = {}
    for block in example.read_text().split("\n\n"):
        if match := re.search(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)\n?\Z", block, re.M):
            comment = block[: match.start()].replace("\n# ", " ").removeprefix("# ")
            variables[match[1]] = comment.strip(), match[2]
    return variables


def read_settings(example: dict[str, str]) -> tuple[dict[str, object], set[str]]:
    """Return the default of each variable that the settings read, and the secrets.

    They run twice, because some variables are read only if another one is set: once
    with the required variables alone, and once with all variables of the example.
    """
    defaults: dict[str, object] = {}
    secrets: set[str] = set()

    class Recorder(environment.Environment):
        def __init__(self, _: Path) -> None:
            super().__init__(Path(os.devnull))

        def read(self, name, default, parse):
            defaults.setdefault(name, default)
            return super().read(name, default, parse)

        def read_secret(self, name, default, parse):
            defaults.setdefault(name, default)
            secrets.add(name)
            return super().read_secret(name, default, parse)

    environment.Environment = Recorder
    for variables in (REQUIRED, example | REQUIRED):
        os.environ.clear()
        os.environ.update(variables)
        runpy.run_path(str(ROOT / "config/settings.py"))
    return defaults, secrets


def read_variables(file: str) -> dict[str, str]:
    """Return the default of each `${VARIABLE:-default}` in a file; `?` if required."""
    text = (ROOT / file).read_text()
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
    (own, secrets), start = read_settings(values), read_variables("deploy/start")
    compose = read_variables("docker-compose.yml")
    unknown = (own | start | compose).keys() ^ variables.keys()
    if unknown:
        sys.exit(f"{example} and what is read differ in {sorted(unknown)}")
    readers = {
        "Cairn itself": own,
        "deploy/start": start,
        "docker-compose.yml and its scripts": compose,
    }
    rows = {reader: [] for reader in readers}
    for name, (description, _) in variables.items():
        reader, read = next(item for item in readers.items() if name in item[1])
        is_required = name in REQUIRED if name in own else read[name] == "?"
        default = "required" if is_required else format_default(read[name])
        rows[reader].append(f"| `{name}` | {description} | {default} |")
    files = ", ".join(f"`{name}_FILE`" for name in sorted(secrets - {"SECRET_KEY"}))
    parts = [HEAD.format(files=files)]
    for reader, lines in rows.items():
        parts += [f"\n## Read by {reader}\n\n| variable | what it does | default |"]
        parts += ["| --- | --- | --- |", *lines, ""]
    return "\n".join(parts).replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    print(render(Path(sys.argv[1]) if sys.argv[1:] else EXAMPLE), end="")
