"""What grows, and how far: a database for each size."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.bench.data import Database
from benchmarks.bench.loads import PAGE, TICK


@dataclass
class Size:
    """A database in which there is more of one thing: rows (of progress), steps (of the
    roadmap that is walked) or roadmaps.
    """

    count: int
    kind: str

    @property
    def name(self) -> str:
        return f"{self.count:,} {self.kind}"

    @property
    def pages(self) -> list[str]:
        """The names of the loads that it may make slower."""
        pages = [PAGE, TICK, *(["list", "search"] if self.kind == "roadmaps" else [])]
        return [f"{self.name}: {page}" for page in pages]

    @property
    def storage(self) -> list[str]:
        """The names of the two that tell what a row takes."""
        if self.kind != "rows":
            return []
        name = f"{self.name}: storage a row"
        return [f"{name}, person by person", f"{name}, in order of time"]

    @property
    def names(self) -> list[str]:
        """The names of all rows that need the database."""
        return [*self.pages, *self.storage]

    @property
    def database(self) -> str:
        return f"{self.kind}_{self.count}"

    def fill(self, database: Database, people: int) -> int:
        """Make it so, and return how many people there are."""
        if self.kind == "rows":
            people = database.grow_progress(self.count)
        elif self.kind == "steps":
            database.grow_steps(self.count)
        else:
            database.grow_roadmaps(self.count)
        database.settle()
        return people


QUICK = [Size(100_000, "rows"), Size(230, "steps"), Size(100, "roadmaps")]
FULL = [
    Size(1_000_000, "rows"),
    Size(10_000_000, "rows"),
    Size(230, "steps"),
    Size(1_000, "steps"),
    Size(1_000, "roadmaps"),
]
FIFTY_MILLION = Size(50_000_000, "rows")
