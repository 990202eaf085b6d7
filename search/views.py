"""The page under `/search/`."""

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import HtmxRequest
from search.query import Query
from search.results import MOST_OF_A_KIND, best


@require_safe
@vary_on_headers("HX-Request")  # or Back might show a part as if it were the page
def search(request: HtmxRequest) -> HttpResponse:
    query = Query(request.GET.get("q", ""))
    hits = best(query, request.user)
    kinds = Counter(hit.kind for hit in hits)
    context = {
        "query": query,
        "hits": hits,
        "is_cut": MOST_OF_A_KIND in kinds.values(),
        "most_of_a_kind": MOST_OF_A_KIND,
    }
    part = "#found" if request.htmx else ""
    return render(request, f"search/search.html{part}", context)
