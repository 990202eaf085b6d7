"""Print docs/licences.md: what the image is made of and on what terms.

Read from what the locked packages say of themselves.
"""

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
CLASSIFIER = "License :: OSI Approved :: "
HEAD = """\
# Licences

Cairn itself is under the MIT licence. Its image holds the packages of \
`requirements.txt`, and those of `requirements-telemetry.txt` when it is built with \
them. Written by `make docs`; a test holds it to them.

| package | version | licence | built with |
| --- | --- | --- | --- |
"""


def locked(file: str) -> dict[str, str]:
    """The version of each package that Linux needs."""
    lines = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / file).read_text(), re.M)
    found = map(Requirement, lines)
    return {
        package.name: str(package.specifier).removeprefix("==")
        for package in found
        if not package.marker or package.marker.evaluate({"sys_platform": "linux"})
    }


def licence(package: Distribution) -> str:
    """Its SPDX expression, else its classifiers, else the first line that it gives."""
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
