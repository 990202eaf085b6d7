"""Check the HTML of every page with the Nu Html Checker (vnu), which needs Java.

Each page is checked as a visitor, a learner and an editor get it, and each form as it
comes back when it was sent empty. The pages come from a temporary database.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

MIN_PAGES = 170
IGNORED = re.compile(
    "^Attribute “hx-"  # htmx's own, by design
    "|^The “list” role is unnecessary"  # Safari needs it for lists without markers
    "|^Trailing slash on void elements"  # in the base of Django's admin
    "|^An “input” element with a “type” attribute whose value is “hidden” must not have"
    " any “aria-"  # Django's copy of a field's first value
    # Django marks every button of a choice. Browsers take the first.
    "|^There must not be two elements with the same .* “autofocus”"
    "|^A table row was 2 columns wide"  # in the sidebar of Django's admin
)


@contextmanager
def temporary_site():
    """Yield a site with one row of everything and the roadmaps of `fixtures/`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import (
        setup_databases,
        setup_test_environment,
        teardown_databases,
    )

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Another name than that of pytest, so that both can run at once.
    connection.settings_dict["TEST"]["NAME"] = "html_drill"
    setup_test_environment(debug=False)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        from editing.yaml_format.importer import import_roadmap
        from editing.yaml_format.schema import read
        from tests.fuzz.site import FuzzedSite

        for file in sorted((settings.BASE_DIR / "fixtures").glob("*.yaml")):
            import_roadmap(read(file))
        yield FuzzedSite()
    finally:
        teardown_databases(databases, verbosity=0)


def list_paths() -> list[str]:
    from roadmaps.models import Roadmap, Step
    from tests.fuzz.addresses import list_addresses
    from tests.fuzz.strategies import ADMIN, fill_address

    # The pages of the admin for other models are Django's own.
    addresses = [
        fill_address(address)
        for address in list_addresses()
        if address.startswith(f"{ADMIN}roadmaps/") or not address.startswith(ADMIN)
    ]
    contents = [*Roadmap.objects.all(), *Step.objects.select_related("roadmap")]
    own = [content.get_absolute_url() for content in contents]
    return list(dict.fromkeys([*addresses, *own, "/nowhere/"]))


def iterate_pages(site) -> Iterator[tuple[str, str]]:
    """Yield the name and the HTML of each page."""
    from tests.fuzz.html_forms import read_forms
    from tests.fuzz.strategies import PERSONS, Request

    headers = {"Sec-Fetch-Site": "same-origin"}
    form = "application/x-www-form-urlencoded"
    for path in list_paths():
        for person in PERSONS:
            page = site.get(path, person)
            if not is_page(page):
                continue
            yield f"GET {path} as {person}", page.text
            for target in {each.path for each in read_forms(page.text, path)}:
                request = Request("POST", target, person, b"", form, headers)
                answer = site.send(request)
                if is_page(answer):
                    yield f"POST {target} as {person}", answer.text


def is_page(response) -> bool:
    return "<html" in response.content[:500].decode(errors="replace")


def check_pages(jar: Path, pages: dict[str, str]) -> list[str]:
    """Return what the checker finds, a line for each finding."""
    names = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, html) in enumerate(pages.items()):
            file = Path(folder) / f"{number}.html"
            file.write_text(html)
            names[file.as_uri()] = name
        command = ["java", "-jar", jar, "--format", "json", folder]
        result = subprocess.run(command, capture_output=True, text=True)
        messages = json.loads(result.stderr)["messages"]
    lines = []
    for message in messages:
        if IGNORED.match(message["message"]):
            continue
        extract = " ".join(message.get("extract", "").split())
        name = names[message["url"].replace("file:/", "file:///")]
        lines.append(f"{name}: {message['message']} {extract}")
    return lines


def main() -> int:
    jar = Path(sys.argv[1])
    if not shutil.which("java") or not jar.exists():
        print("This needs Java and npm: apt-get install default-jre-headless npm")
        return 1
    with temporary_site() as site:
        pages = dict(iterate_pages(site))
    findings = check_pages(jar, pages)
    print("\n".join(findings))
    print(f"{len(pages)} pages, {len(findings)} findings")
    return 1 if findings or len(pages) < MIN_PAGES else 0


if __name__ == "__main__":
    sys.exit(main())
