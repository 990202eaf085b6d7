// Says so when a search fails.
{
  const box = document.getElementById("search_q");

  function showFailure({ detail }) {
    const query = new URL(detail.ctx.request.action, location).searchParams.get("q");
    if (query !== box.value) return; // a newer search replaced this one
    document.getElementById("search_count").textContent = "The search did not answer. Press Enter to try again.";
  }

  box.addEventListener("htmx:response:error", showFailure);
  box.addEventListener("htmx:error", showFailure);
}
