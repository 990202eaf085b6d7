"""Print docs/licences.md: the packages in the image and their licences.

The licences come from the metadata of the locked packages. `make docs` writes the file.
"""

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
CLASSIFIER = "License :: OSI Approved :: "
HEAD = """\
# Licences

Cairn itself has the MIT licence. Its image contains the packages of \
`requirements.txt`, and those of `requirements-telemetry.txt` if it is built with \
`TELEMETRY`. `make docs` writes this page; a test checks that it is up to date.

| package | version | licence | built with |
| --- | --- | --- | --- |
"""


def locked(file: str) -> dict[str, str]:
    """Return the version of each package in the file that Linux needs, by name."""
    lines = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / file).read_text(), re.M)
    found = map(Requirement, lines)
    return {
        package.name: str(package.specifier).removeprefix("==")
        for package in found
        if not package.marker or package.marker.evaluate({"sys_platform": "linux"})
    }


def licence(package: Distribution) -> str:
    """Return the licence that the package states: its SPDX expression, or else its
    classifiers, or else the first line of its licence field.
    """
    about = package.metadata
    names = [
        name.removeprefix(CLASSIFIER)
        for name in about.get_all("Classifier", [])
        if name.startswith(CLASSIFIER)
    ]
    given = about.get("License", "").partition("\n")[0]
    return about.get("License-Expression") or ", ".join(names) or given or "not said"


own, all_of_them = locked("requirements.txt"), locked("requirements-telemetry.txt")
rows = [
    f"| {name} | {version} | {licence(distribution(name))} "
    f"| {'always' if name in own else 'telemetry'} |"
    for name, version in sorted(all_of_them.items())
]
print(HEAD + "\n".join(rows))
