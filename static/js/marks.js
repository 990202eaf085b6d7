// Reports marks that were not saved and offers to send them again. Refreshes the page
// when it may be out of date.
if (document.querySelector("[hx-trigger=fresh]")) {
  const content = document.querySelector("[hx-trigger=fresh]");
  const alert = document.getElementById("page_alert");
  const unsaved = new Map(); // region: URL of the request, and status that it failed with
  let lastPlace; // where a button was clicked last: a row, or a form of a step's own page
  let lastControl; // what gets the focus if that button disappears

  const text = alert.dataset; // what it can say, in the page's language
  const isMarkButton = (element) => element.matches("[formaction]");
  const regionOf = (button) => button.closest(".step, .topic, .step-page"); // a row, a topic, or a step's own page

  function reasonFor(status) {
    if (status) return text[status] ?? text.error;
    return navigator.onLine ? text.unreachable : text.offline;
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
    const titles = [...unsaved.keys()].flatMap((each) => [
      " ",
      createElement("bdi", [each.querySelector("h1, h2, h3").textContent]),
      each === region ? "." : ",",
    ]);
    const next = location.pathname + (region.id && `#${region.id}`);
    const href = `/accounts/login/?next=${encodeURIComponent(next)}`;
    alert.replaceChildren(
      createElement("span", [text.unsaved, ...titles, ` ${reasonFor(status)}`]),
      status === 401
        ? createElement("a", [text.signIn], { href })
        : createElement("button", [text.retry], { type: "button", onclick: retry }),
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
      alert.replaceChildren(createElement("span", [`${text.unsearched} ${reasonFor(status)}`]));
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
    // Some buttons disappear when they are used. Focus another, but not the opposite.
    if (document.activeElement === document.body) lastPlace?.querySelector(lastControl)?.focus();
    if (document.querySelector(".just")) document.activeElement.scrollIntoView({ block: "nearest" });
  });

  // The second click of a double click could hit the updated button and undo the first.
  document.addEventListener("click", (event) => {
    if (!regionOf(event.target)) return;
    lastPlace = event.target.closest(".step, form");
    lastControl = event.target.closest(".actions") ? ".more summary" : ".station, .main-action, .topic:last-child .check";
    if (event.detail > 1) event.preventDefault(), event.stopImmediatePropagation();
  }, true);

  // So could an Enter key that is held down.
  document.addEventListener("keydown", (event) => {
    if (!event.repeat || event.key !== "Enter" || !regionOf(event.target)) return;
    if (event.target.matches("button, a")) event.preventDefault();
  });

  document.addEventListener("visibilitychange", refresh);
  addEventListener("online", refresh);
  addEventListener("pageshow", (event) => event.persisted && refresh());
}
