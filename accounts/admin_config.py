from django.apps import apps
from django.contrib.admin import apps as admin

# The admin's group for each library's app, by the app's label. Apps with the same
# verbose name are one group: `AdminSite.get_app_list`.
GROUPS = {
    "account": "People",
    "auth": "People",
    "mfa": "People",
    "socialaccount": "People",
    "django_tasks_database": "System",
}


class AdminConfig(admin.AdminConfig):
    default_site = "accounts.admin_site.AdminSite"

    def ready(self) -> None:
        super().ready()
        for label, group in GROUPS.items():
            apps.get_app_config(label).verbose_name = group
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site

        from accounts import admin_models

        # Provider keys are settings, tokens are not stored, and sessions are private.
        site.unregister([SocialApp, SocialToken, UserSession])
        site.unregister([Authenticator, EmailAddress, SocialAccount])
        site.register(Authenticator, admin_models.AuthenticatorAdmin)
        site.register(EmailAddress, admin_models.EmailAddressAdmin)
        site.register(SocialAccount, admin_models.SocialAccountAdmin)
