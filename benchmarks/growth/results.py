"""What was measured, and the files that keep it."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Result:
    """What was measured of one action in one database."""

    name: str
    first: list[float]  # ms; each repetition has another person, if there is one
    again: list[float]  # ms; the same person's second time
    statements: int = 0
    pages: int = 0  # of 8 kB that PostgreSQL read, from its memory or not
    plans: str = ""
    note: str = ""
    ticks: dict[str, float] = field(default_factory=dict)  # of people meanwhile

    @property
    def first_ms(self) -> float:
        return statistics.median(self.first)

    @property
    def again_ms(self) -> float | None:
        return statistics.median(self.again) if self.again else None


class Results:
    """A file with the results of one database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        stored = json.loads(path.read_text()) if path.exists() else {}
        self.by_name = {name: Result(**values) for name, values in stored.items()}

    def add(self, result: Result) -> None:
        self.by_name[result.name] = result
        rows = {name: asdict(each) for name, each in self.by_name.items()}
        self.path.write_text(json.dumps(rows, indent=1))
        times = f"{result.first_ms:,.1f} ms" if result.first else "not run"
        if result.again_ms is not None:
            times += f", again {result.again_ms:,.1f} ms"
        print(f"  {result.name}: {times}; {result.plans}; {result.note}", flush=True)
