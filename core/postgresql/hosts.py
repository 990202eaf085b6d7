"""Several hosts in DATABASE_URL: first try one that has answered before.

libpq tries the hosts in order. If the first one drops packets, each new connection
would wait for the whole `connect_timeout`.
"""

from typing import Any, NamedTuple


class Host(NamedTuple):
    hosts: str  # all of them, separated by commas
    session: str  # the required kind of server, such as read-write or standby
    place: int  # of this host in `hosts`

    def prefer(self) -> None:
        """Let the next connection try this host first."""
        _first_places[self.hosts, self.session] = self.place

    def avoid(self) -> None:
        """Let the next connection try this host last."""
        if _first_places.get((self.hosts, self.session)) == self.place:
            next_place = (self.place + 1) % len(self.hosts.split(","))
            _first_places[self.hosts, self.session] = next_place


_first_places: dict[tuple[str, str], int] = {}


def order_hosts(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a connection with its hosts in the best order."""
    first = _first_places.get(get_key(parameters), 0)
    ordered = {
        name: rotate(str(parameters[name]), first)
        for name in ("host", "hostaddr", "port")
        if parameters.get(name)
    }
    return parameters | ordered


def rotate(items: str, first: int) -> str:
    """Return the comma-separated list, rotated to begin with the item `first`."""
    values = items.split(",")
    return ",".join(values[first:] + values[:first])


def find_host(parameters: dict[str, Any], name: str, port: int) -> Host:
    """Return which of the hosts a connection leads to."""
    hosts, session = get_key(parameters)
    names, ports = hosts.split(","), str(parameters.get("port") or 5432).split(",")
    servers = list(zip(names, ports * len(names), strict=False))
    server = (name, str(port))
    place = servers.index(server) if server in servers else 0
    return Host(hosts, session, place)


def get_key(parameters: dict[str, Any]) -> tuple[str, str]:
    return (
        parameters.get("host") or "",
        parameters.get("target_session_attrs") or "any",
    )
