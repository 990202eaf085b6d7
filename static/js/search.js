// Says so when a search fails.
{
  const form = document.querySelector("form.search");
  const box = document.getElementById("search_q");

  function showFailure({ detail }) {
    const query = new URL(detail.ctx.request.action, location).searchParams.get("q");
    if (query !== box.value) return; // a newer search replaced this one
    document.getElementById("search_count").textContent = form.dataset.failure;
  }

  form.addEventListener("htmx:response:error", showFailure);
  form.addEventListener("htmx:error", showFailure);
}
