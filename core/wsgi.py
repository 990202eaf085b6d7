"""Check what Django reads from a request before any middleware runs.

Django reads the content type while it creates the request. An exception there would
reach the server, which answers 500 without a page, headers or a line in the log.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http.multipartparser import MultiPartParser
from django.http.request import split_domain_port, validate_host
from django.utils.http import parse_header_parameters

from core.setting_parsers import DEFAULT_PORTS

type Environ = dict[str, Any]
type Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

log = structlog.get_logger("cairn.requests")

# Keys in `environ` and `request.META`: what is wrong with the request, whether that is
# its address, and the host that the client or the proxy sent.
FAULT = "cairn.fault"
WRONG_ADDRESS = "cairn.wrong_address"
RECEIVED_HOST = "cairn.received_host"
# Replaces what the client sent in a request that Django cannot create.
HARMLESS = {
    "CONTENT_TYPE": "",
    "HTTP_COOKIE": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    FAULT: "Django cannot create the request",
}


def check_requests(application: Application) -> Application:
    """Mark malformed requests, which `core.middleware.reject_malformed` then refuses.

    The faulty header is replaced by a harmless value, so that middleware and the error
    page can run. All of Cairn sees the host of SITE_URL, whatever the client sent.
    """

    def wrapper(
        environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if fault := find_content_type_fault(environ.get("CONTENT_TYPE", "")):
            environ |= {FAULT: fault, "CONTENT_TYPE": ""}
        if settings.SITE_URL:
            refuse_wrong_address(environ)
            environ[RECEIVED_HOST] = environ.get("HTTP_HOST", "")
            environ["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        try:
            return application(environ, start_response)
        except Exception:
            # Django's middleware handles all other exceptions.
            structlog.contextvars.clear_contextvars()
            log.exception("request_not_created")
            return application(environ | HARMLESS, start_response)

    return wrapper


def find_content_type_fault(content_type: str) -> str | None:
    """Return what is wrong with the type of a body that Django would parse as a form.

    Forms are in UTF-8: browsers send them in the encoding of the page.
    """
    try:
        media_type, parameters = parse_header_parameters(content_type)
    except (LookupError, ValueError):
        return "the content type is malformed"
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        return "the charset is not UTF-8"
    if media_type == "multipart/form-data":
        boundary = parameters.get("boundary", "")
        if not (
            content_type.isascii() and MultiPartParser.boundary_re.fullmatch(boundary)
        ):
            return "the form has no valid boundary"
    return None


def refuse_wrong_address(environ: Environ) -> None:
    """Mark a request that does not have the scheme, host and path of SITE_URL."""
    if fault := find_scheme_fault(environ):
        # Otherwise Django would redirect to HTTPS, perhaps again and again.
        environ |= {"wsgi.url_scheme": "https", "HTTP_X_FORWARDED_PROTO": "https"}
    fault = (
        fault
        or find_host_fault(environ.get("HTTP_HOST", ""))
        or find_prefix_fault(environ)
    )
    if fault:
        environ |= {FAULT: fault, WRONG_ADDRESS: True}


def find_scheme_fault(environ: Environ) -> str | None:
    """Return why Cairn would take this for plain HTTP, if redirecting would not help.

    Without HTTPS, browsers do not send the cookies that signing in needs.
    """
    if not settings.SITE_URL.startswith("https:"):
        return None
    if not settings.BEHIND_TLS_PROXY:
        if environ["wsgi.url_scheme"] == "https":
            return None
        return (
            f"it came by plain HTTP, but SITE_URL is {settings.SITE_URL}. Behind a "
            "proxy with TLS, set BEHIND_TLS_PROXY=true"
        )
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO")
    if forwarded is None:
        return "the proxy sends no X-Forwarded-Proto, but BEHIND_TLS_PROXY is true"
    # Browsers send this header over HTTPS and to localhost only.
    is_https = "HTTP_SEC_FETCH_SITE" in environ
    if is_https and forwarded.partition(",")[0].strip() != "https":
        return f"X-Forwarded-Proto is {forwarded[:100]!r}, but the browser uses HTTPS"
    return None


def find_prefix_fault(environ: Environ) -> str | None:
    """Return what tells that Cairn is served below a path, which it does not support.

    Its links and styles would lead to the root of the host.
    """
    for name, prefix in (
        ("SCRIPT_NAME", environ.get("SCRIPT_NAME")),
        ("X-Forwarded-Prefix", environ.get("HTTP_X_FORWARDED_PREFIX")),
        ("X-Script-Name", environ.get("HTTP_X_SCRIPT_NAME")),
    ):
        if prefix and prefix.strip("/"):
            return (
                f"{name} is {prefix[:100]!r}, but Cairn cannot be served below a path. "
                "Give it a host name of its own"
            )
    return None


def find_host_fault(host: str) -> str | None:
    """Return what is wrong with the host and port that the client asked for.

    A host of ALLOWED_HOSTS may have any port, the host of SITE_URL only the site's.
    """
    site = urlsplit(settings.SITE_URL)
    site_domain, site_port = split_domain_port(site.netloc)
    domain, port = split_domain_port(host)
    if domain and domain == site_domain:
        default_port = str(DEFAULT_PORTS[site.scheme])
        is_allowed = (port or default_port) == (site_port or default_port)
    else:
        is_allowed = bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
    if is_allowed:
        return None
    return f"the host is {host[:100]!r}, but SITE_URL is {settings.SITE_URL}"
