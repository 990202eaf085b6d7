from django.urls import path

import core.url_converters  # noqa: F401, registers `bigint`
from groups.views import (
    assignments,
    feedback,
    group,
    invitations,
    joining,
    mentor,
    overview,
    people,
    settings,
)

app_name = "groups"
group_settings = "<bigint:group_id>/settings/"
member = "<bigint:group_id>/members/<bigint:membership_id>/"
urlpatterns = [
    path("", overview.index, name="index"),
    path("new/", overview.create, name="create"),
    path("join/", joining.enter_code, name="enter_code"),
    path("join/<str:token>/", joining.join, name="join"),
    path("<bigint:group_id>/", group.group, name="group"),
    path(group_settings, settings.settings, name="settings"),
    path(f"{group_settings}delete/", settings.delete, name="delete"),
    path(
        f"{group_settings}roadmaps/<bigint:assignment_id>/",
        assignments.edit,
        name="assignment",
    ),
    path(
        f"{group_settings}roadmaps/<bigint:assignment_id>/remove/",
        assignments.remove,
        name="unassign",
    ),
    path(
        f"{group_settings}invitations/<bigint:invitation_id>/revoke/",
        invitations.revoke,
        name="revoke",
    ),
    path(
        f"{group_settings}people/<bigint:membership_id>/",
        people.edit,
        name="person",
    ),
    path(
        f"{group_settings}people/<bigint:membership_id>/remove/",
        people.remove,
        name="remove_person",
    ),
    path("<bigint:group_id>/join/", joining.join_suggested, name="join_suggested"),
    path("<bigint:group_id>/dismiss/", joining.dismiss, name="dismiss"),
    path("<bigint:group_id>/sharing/", joining.sharing, name="sharing"),
    path("<bigint:group_id>/leave/", joining.leave, name="leave"),
    path("<bigint:group_id>/progress.csv", mentor.download, name="csv"),
    path(member, mentor.member, name="member"),
    path(f"{member}confirm/<bigint:step_id>/", feedback.confirm, name="confirm"),
    path(
        f"{member}withdraw/<bigint:step_id>/",
        feedback.withdraw_confirmation,
        name="withdraw_confirmation",
    ),
    path(f"{member}comments/<bigint:step_id>/", feedback.comment, name="comment"),
    path("<bigint:group_id>/replies/<bigint:step_id>/", feedback.reply, name="reply"),
    path("<bigint:group_id>/email/", feedback.choose_email, name="choose_email"),
    path(
        "comments/<bigint:comment_id>/delete/",
        feedback.delete_comment,
        name="delete_comment",
    ),
    path("work/<bigint:step_id>/", feedback.work_link, name="work_link"),
]
