"""The page under `/search/`."""

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import HtmxRequest
from search import results
from search.query import Query


@require_safe
# Without this, the Back button might show the answer to htmx as if it were the page.
@vary_on_headers("HX-Request")
def search(request: HtmxRequest) -> HttpResponse:
    query = Query(request.GET.get("q", ""))
    found = results.search(query, request.user)
    count_by_kind = Counter(result.kind for result in found)
    context = {
        "query": query,
        "results": found,
        "is_cut": results.MAX_PER_KIND in count_by_kind.values(),
        "max_per_kind": results.MAX_PER_KIND,
    }
    partial = "#search_response" if request.htmx else ""
    return render(request, f"search/search.html{partial}", context)
