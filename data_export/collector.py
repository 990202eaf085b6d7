"""Reads everything that Cairn stores about a user, in a fixed number of queries."""

from typing import Any

from allauth.account import models as account
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.audit import AuditEvent
from accounts.devices import browser_name
from accounts.models import Invitation, User
from data_export import document
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from groups.invitations import Invitation as GroupInvitation
from groups.models import Membership
from groups.suggestions import Suggestion
from progress.models import Completion, StepProgress
from progress.notes import Note
from roadmaps.models import LARGE_FIELDS, Step

ACTIONS = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


def collect(user: User) -> document.ExportDocument:
    return document.ExportDocument(
        format=document.FORMAT,
        version=document.VERSION,
        made_at=timezone.now(),
        site=settings.SITE_NAME,
        profile=profile(user),
        email_addresses=email_addresses(user),
        factors=factors(user),
        linked_accounts=linked_accounts(user),
        sessions=sessions(user),
        devices=devices(user),
        invitations_received=invitations_received(user),
        invitations_sent=invitations_sent(user),
        edits=edits(user),
        progress=progress(user),
        topics=topics(user),
        completions=completions(user),
        notes=notes(user),
        work_links=work_links(user),
        memberships=memberships(user),
        group_suggestions=group_suggestions(user),
        confirmations_received=confirmations_received(user),
        confirmations_given=confirmations_given(user),
        comments_received=comments_received(user),
        comments_written=comments_written(user),
        group_invitations=group_invitations(user),
        audit_events=audit_events(user),
    )


def profile(user: User) -> document.Profile:
    return document.Profile(
        email=user.email,
        name=user.name,
        time_zone=user.time_zone,
        theme=user.theme,
        joined_at=user.date_joined,
        last_sign_in_at=user.last_login,
        has_password=user.has_usable_password(),
        is_staff=user.is_staff,
        is_administrator=user.is_superuser,
        groups=list(user.groups.order_by("name").values_list("name", flat=True)),
        permissions=list(map(str, user.user_permissions.all())),
    )


def email_addresses(user: User) -> list[document.EmailAddress]:
    return [
        document.EmailAddress(
            address=row.email, is_confirmed=row.verified, is_primary=row.primary
        )
        for row in account.EmailAddress.objects.filter(user=user).order_by("pk")
    ]


