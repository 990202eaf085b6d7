// What htmx leaves to us: owning up to what was not saved, and staying fresh.
{
  const marks = document.querySelector("[hx-trigger=fresh]");
  const alert = document.getElementById("page_alert");
  const place = (button) => button.closest(".step, main"); // a row, or a step's page
  const unsaved = new Map(); // by place: the button that was pressed and its address

  const REASONS = {
    401: "You are signed out.",
    403: "Your browser did not say that the request comes from this site.",
    404: "The step is no longer on this roadmap.",
    429: "That was a lot at once; please wait a moment.",
    503: "The database does not answer just now.",
  };

  function reason(status) {
    if (status) return REASONS[status] ?? "Something broke on our side.";
    return navigator.onLine ? "The server did not answer." : "You are offline.";
  }

  function element(name, text, properties) {
    return Object.assign(document.createElement(name), { textContent: text, ...properties });
  }

  function tell(status) {
    const places = [...unsaved.keys()];
    const title = places[0].querySelector("h1, h2").textContent;
    const what = places.length > 1 ? `${places.length} steps were not saved.` : `${title} was not saved.`;
    const row = places.at(-1).matches(".step") ? `#${places.at(-1).id}` : "";
    const next = encodeURIComponent(location.pathname + row);
    alert.replaceChildren(
      element("span", `${what} ${reason(status)}`),
      status === 401
        ? element("a", "Sign in to go on", { href: `/accounts/login/?next=${next}` })
        : element("button", "Try again", { type: "button", onclick: retry }),
    );
  }

  function retry() {
    const wanted = [...unsaved.values()];
    unsaved.clear();
    alert.replaceChildren();
    wanted.at(-1).button.focus();
    for (const { button, action } of wanted) {
      htmx.ajax("POST", action, { source: button, swap: "none" });
    }
  }

  // `status` is 0 when there was no answer at all.
  function failed(event, status) {
    const button = event.target;
    if (button.matches("form[role=search]")) {
      alert.replaceChildren(element("span", `Not searched. ${reason(status)}`));
    }
    if (!button.matches("button")) return; // a refresh: nothing was lost
    unsaved.set(place(button), { button, action: event.detail.ctx.request.action });
    tell(status);
  }

  marks.addEventListener("htmx:response:error", (event) => failed(event, event.detail.ctx.response.status));
  marks.addEventListener("htmx:error", (event) => failed(event, 0));
  marks.addEventListener("htmx:after:swap", ({ target, detail }) => {
    if (detail.ctx.response.status >= 400) return;
    unsaved.delete(place(target));
    if (!unsaved.size) alert.replaceChildren();
  });

  const refresh = () => document.visibilityState === "visible" && htmx.trigger(marks, "fresh");
  document.addEventListener("visibilitychange", refresh);
  addEventListener("pageshow", (event) => event.persisted && refresh());

  // Disclosures close when one turns away from them.
  const opened = () => document.querySelector("details[name=more][open]");
  document.addEventListener("click", ({ target }) => {
    if (opened() && !opened().contains(target)) opened().open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !opened()) return;
    const details = opened();
    details.open = false;
    details.querySelector("summary").focus();
  });
}
