"""The format of the file with a user's data. docs/my-data.md explains it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic.dataclasses import dataclass

from core.fault_limit import StopAfterMaxFaults
from core.text import shows_nothing
from core.web_address import describe_url_fault
from groups.confirmations import MAX_URL_LENGTH
from progress.notes import MAX_NOTE_LENGTH
from roadmaps.slugs import SLUG

FORMAT: Final = "cairn-my-data"
VERSION: Final = 2
EARLIEST_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def validate_date(date: datetime) -> datetime:
    """Raises ValueError for dates in the future and long before the first release.

    One day in the future is allowed, because clocks can be wrong.
    """
    if not EARLIEST_DATE <= date <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError(_("This date is in the future or too far in the past."))
    return date


def validate_note_text(text: str) -> str:
    """Raises ValueError for empty text and for NUL, which PostgreSQL cannot store."""
    if "\0" in text:
        raise ValueError(_("Remove the NUL character."))
    if shows_nothing(text):
        raise ValueError(_("This text is empty."))
    return text


def validate_web_address(url: str, info: ValidationInfo) -> str:
    """Raises ValueError with a sentence on what to change, in an import.

    An export has no context. It holds every stored address, even if the setting
    INTRANET_LINKS has since changed.
    """
    if info.context is not None and (fault := describe_url_fault(url)):
        raise ValueError(fault)
    return url


Date = Annotated[AwareDatetime, AfterValidator(validate_date)]
Slug = Annotated[str, StringConstraints(max_length=80, pattern=f"^{SLUG}$")]
NoteText = Annotated[
    str,
    StringConstraints(max_length=MAX_NOTE_LENGTH),
    AfterValidator(validate_note_text),
]
WebAddress = Annotated[
    str,
    StringConstraints(max_length=MAX_URL_LENGTH),
    AfterValidator(validate_web_address),
]


# The rows of an import are dataclasses with slots, which take a third of the memory of
# models.


@dataclass(slots=True, kw_only=True)
class StepReference:
    """Identifies a step by its slugs, which are the same on every site."""

    roadmap: Slug
    step: Slug

    @property
    def path(self) -> str:
        """The slugs of roadmap and step, joined by a slash."""
        return f"{self.roadmap}/{self.step}"


@dataclass(slots=True, kw_only=True)
class Progress(StepReference):
    state: Literal["learning", "done", "skipped"]
    started_at: Date
    done_at: Annotated[
        Date | None, Field(description="Set while the state is done.")
    ] = None

    @model_validator(mode="after")
    def check_done_at_matches_state(self) -> Self:
        if (self.state == "done") != (self.done_at is not None):
            raise ValueError(_("Only a step that is done can have the key done_at."))
        return self


@dataclass(slots=True, kw_only=True)
class TickedTopic(StepReference):
    """Ticks have no date."""

    topic: Slug

    @property
    def topic_path(self) -> str:
        return f"{self.path}/{self.topic}"


@dataclass(slots=True, kw_only=True)
class Completion:
    roadmap: Slug
    completed_at: Date


@dataclass(slots=True, kw_only=True)
class Note(StepReference):
    text: Annotated[NoteText, Field(description="Markdown.")]
    saved_at: Date


@dataclass(slots=True, kw_only=True)
class WorkLink(StepReference):
    url: WebAddress
    saved_at: Date


class ImportDocument(BaseModel):
    """The part of the file that an import reads. It ignores the rest."""

    format: Literal["cairn-my-data"]
    version: Literal[1, 2]  # version 1 has no topics, and the first 2 no work links
    progress: list[Annotated[Progress, StopAfterMaxFaults]] = []
    topics: list[Annotated[TickedTopic, StopAfterMaxFaults]] = []
    completions: list[Annotated[Completion, StopAfterMaxFaults]] = []
    notes: list[Annotated[Note, StopAfterMaxFaults]] = []
    work_links: list[Annotated[WorkLink, StopAfterMaxFaults]] = []

    @model_validator(mode="after")
    def check_no_duplicates(self) -> Self:
        for section, paths in (
            ("progress", [row.path for row in self.progress]),
            ("topics", [row.topic_path for row in self.topics]),
            ("completions", [row.roadmap for row in self.completions]),
            ("notes", [row.path for row in self.notes]),
            ("work_links", [row.path for row in self.work_links]),
        ):
            for path, count in Counter(paths).items():
                if count > 1:
                    message = _("%(path)s is in %(section)s more than once.")
                    raise ValueError(message % {"path": path, "section": section})
        return self

    def step_paths(self) -> list[str]:
        """The paths of all steps with progress, a note or a link, each once."""
        rows = [*self.progress, *self.notes, *self.work_links]
        return list(dict.fromkeys(row.path for row in rows))

    def roadmap_slugs(self) -> set[str]:
        roadmaps = {row.roadmap for row in self.completions}
        rows = [*self.progress, *self.topics, *self.notes, *self.work_links]
        return roadmaps | {row.roadmap for row in rows}


class Profile(BaseModel):
    email: str
    name: str
    time_zone: str = Field(description="Empty: use the browser's.")
    theme: str = Field(description="Empty: use the system's.")
    joined_at: datetime
    last_sign_in_at: datetime | None
    has_password: bool
    is_staff: bool
    is_administrator: bool
    groups: list[str]
    permissions: list[str] = Field(description="Permissions that no group grants.")


class EmailAddress(BaseModel):
    address: str
    is_confirmed: bool
    is_primary: bool


class Factor(BaseModel):
    """A second factor without its secret, which would let others sign in."""

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
    user_agent: str = Field(description="The User-Agent header of the browser.")
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
    """A change that the user made in the admin."""

    at: datetime
    what: str
    on: str


class ShownRoadmap(BaseModel):
    """A roadmap on which mentors of a group see the user's progress."""

    roadmap: str
    since: datetime


