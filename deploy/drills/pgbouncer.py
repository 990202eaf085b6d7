"""Check that Cairn works behind PgBouncer in transaction mode.

It takes the PgBouncer of this machine if it is new enough, and otherwise that of Debian
13, which root can unpack with: apt-get install debootstrap
"""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from urllib.parse import urlencode

import dj_database_url
import psycopg
import urllib3

from benchmarks.server import Cairn, free_port
from deploy.drills.stack import check
from tests.production import SECRET_KEY

ROADMAP = "/roadmaps/backend-developer/"
PEOPLE = 20
AT_ONCE = 8  # more would wait so long for a slow machine's processors that some get 503
SERVER_CONNECTIONS = 4  # fewer, so that people share them
PASSWORD = secrets.token_urlsafe(16)
CREATE_USERS = f"""
from allauth.account.models import EmailAddress
from accounts.models import User
for number in range({PEOPLE}):
    user = User.objects.create_user(f"learner{{number}}@example.org", "{PASSWORD}")
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
"""
CONFIGURATION = """
[databases]
cairn = host={socket} dbname={name} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
user = {owner}
pool_mode = transaction
default_pool_size = {size}
max_prepared_statements = {prepared}
logfile = {folder}/pgbouncer.log
"""


def find_pgbouncer(folder: Path) -> list[str]:
    """Return the command that starts a PgBouncer of 1.22 or later."""
    if (program := which("pgbouncer")) and version([program]) >= (1, 22):
        return [program]
    if os.geteuid() or not which("debootstrap"):
        sys.exit("NOT CHECKED: needs PgBouncer 1.22, or root and debootstrap")
    tree = folder / "trixie"
    packages = "--include=pgbouncer"
    bootstrap = ["debootstrap", "--variant=minbase", packages, "trixie", tree]
    subprocess.run(bootstrap, check=True, stdout=subprocess.DEVNULL)
    # The libraries of Debian 13 too: this machine may have older ones.
    [loader] = tree.glob("usr/lib*/ld-linux-*.so.*")
    libraries = next((tree / "usr/lib").glob("*-linux-gnu"))
    return [str(loader), "--library-path", str(libraries), f"{tree}/usr/sbin/pgbouncer"]


def version(command: list[str]) -> tuple[int, ...]:
    output = subprocess.run(
        [*command, "--version"], check=True, capture_output=True, text=True
    ).stdout
    return tuple(map(int, re.findall(r"\d+", output)[:2]))


class PgBouncer:
    def __init__(self, command: list[str], folder: Path, database_url: str) -> None:
        self.command, self.folder, self.port = command, folder, free_port()
        self.database = dj_database_url.parse(database_url)
        self.url = f"postgres://cairn@127.0.0.1:{self.port}/cairn"

    @contextmanager
    def running(
        self, prepared: int, connections: int = SERVER_CONNECTIONS
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run it with this value of max_prepared_statements, and this many connections
        to PostgreSQL. Yield the process.
        """
        socket = self.database["OPTIONS"].get("host") or self.database["HOST"]
        file = self.folder / "pgbouncer.ini"
        file.write_text(
            CONFIGURATION.format(
                socket=socket,
                name=self.database["NAME"],
                user=self.database["USER"],
                port=self.port,
                size=connections,
                prepared=prepared,
                folder=self.folder,
                owner=Path(socket).owner(),  # nobody else may open the socket
            )
        )
        process = subprocess.Popen([*self.command, "--quiet", file])
        try:
            self.wait(process)
            yield process
        finally:
            process.terminate()
            process.wait()

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 10
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def start_in_vain(cairn: Cairn, **environment: str) -> str:
    """Return what a web process that cannot start prints."""
    web = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        env=cairn.environment | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    check("it does not start", web.returncode == 1)
    return web.stderr


class Person:
    def __init__(self, port: int, number: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.email = f"learner{number}@example.org"
        self.cookies: dict[str, str] = {}
        self.statuses: list[int] = []
        self.has_ticked = False

    def request(self, method: str, path: str, **fields: str) -> str:
        response = urllib3.request(
            method,
            f"{self.origin}{path}",
            body=urlencode(fields),
            headers={
                "Cookie": "; ".join(map("=".join, self.cookies.items())),
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.origin,
                "Sec-Fetch-Site": "same-origin",
            },
            redirect=False,
            retries=False,
            timeout=30,
        )
        self.statuses.append(response.status)
        for cookie in response.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.data.decode()

    def use_site(self) -> None:
        """Sign in, tick a step, look at the devices, and search."""
        page = self.request("GET", "/accounts/login/")
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"login": self.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        self.request("POST", "/accounts/login/", **form)
        page = self.request("GET", ROADMAP)
        step = re.search(r"/progress/(\d+)/done/", page)[1]
        for state in ("done", "learning", "done"):
            self.request("POST", f"/progress/{step}/{state}/")
        for path in ("/accounts/sessions/", "/progress/", "/search/?q=cache", ROADMAP):
            page = self.request("GET", path)
        self.has_ticked = "<b>1 of" in page


def drill(folder: Path) -> None:
    command = find_pgbouncer(folder)
    print("PgBouncer", ".".join(map(str, version(command))))
    cairn = Cairn(folder, SECRET_KEY=SECRET_KEY)
    cairn.shell(CREATE_USERS)
    direct = cairn.environment["DATABASE_URL"]
    with psycopg.connect(direct, autocommit=True) as connection:
        connection.execute("ALTER ROLE CURRENT_USER SET statement_timeout = '4s'")
    bouncer = PgBouncer(command, folder, direct)
    pooled = {"DATABASE_URL": bouncer.url, "DATABASE_POOLER": "true"}

    with bouncer.running(prepared=0):
        error = start_in_vain(cairn, **pooled)
        is_named = "max_prepared_statements" in error and error.count("\n") == 1
        check("and says that it needs prepared statements, in one line", is_named)
    with bouncer.running(prepared=200):
        error = start_in_vain(cairn, DATABASE_URL=bouncer.url)
        is_named = "DATABASE_POOLER=true" in error and error.count("\n") == 1
        check("and names the setting that is missing, in one line", is_named)
        port = free_port()
        web = cairn.serve(port, **pooled)
        try:
            people = [Person(port, number) for number in range(PEOPLE)]
            with ThreadPoolExecutor(AT_ONCE) as threads:
                list(threads.map(Person.use_site, people))
        finally:
            web.terminate()
            web.wait()
    statuses = [status for person in people for status in person.statuses]
    failed = [status for status in statuses if status >= 400]
    check(f"{len(statuses)} requests of {PEOPLE} people, failed: {failed}", not failed)
    check("every tick is stored", all(person.has_ticked for person in people))


def main() -> None:
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name:
        folder = Path(name)
        folder.chmod(0o777)  # PgBouncer's own user writes its log here
        drill(folder)


if __name__ == "__main__":
    main()
