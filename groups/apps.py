from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    verbose_name = _("People")  # the admin's group: see accounts/admin_config.py

    def ready(self) -> None:
        from groups import claims, deletion  # noqa: F401
