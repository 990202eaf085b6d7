"""The page under `/search/`, and the results that the box over every page shows."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import HtmxRequest
from search.query import Query
from search.results import Kind, find_results

# What results can be narrowed to.
TYPES = {
    Kind.ROADMAP: _("Roadmaps"),
    Kind.STEP: _("Steps"),
    Kind.TOPIC: _("Topics"),
    Kind.QUESTION: _("Questions"),
    Kind.RESOURCE: _("Resources"),
    Kind.NOTE: _("Notes"),
}


@require_safe
# Otherwise the Back button might show the partial for htmx instead of the page.
@vary_on_headers("HX-Request")
def search(request: HtmxRequest) -> HttpResponse:
    query = Query(request.GET.get("q", ""))
    types = [
        (kind.slug, name)
        for kind, name in TYPES.items()
        if kind != Kind.NOTE or request.user.is_authenticated
    ]
    kinds = {kind.slug: kind for kind in Kind}
    kind = kinds.get(request.GET.get("type", ""))
    context = {
        "query": query,
        "types": types,
        "kind": kind.slug if kind else "",
        "results": find_results(query, request.user, kind),
    }
    partial = "#search_response" if request.htmx else ""
    return render(request, f"search/search.html{partial}", context)


@require_safe
def options(request: HtmxRequest) -> HttpResponse:
    """The results as the options of a combobox: static/js/search-dialog.js."""
    query = Query(request.GET.get("q", ""))
    context = {"query": query, "results": find_results(query, request.user)}
    return render(request, "search/search.html#options", context)