class GroupSuggestion(BaseModel):
    """A group that the user's organisation suggests."""

    group: str
    role: str
    made_at: datetime
    answered_at: datetime | None = Field(
        description="When the user joined or dismissed."
    )


class Membership(BaseModel):
    group: str
    role: str
    joined_at: datetime
    by_claim: bool = Field(description="Whether it ends with the organisation's claim.")
    wants_email: bool = Field(description="Whether comments are announced by email.")
    shown_roadmaps: list[ShownRoadmap]


class Confirmation(BaseModel):
    """A mentor saw that a step was done. An import ignores it."""

    roadmap: str
    step: str
    group: str
    confirmed_at: datetime
    sentence: str


class ReceivedConfirmation(Confirmation):
    confirmed_by: str | None = Field(description="Null if they have no account.")


class Comment(BaseModel):
    roadmap: str
    step: str
    group: str
    text: str
    written_at: datetime


class ReceivedComment(Comment):
    written_by: str


class GroupInvitation(BaseModel):
    """An invitation to a group that the user made, without its link and code."""

    group: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    max_uses: int | None
    uses: int


class AuditEvent(BaseModel):
    """An event that the user caused, or that concerns them."""

    at: datetime
    action: str
    done_by_user: bool
    concerns_user: bool
    details: dict[str, Any]


class ExportDocument(ImportDocument):
    """Everything that Cairn stores about one user."""

    made_at: datetime
    site: str = Field(description="Name of the site that made the file.")
    profile: Profile
    email_addresses: list[EmailAddress]
    factors: list[Factor]
    linked_accounts: list[LinkedAccount]
    sessions: list[Session]
    devices: list[Device]
    invitations_received: list[Invitation]
    invitations_sent: list[Invitation]
    edits: list[Edit]
    memberships: list[Membership]
    group_suggestions: list[GroupSuggestion]
    confirmations_received: list[ReceivedConfirmation]
    confirmations_given: list[Confirmation]
    comments_received: list[ReceivedComment]
    comments_written: list[Comment]
    group_invitations: list[GroupInvitation]
    audit_events: list[AuditEvent]


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, as stored in docs/my-data.schema.json."""
    return ExportDocument.model_json_schema(mode="serialization") | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
    }
