from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class EditingConfig(AppConfig):
    name = "editing"

    def ready(self) -> None:
        post_migrate.connect(make_groups, sender=apps.get_app_config("roadmaps"))


# What a group may do; nothing of it is about people.
GROUPS = {
    "Editors": [
        *("add_roadmap", "change_roadmap", "view_roadmap"),
        *("add_step", "change_step", "view_step", "delete_step"),
        *("add_resource", "change_resource", "view_resource", "delete_resource"),
    ],
    "Publishers": [
        *("publish_roadmap", "change_roadmap", "view_roadmap", "delete_roadmap"),
        *("view_step", "delete_step", "view_resource", "delete_resource"),
    ],
}


def make_groups(sender: AppConfig, **kwargs: Any) -> None:
    """Make the groups where they are absent; what an operator changed stays so."""
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    create_permissions(**kwargs)  # it may not have had its turn yet
    for name, codenames in GROUPS.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            own = Permission.objects.filter(content_type__app_label=sender.label)
            group.permissions.set(own.filter(codename__in=codenames))
