"""Read settings from environment variables and check them all before Cairn starts."""

import os
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values


class Environment:
    """Reads variables, and collects what is wrong with them.

    After a fault, the variable has its default, so that one start finds all faults.
    An empty variable counts as unset.
    """

    def __init__(self, env_file: Path) -> None:
        self.variables = dotenv_values(env_file) | dict(os.environ)
        self.faults: list[str] = []

    def get(self, name: str) -> str:
        return (self.variables.get(name) or "").strip()

    def read[T, D](self, name: str, default: D, parse: Callable[[str], T]) -> T | D:
        """Return the parsed variable, or the default if it is unset or wrong.

        `parse` raises ValueError with advice that includes an example.
        """
        if not (text := self.get(name)):
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.add_fault(name, str(error), repr(text))
            return default

    def read_secret[T, D](
        self, name: str, default: D, parse: Callable[[str], T]
    ) -> T | D:
        """Like `read`, but the value may be in a file that NAME_FILE names.

        Messages do not contain the value.
        """
        text = self.get(name)
        if file := self.get(f"{name}_FILE"):
            if text:
                self.add_fault(
                    name, f"and {name}_FILE are both set; set only one of them"
                )
                return default
            try:
                text = Path(file).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not text"
                advice = (
                    f"cannot be read ({reason}); set it to a file that Cairn's user "
                    f"can read, such as /run/secrets/{name.lower()}"
                )
                self.add_fault(f"{name}_FILE", advice, repr(file))
                return default
            if not text:
                self.add_fault(
                    f"{name}_FILE",
                    "is an empty file; write the value into it",
                    repr(file),
                )
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.add_fault(name, str(error), "(hidden)")
            return default

    def add_fault(self, name: str, advice: str, shown: str = "") -> None:
        """Add a line that names the variable, its value and a good value."""
        self.faults.append(f"{name}={shown} {advice}" if shown else f"{name} {advice}")

    def add_missing(self, name: str, advice: str) -> None:
        """Add a line about a required variable that is not set in any way."""
        if not (self.get(name) or self.get(f"{name}_FILE")):
            self.faults.append(f"{name} is missing; set it to {advice}")

    def raise_faults(self) -> None:
        """Raise ImproperlyConfigured, with one line per fault, if there are any."""
        if self.faults:
            raise ImproperlyConfigured("\n".join(self.faults))
