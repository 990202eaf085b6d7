"""Hosts as namespaces of the kernel, which leave nothing behind.

`enter` moves this program into namespaces of its own, where it is process 1, and each
`Host` has such namespaces inside these. When process 1 of a PID namespace dies, by
SIGKILL too, the kernel kills all other processes of the namespace, and the networks and
mounts that belonged to them disappear.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

INSIDE = "CAIRN_CLUSTER"  # set inside: a socket's descriptor and the process of unshare
PORTS = range(8443, 8453)
BRIDGE = "hosts"
NETWORK = "10.213.78"
UNSHARE = "unshare --net --ipc --pid --fork --kill-child --mount-proc --"
KILL_WITH_PARENT = "setpriv --pdeathsig KILL"
# Not root, but able to read a checkout and a Python in root's home.
UNPRIVILEGED = (
    "setpriv --reuid nobody --regid nogroup --clear-groups"
    " --inh-caps +dac_read_search --ambient-caps +dac_read_search"
)


def enter() -> None:
    """Restart this program in its own namespaces, with a socket from the outside."""
    listener = listen()
    listener.set_inheritable(True)
    os.environ[INSIDE] = f"{listener.fileno()} {os.getpid()}"
    # As `python -m` does not change sys.orig_argv, this repeats the same command.
    command = f"{KILL_WITH_PARENT} {UNSHARE}".split()
    os.execvp(command[0], [*command, sys.executable, *sys.orig_argv[1:]])


def listen() -> socket.socket:
    """Listen on 8443 of this machine, or on the next free port."""
    for port in PORTS:
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    sys.exit(f"Ports {PORTS[0]} to {PORTS[-1]} of 127.0.0.1 are in use.")


def is_inside() -> bool:
    return INSIDE in os.environ


def listener() -> socket.socket:
    """The socket that `enter` was given."""
    return socket.socket(fileno=int(os.environ[INSIDE].split()[0]))


def forward(listener: socket.socket, address: tuple[str, int]) -> None:
    """Forward connections from outside to `address`."""

    def accept() -> None:
        while True:
            outside = listener.accept()[0]
            with suppress(OSError):
                inside = socket.create_connection(address, timeout=2)
                for ends in ((outside, inside), (inside, outside)):
                    threading.Thread(target=copy, args=ends, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def write_script(folder: Path) -> Path:
    """Write a script that runs a command on a host, from outside."""
    unshare = os.environ[INSIDE].split()[1]
    enter = "nsenter --net --ipc --pid --mount --target"
    script = folder / "run"
    script.write_text(
        "#!/bin/sh\n"
        'process=$(cat "$(dirname "$0")/$1/process")\n'
        "shift\n"
        f'exec {enter} "$(pgrep --parent {unshare})" {enter} "$process" -- "$@"\n'
    )
    script.chmod(0o755)
    return script


class HostFailedError(Exception):
    """A program did not start or has stopped. The message has the end of its log."""


class Network:
    """A bridge. Each host has a name, which all hosts know, and an address."""

    def __init__(self, folder: Path, names: list[str], site: str) -> None:
        """The last of the hosts also has the name `site`."""
        self.folder = folder
        self.addresses = {name: f"{NETWORK}.{n}" for n, name in enumerate(names, 10)}
        run("ip link set lo up")
        run(f"ip link add {BRIDGE} type bridge")
        run(f"ip addr add {NETWORK}.1/24 dev {BRIDGE}")
        run(f"ip link set {BRIDGE} up")
        hosts = folder / "hosts"
        lines = ["127.0.0.1 localhost"]
        lines += [f"{address} {name}" for name, address in self.addresses.items()]
        hosts.write_text("\n".join(lines) + f" {site}\n")
        # In this mount namespace only. PostgreSQL leaves files in /dev/shm when killed.
        run(f"mount --bind {hosts} /etc/hosts")
        run("mount -t tmpfs tmpfs /dev/shm")
        self.hosts = {name: Host(self, name) for name in names}


class Host:
    def __init__(self, network: Network, name: str) -> None:
        self.name, self.address = name, network.addresses[name]
        self.folder = network.folder / name
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.start()

    def start(self) -> None:
        """Switch the host on. It runs no program yet."""
        # sleep is the host's process 1, and the kernel reaps its children.
        init = [*UNSHARE.split(), "env", "--ignore-signal=CHLD", "sleep", "infinity"]
        self.unshare = subprocess.Popen(
            init, start_new_session=True, stderr=self.open_log("unshare")
        )
        children = Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children")
        while not (child := children.read_text().split()) or not is_sleeping(child[0]):
            assert self.unshare.poll() is None, "unshare has stopped"
        self.pid = int(child[0])
        (self.folder / "process").write_text(child[0])
        run(f"ip link add {self.name} type veth peer name eth0 netns {self.pid}")
        run(f"ip link set {self.name} master {BRIDGE} up")
        self.inside(f"ip addr add {self.address}/24 dev eth0")
        self.inside("ip link set eth0 up")
        self.inside("ip link set lo up")

    def inside(self, command: str) -> None:
        run(f"nsenter --target {self.pid} --net -- {command}")

    def run(
        self,
        name: str,
        *command: str | Path,
        unprivileged: bool = True,
        **environment: str,
    ) -> subprocess.Popen[bytes]:
        """Run a program, with its log in NAME.log of the host's folder."""
        enter = f"nsenter --target {self.pid} --net --ipc --pid --mount --wd={{}} --"
        self.processes[name] = subprocess.Popen(
            [
                *enter.format(self.folder).split(),
                *(UNPRIVILEGED.split() if unprivileged else ()),
                *map(str, command),
            ],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)} | environment,
            stdin=subprocess.DEVNULL,
            stdout=self.open_log(name),
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is not for it
        )
        return self.processes[name]

    def open_log(self, name: str) -> IO[bytes]:
        return (self.folder / f"{name}.log").open("ab")

    def stop(self, name: str, *, graceful: bool = False) -> None:
        """Kill a program with its children, or ask it to stop and wait."""
        process = self.processes.pop(name)
        # The process here is nsenter, whose child is the program.
        programs = psutil.Process(process.pid).children(recursive=not graceful)
        for program in programs:
            program.terminate() if graceful else program.kill()
        process.wait(timeout=60)

    def check(self) -> None:
        """Raise HostFailedError if a program has stopped."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise self.failed(name, f"has stopped with {process.returncode}")

    def forget_stopped(self) -> list[str]:
        """Return the names of programs that have stopped since the last call."""
        stopped = [
            name for name, one in self.processes.items() if one.poll() is not None
        ]
        for name in stopped:
            del self.processes[name]
        return stopped

    def failed(self, name: str, what: str) -> HostFailedError:
        log = self.folder / f"{name}.log"
        end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        return HostFailedError(
            f"{name} on {self.name} {what}. The end of {log}:\n{end}"
        )

    def cut_off(self) -> None:
        """Take the host off the network. Its programs go on."""
        run(f"ip link set {self.name} down")

    def connect(self) -> None:
        run(f"ip link set {self.name} up")

    def kill(self) -> None:
        """SIGKILL all programs of the host, and take it off the network."""
        self.cut_off()
        os.kill(self.pid, 9)
        self.unshare.wait()
        for process in self.processes.values():
            process.wait()
        self.processes.clear()
        with suppress(subprocess.CalledProcessError):
            run(f"ip link delete {self.name}")  # unless it went with the host


def is_sleeping(pid: str) -> bool:
    """Return whether a host's process 1 has its namespaces and ignores SIGCHLD."""
    return Path(f"/proc/{pid}/comm").read_text() == "sleep\n"


def run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)
