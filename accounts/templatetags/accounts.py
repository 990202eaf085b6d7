"""What the account pages say."""

from urllib.parse import quote

from allauth.account.internal.stagekit import unstash_login
from allauth.socialaccount.providers import registry
from django import template

from accounts.providers import configured

register = template.Library()


@register.simple_tag
def providers() -> list[tuple[str, str]]:
    return [(provider.id, provider.name) for provider in configured()]


@register.simple_tag(takes_context=True)
def landing(context: template.RequestContext) -> str | None:
    """Where the sign-in that is under way is to end, also on a page in its midst."""
    if stated := context.get("redirect_field_value"):
        return str(stated)
    login = unstash_login(context["request"], peek=True)
    return login.redirect_url if login else None


@register.filter
def provider_name(provider: str) -> str:
    """What people call it, also where its keys are no longer set."""
    known = registry.get_class(provider)  # type: ignore[no-untyped-call]
    return str(known.name) if known else provider


@register.filter
def as_text_file(lines: list[str]) -> str:
    """The address of a text file that holds its own lines."""
    return "data:text/plain;charset=utf-8," + quote("\n".join([*lines, ""]))
