from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")  # the admin's group: see admin_config.py

    def ready(self) -> None:
        # allauth registers the providers of installed apps. Ours is a subclass of one.
        from allauth.socialaccount.providers import registry

        from accounts import deletion, ended_sessions, events  # noqa: F401
        from accounts.openid_connect import site_roles  # noqa: F401
        from accounts.openid_connect.provider import OrganisationProvider

        registry.register(OrganisationProvider)
