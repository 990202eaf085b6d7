// Reports marks that were not saved and offers to send them again. Refreshes the page
// when it may be out of date.
if (document.querySelector("[hx-trigger=fresh]")) {
  const content = document.querySelector("[hx-trigger=fresh]");
  const alert = document.getElementById("page_alert");
  const unsaved = new Map(); // region: URL of the request, and status that it failed with
  let lastRegion; // where a button was clicked last

  const REASONS = {
    401: "You are signed out.",
    403: "Your browser did not say that the request comes from this site.",
    404: "The step is no longer on this roadmap.",
    429: "That was a lot at once; please wait a moment.",
    503: "The database does not answer just now.",
  };

  const isMarkButton = (element) => content.contains(element) && element.matches("button");
  const regionOf = (button) => button.closest(".step, main"); // a row, or a step's own page

  function reasonFor(status) {
    if (status) return REASONS[status] ?? "Something broke on our side.";
    return navigator.onLine ? "The server did not answer." : "You are offline.";
  }

  function createElement(name, children, properties) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  function showAlert() {
    const last = [...unsaved].at(-1);
    if (!last) return alert.replaceChildren();
    const [region, { status }] = last;
    const title = createElement("bdi", [region.querySelector("h1, h2").textContent]);
    const what = unsaved.size > 1 ? [unsaved.size, " steps were"] : [title, " was"];
    const next = location.pathname + (region.matches(".step") ? `#${region.id}` : "");
    const href = `/accounts/login/?next=${encodeURIComponent(next)}`;
    alert.replaceChildren(
      createElement("span", [...what, ` not saved. ${reasonFor(status)}`]),
      status === 401
        ? createElement("a", ["Sign in to go on with ", title.cloneNode(true)], { href })
        : createElement("button", ["Try again"], { type: "button", onclick: retry }),
    );
  }

  function retry() {
    const requests = [...unsaved];
    unsaved.clear();
    showAlert();
    (requests.at(-1)[0].querySelector("button") ?? content).focus();
    for (const [region, { action }] of requests) {
      htmx.ajax("POST", action, { source: region.querySelector("[hx-post]"), swap: "none" });
    }
  }

  // A `status` of 0 means that no response came. The mark may have been saved anyway.
  function handleFailure({ target, detail }, status) {
    if (target.matches?.("[role=search]")) {
      alert.replaceChildren(createElement("span", [`Not searched. ${reasonFor(status)}`]));
    }
    if (!isMarkButton(target)) return;
    const region = regionOf(target);
    unsaved.delete(region); // the latest failure comes last in the map
    unsaved.set(region, { action: detail.ctx.request.action, status });
    showAlert();
    if (!status) refresh();
  }

  const refresh = () => document.visibilityState === "visible" && htmx.trigger(content, "fresh");

  document.addEventListener("htmx:response:error", (event) => handleFailure(event, event.detail.ctx.response.status));
  document.addEventListener("htmx:error", (event) => handleFailure(event, 0));
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.response.status >= 400) return;
    for (const [region, { action }] of unsaved) {
      const isUnsaved = region.querySelector(`[hx-post="${action}"]:not([aria-pressed=true])`);
      if (!isUnsaved) unsaved.delete(region); // the refreshed page shows that it was saved
    }
    showAlert();
    // An undo button disappears when it is used. Focus the step's control instead.
    if (document.activeElement === document.body) lastRegion?.querySelector(".station, [aria-pressed=true]")?.focus();
  });

  // The second click of a double click could hit the updated button and undo the first.
  content.addEventListener("click", (event) => {
    lastRegion = regionOf(event.target);
    if (event.detail > 1) event.preventDefault(), event.stopImmediatePropagation();
  }, true);

  // So could an Enter key that is held down.
  content.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter" && isMarkButton(event.target)) event.preventDefault();
  });

  document.addEventListener("visibilitychange", refresh);
  addEventListener("online", refresh);
  addEventListener("pageshow", (event) => event.persisted && refresh());
}
