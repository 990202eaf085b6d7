// What htmx leaves to us: owning up to what was not saved, and staying fresh.
if (document.querySelector("[hx-trigger=fresh]")) {
  const marks = document.querySelector("[hx-trigger=fresh]");
  const alert = document.getElementById("page_alert");
  const unsaved = new Map(); // by place: what was wanted, and why it failed
  let pressed; // the place of the button that was pressed last

  const REASONS = {
    401: "You are signed out.",
    403: "Your browser did not say that the request comes from this site.",
    404: "The step is no longer on this roadmap.",
    429: "That was a lot at once; please wait a moment.",
    503: "The database does not answer just now.",
  };

  const isMark = (element) => marks.contains(element) && element.matches("button");
  const placeOf = (button) => button.closest(".step, main"); // a row, or a step's page

  function reason(status) {
    if (status) return REASONS[status] ?? "Something broke on our side.";
    return navigator.onLine ? "The server did not answer." : "You are offline.";
  }

  function element(name, text, properties) {
    return Object.assign(document.createElement(name), { textContent: text, ...properties });
  }

  function tell() {
    const last = [...unsaved].at(-1);
    if (!last) return alert.replaceChildren();
    const [place, { status }] = last;
    const title = place.querySelector("h1, h2").textContent;
    const what = unsaved.size > 1 ? `${unsaved.size} steps were not saved.` : `${title} was not saved.`;
    const next = location.pathname + (place.matches(".step") ? `#${place.id}` : "");
    alert.replaceChildren(
      element("span", `${what} ${reason(status)}`),
      status === 401
        ? element("a", `Sign in to go on with ${title}`, { href: `/accounts/login/?next=${encodeURIComponent(next)}` })
        : element("button", "Try again", { type: "button", onclick: retry }),
    );
  }

  function retry() {
    const wanted = [...unsaved];
    unsaved.clear();
    tell();
    (wanted.at(-1)[0].querySelector("button") ?? marks).focus();
    for (const [place, { action }] of wanted) {
      htmx.ajax("POST", action, { source: place.querySelector("[hx-post]"), swap: "none" });
    }
  }

  // `status` is 0 when there was no answer at all: perhaps it is stored all the same.
  function failed({ target, detail }, status) {
    if (target.matches?.("[role=search]")) alert.replaceChildren(element("span", `Not searched. ${reason(status)}`));
    if (!isMark(target)) return;
    const place = placeOf(target);
    unsaved.delete(place); // the last one that failed comes last
    unsaved.set(place, { action: detail.ctx.request.action, status });
    tell();
    if (!status) refresh();
  }

  const refresh = () => document.visibilityState === "visible" && htmx.trigger(marks, "fresh");

  document.addEventListener("htmx:response:error", (event) => failed(event, event.detail.ctx.response.status));
  document.addEventListener("htmx:error", (event) => failed(event, 0));
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.response.status >= 400) return;
    for (const [place, { action }] of unsaved) {
      const isStill = place.querySelector(`[hx-post="${action}"]:not([aria-pressed=true])`);
      if (!isStill) unsaved.delete(place); // it was stored after all, or by now
    }
    tell();
    // A button that put a step back is gone with its offer: the control is next of kin.
    if (document.activeElement === document.body) pressed?.querySelector(".station, [aria-pressed=true]")?.focus();
  });

  // A second click of a double one meets the answer to the first, and would undo it.
  marks.addEventListener("click", (event) => {
    pressed = placeOf(event.target);
    if (event.detail > 1) event.preventDefault(), event.stopImmediatePropagation();
  }, true);

  document.addEventListener("visibilitychange", refresh);
  addEventListener("online", refresh);
  addEventListener("pageshow", (event) => event.persisted && refresh());
}
