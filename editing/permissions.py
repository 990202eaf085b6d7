"""The groups that editors and publishers belong to, and what each may do."""

from typing import Any

from django.apps import AppConfig

PUBLISH_ROADMAP = "roadmaps.publish_roadmap"

# No group has any permission on people.
GROUPS = {
    "Editors": [
        *("add_roadmap", "change_roadmap", "view_roadmap"),
        *("add_step", "change_step", "view_step", "delete_step"),
        *("add_section", "change_section", "view_section", "delete_section"),
        *("add_topic", "change_topic", "view_topic", "delete_topic"),
        *("add_question", "change_question", "view_question", "delete_question"),
        *("add_donewhen", "change_donewhen", "view_donewhen", "delete_donewhen"),
        *("add_resource", "change_resource", "view_resource", "delete_resource"),
        *("add_synonym", "change_synonym", "view_synonym", "delete_synonym"),
    ],
    "Publishers": [
        *("publish_roadmap", "change_roadmap", "view_roadmap", "delete_roadmap"),
        *("view_step", "delete_step", "view_resource", "delete_resource"),
        *("view_section", "delete_section", "view_topic", "delete_topic"),
        *("view_question", "delete_question", "view_donewhen", "delete_donewhen"),
    ],
}


def create_groups(sender: AppConfig, **kwargs: Any) -> None:
    """Create the groups in a new database. Later, they are what people made of them.

    Receives `post_migrate`, with the app of the roadmaps as its sender.
    """
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    from editing.new_database import is_new_database

    if not is_new_database():
        return
    create_permissions(**kwargs)  # Django's own receiver may run after this one
    for name, codenames in GROUPS.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            own = Permission.objects.filter(content_type__app_label=sender.label)
            group.permissions.set(own.filter(codename__in=codenames))
