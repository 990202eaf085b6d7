"""The file that holds all that Cairn knows of a person; docs/my-data.md explains it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    model_validator,
)

from progress.notes import MAX_NOTE_LENGTH
from roadmaps.models import SLUG

FORMAT = "cairn-my-data"
VERSION = 1
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def past(date: datetime) -> datetime:
    """Raises ValueError for what nobody can have done."""
    if not EARLIEST <= date <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError("is a date in the future, or long before Cairn")
    return date


def a_note(text: str) -> str:
    """Raises ValueError for what PostgreSQL cannot hold, and for no text."""
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if not text.strip():
        raise ValueError("is empty")
    return text


Date = Annotated[AwareDatetime, AfterValidator(past)]
Slug = Annotated[str, StringConstraints(max_length=80, pattern=f"^{SLUG}$")]
NoteText = Annotated[
    str,
    StringConstraints(max_length=MAX_NOTE_LENGTH),
    AfterValidator(a_note),
]


class OfStep(BaseModel):
    """Known by these two, in this Cairn and in others."""

    roadmap: Slug
    step: Slug

    @property
    def path(self) -> str:
        return f"{self.roadmap}/{self.step}"


class Progress(OfStep):
    state: Literal["learning", "done", "skipped"]
    started_at: Date
    done_at: Date | None = Field(None, description="Set while the state is done.")

    @model_validator(mode="after")
    def has_a_date_while_done(self) -> Self:
        if (self.state == "done") != (self.done_at is not None):
            raise ValueError("done_at belongs to the state done, and only to it")
        return self


class Completion(BaseModel):
    roadmap: Slug
    completed_at: Date


class Note(OfStep):
    text: NoteText = Field(description="Markdown.")
    saved_at: Date


class Restorable(BaseModel):
    """What an import reads; of the rest of the file it takes no notice."""

    format: Literal["cairn-my-data"]
    version: Literal[1]
    progress: list[Progress] = []
    completions: list[Completion] = []
    notes: list[Note] = []

    @model_validator(mode="after")
    def says_nothing_twice(self) -> Self:
        for name, paths in (
            ("progress", [row.path for row in self.progress]),
            ("completions", [row.roadmap for row in self.completions]),
            ("notes", [row.path for row in self.notes]),
        ):
            for path, times in Counter(paths).items():
                if times > 1:
                    raise ValueError(f"{name} names {path} twice")
        return self


class Profile(BaseModel):
    email: str
    name: str
    time_zone: str = Field(description="Empty: as the browser says.")
    theme: str = Field(description="Empty: as the system has it.")
    joined_at: datetime
    last_sign_in_at: datetime | None
    has_password: bool
    is_staff: bool
    is_administrator: bool
    groups: list[str]
    permissions: list[str] = Field(description="Beyond those of the groups.")


class EmailAddress(BaseModel):
    address: str
    is_confirmed: bool
    is_primary: bool


class Factor(BaseModel):
    """By name only: the secrets would let whoever finds the file in."""

    kind: str
    name: str
    added_at: datetime
    last_used_at: datetime | None


class LinkedAccount(BaseModel):
    provider: str
    identity: str
    linked_at: datetime
    last_used_at: datetime
    told_by_provider: dict[str, Any]


class Session(BaseModel):
    browser: str
    user_agent: str = Field(description="What the browser said of itself.")
    ip_address: str
    begun_at: datetime
    last_seen_at: datetime


class Device(BaseModel):
    name: str
    first_seen_at: datetime


class Invitation(BaseModel):
    address: str
    invited_at: datetime
    used_at: datetime | None


class Edit(BaseModel):
    """Something done in the admin."""

    at: datetime
    what: str
    on: str


class Document(Restorable):
    """All that Cairn holds about one person."""

    made_at: datetime
    site: str = Field(description="The name of the site that it was downloaded from.")
    profile: Profile
    email_addresses: list[EmailAddress]
    factors: list[Factor]
    linked_accounts: list[LinkedAccount]
    sessions: list[Session]
    devices: list[Device]
    invitations_received: list[Invitation]
    invitations_sent: list[Invitation]
    edits: list[Edit]


def schema() -> dict[str, Any]:
    """The JSON Schema that docs/my-data.schema.json holds."""
    return Document.model_json_schema(mode="serialization") | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
    }