def factors(user: User) -> list[document.Factor]:
    return [
        document.Factor(
            kind=row.type,
            name=str(row),
            added_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in Authenticator.objects.filter(user=user).order_by("pk")
    ]


def linked_accounts(user: User) -> list[document.LinkedAccount]:
    return [
        document.LinkedAccount(
            provider=row.provider,
            identity=row.uid,
            linked_at=row.date_joined,
            last_used_at=row.last_login,
            told_by_provider=row.extra_data,
        )
        for row in SocialAccount.objects.filter(user=user).order_by("pk")
    ]


def sessions(user: User) -> list[document.Session]:
    return [
        document.Session(
            browser=browser_name(row.user_agent),
            user_agent=row.user_agent,
            ip_address=row.ip,
            begun_at=row.created_at,
            last_seen_at=row.last_seen_at,
        )
        for row in UserSession.objects.filter(user=user).order_by("pk")
    ]


def devices(user: User) -> list[document.Device]:
    return [
        document.Device(name=row.name, first_seen_at=row.first_seen_at)
        for row in user.devices.order_by("pk")
    ]


def invitations_received(user: User) -> list[document.Invitation]:
    addresses = account.EmailAddress.objects.filter(user=user).values("email")
    return list(map(invitation, Invitation.objects.filter(address__in=addresses)))


def invitations_sent(user: User) -> list[document.Invitation]:
    return list(map(invitation, user.invitations.order_by("pk")))


def invitation(row: Invitation) -> document.Invitation:
    return document.Invitation(
        address=row.address, invited_at=row.invited_at, used_at=row.used_at
    )


def edits(user: User) -> list[document.Edit]:
    log_entries = LogEntry.objects.filter(user=user).select_related("content_type")
    return [
        document.Edit(
            at=row.action_time,
            what=ACTIONS[row.action_flag],
            on=f"{row.content_type or 'something'}: {row.object_repr}",
        )
        for row in log_entries.order_by("pk")
    ]


def progress(user: User) -> list[document.Progress]:
    rows = with_steps(StepProgress.objects.filter(user=user))
    return [
        document.Progress(
            **slugs(row.step),
            state=row.state,  # type: ignore[arg-type]  # validated here
            started_at=row.started_at,
            done_at=row.done_at,
        )
        for row in rows.order_by("step__roadmap", "step__position", "step")
    ]


def topics(user: User) -> list[document.TickedTopic]:
    rows = user.topic_checks.order_by(
        "topic__step__roadmap", "topic__step__position", "topic__position", "topic"
    ).values_list("topic__step__roadmap__slug", "topic__step__slug", "topic__slug")
    return [
        document.TickedTopic(roadmap=roadmap, step=step, topic=topic)
        for roadmap, step, topic in rows
    ]


def completions(user: User) -> list[document.Completion]:
    rows = Completion.objects.filter(user=user).select_related("roadmap")
    return [
        document.Completion(roadmap=row.roadmap.slug, completed_at=row.completed_at)
        for row in rows.order_by("completed_at", "roadmap")
    ]


def notes(user: User) -> list[document.Note]:
    return [
        document.Note(**slugs(row.step), text=row.text, saved_at=row.saved_at)
        for row in Note.objects.for_user(user)
    ]


def work_links(user: User) -> list[document.WorkLink]:
    rows = with_steps(WorkLink.objects.filter(user=user))
    return [
        document.WorkLink(**slugs(row.step), url=row.url, saved_at=row.saved_at)
        for row in rows.order_by("step__roadmap", "step__position", "step")
    ]


def memberships(user: User) -> list[document.Membership]:
    shown = "shared_roadmaps__assignment__roadmap"
    rows = Membership.objects.filter(user=user).select_related("group")
    return [
        document.Membership(
            group=row.group.name,
            role=row.role,
            joined_at=row.joined_at,
            by_claim=row.by_claim,
            wants_email=row.wants_email,
            shown_roadmaps=[
                document.ShownRoadmap(
                    roadmap=each.assignment.roadmap.slug, since=each.agreed_at
                )
                for each in row.shared_roadmaps.all()
            ],
        )
        for row in rows.prefetch_related(shown).order_by("joined_at", "pk")
    ]


def group_suggestions(user: User) -> list[document.GroupSuggestion]:
    rows = Suggestion.objects.filter(user=user).select_related("group")
    return [
        document.GroupSuggestion(
            group=row.group.name,
            role=row.role,
            made_at=row.made_at,
            answered_at=row.answered_at,
        )
        for row in rows.order_by("made_at", "pk")
    ]


def confirmations_received(user: User) -> list[document.ReceivedConfirmation]:
    rows = with_steps(Confirmation.objects.filter(user=user))
    return [
        document.ReceivedConfirmation(
            **confirmation(row),
            confirmed_by=row.confirmed_by.visible_name if row.confirmed_by else None,
        )
        for row in rows.select_related("confirmed_by")
    ]


def confirmations_given(user: User) -> list[document.Confirmation]:
    """The user's own acts as a mentor, without the names of the members."""
    rows = with_steps(Confirmation.objects.filter(confirmed_by=user))
    return [document.Confirmation(**confirmation(row)) for row in rows]


def confirmation(row: Confirmation) -> dict[str, Any]:
    return {
        **slugs(row.step),
        "group": row.group_name,
        "confirmed_at": row.confirmed_at,
        "sentence": row.sentence,
    }


def comments_received(user: User) -> list[document.ReceivedComment]:
    rows = with_steps(Comment.objects.filter(member=user).exclude(author=user))
    return [
        document.ReceivedComment(**comment(row), written_by=row.author.visible_name)
        for row in rows.select_related("author", "group")
    ]


def comments_written(user: User) -> list[document.Comment]:
    rows = with_steps(Comment.objects.filter(author=user))
    return [document.Comment(**comment(row)) for row in rows.select_related("group")]


def comment(row: Comment) -> dict[str, Any]:
    return {
        **slugs(row.step),
        "group": row.group.name,
        "text": row.text,
        "written_at": row.written_at,
    }


def group_invitations(user: User) -> list[document.GroupInvitation]:
    rows = GroupInvitation.objects.filter(created_by=user).select_related("group")
    return [
        document.GroupInvitation(
            group=row.group.name,
            role=row.role,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            max_uses=row.max_uses,
            uses=row.uses,
        )
        for row in rows.order_by("pk")
    ]


def audit_events(user: User) -> list[document.AuditEvent]:
    rows = AuditEvent.objects.filter(Q(actor=user) | Q(person=user))
    return [
        document.AuditEvent(
            at=row.at,
            action=row.action,
            done_by_user=row.actor_id == user.pk,
            concerns_user=row.person_id == user.pk,
            details=row.details,
        )
        for row in rows.order_by("pk")
    ]


def with_steps[Row: Model](rows: QuerySet[Row]) -> QuerySet[Row]:
    """Read each row's step and roadmap too, but not their texts."""
    large = [f"step__{name}" for name in LARGE_FIELDS]
    return rows.select_related("step__roadmap").defer(*large)


def slugs(step: Step) -> dict[str, str]:
    return {"roadmap": step.roadmap.slug, "step": step.slug}
