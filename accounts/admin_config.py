from django.contrib.admin import apps as admin


class AdminConfig(admin.AdminConfig):
    default_site = "accounts.admin_site.AdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialApp, SocialToken
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site

        from accounts.admin_site import AuthenticatorAdmin

        # Provider keys are settings, tokens are not stored, and sessions are private.
        site.unregister([Authenticator, SocialApp, SocialToken, UserSession])
        site.register(Authenticator, AuthenticatorAdmin)
