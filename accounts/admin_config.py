from django.contrib.admin import apps as admin


class AdminConfig(admin.AdminConfig):
    default_site = "accounts.admin_site.AdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialApp, SocialToken
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site

        from accounts.admin_site import FactorAdmin

        # Keys are in the environment, tokens are not kept, sessions are their owner's.
        site.unregister([Authenticator, SocialApp, SocialToken, UserSession])
        site.register(Authenticator, FactorAdmin)
