from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from editing.permissions import create_groups


class EditingConfig(AppConfig):
    name = "editing"

    def ready(self) -> None:
        from editing.group_feedback import copy_feedback
        from progress.step_copies import people_copied

        people_copied.connect(copy_feedback)
        post_migrate.connect(create_groups, sender=apps.get_app_config("roadmaps"))
