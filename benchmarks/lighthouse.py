"""Lighthouse's four scores of the pages that strangers land on, on a slow phone.

Names what cost points, and fails when a page has fewer than 100 or shifts.
Run it where nothing else runs: blocking time counts whatever takes the processor.
"""

import json
import os
import subprocess
import sys
from shutil import which

from benchmarks.server import installed_browser, production_server

LIGHTHOUSE = "lighthouse@12.8.2"
ROADMAP = "/roadmaps/backend-developer/"
PATHS = ["/", ROADMAP, f"{ROADMAP}caching/", "/accounts/login/"]


def report(url: str) -> dict:
    """What Lighthouse says, with its own mobile profile."""
    environment = os.environ | {"PUPPETEER_SKIP_DOWNLOAD": "1"}
    if browser := installed_browser():
        environment["CHROME_PATH"] = browser
    run = ["npm", "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", url]
    options = ["--quiet", "--output=json", "--chrome-flags=--headless --no-sandbox"]
    printed = subprocess.run(
        [*run, *options], env=environment, check=True, stdout=subprocess.PIPE
    )
    return json.loads(printed.stdout)


def costs(said: dict) -> list[str]:
    """What cost points, and how the page did at it."""
    weighed = {
        item["id"]
        for category in said["categories"].values()
        for item in category["auditRefs"]
        if item["weight"]
    }
    audits = [said["audits"][name] for name in sorted(weighed)]
    return [
        f"{audit['title']}: {audit.get('displayValue') or audit['score']}"
        for audit in audits
        if audit["score"] is not None and audit["score"] < 1
    ]


def main() -> None:
    if not which("npm"):
        sys.exit("NOT MEASURED: Lighthouse needs Node.js with npm, which is missing.")
    is_perfect = True
    with production_server() as server:
        for path in PATHS:
            said = report(server.address + path)
            scores = {
                name: round(100 * (category["score"] or 0))
                for name, category in said["categories"].items()
            }
            shift = said["audits"]["cumulative-layout-shift"]["numericValue"]
            is_perfect &= all(score == 100 for score in scores.values()) and not shift
            print(path, flush=True)
            print(
                *(f"    {name:>16} {score}" for name, score in scores.items()), sep="\n"
            )
            print(f"    {'layout shift':>16} {shift:g}")
            for cost in costs(said):
                print(f"    costs points: {cost}")
    if not is_perfect:
        sys.exit("Some page has fewer than 100 points, or shifts.")


if __name__ == "__main__":
    main()
