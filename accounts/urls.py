"""The part of allauth that Cairn uses so far, under allauth's own names."""

from allauth.account import views
from django.db import transaction
from django.urls import path

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    # One transaction: when the mail cannot be sent, no half-made account is left.
    path("signup/", transaction.atomic(views.signup), name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path(
        "confirm-email/",
        views.email_verification_sent,
        name="account_email_verification_sent",
    ),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path(
        "password/reset/confirm/",
        views.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        views.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
]
