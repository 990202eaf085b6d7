// What the search's attributes cannot do alone: own up when no answer came.
{
  const box = document.getElementById("search_q");

  function ownUp({ detail }) {
    const asked = new URL(detail.ctx.request.action, location).searchParams.get("q");
    if (asked !== box.value) return; // nobody waits for that any more
    document.getElementById("search_count").textContent = "The search did not answer. Press Enter to try again.";
  }

  box.addEventListener("htmx:response:error", ownUp);
  box.addEventListener("htmx:error", ownUp);
}
