"""The page under `/search/`."""

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import HtmxRequest
from search.query import Query
from search.results import MAX_PER_KIND, find_results


@require_safe
# Otherwise the Back button might show the partial for htmx instead of the page.
@vary_on_headers("HX-Request")
def search(request: HtmxRequest) -> HttpResponse:
    query = Query(request.GET.get("q", ""))
    results = find_results(query, request.user)
    count_by_kind = Counter(result.kind for result in results)
    context = {
        "query": query,
        "results": results,
        "is_truncated": MAX_PER_KIND in count_by_kind.values(),
        "max_per_kind": MAX_PER_KIND,
    }
    partial = "#search_response" if request.htmx else ""
    return render(request, f"search/search.html{partial}", context)
