// Opens a step in a dialog over its roadmap. A middle click, or a click with a modifier
// key, opens the step's own page, as every click does without this script.
if (document.getElementById("step_dialog")) {
  const dialog = document.getElementById("step_dialog");
  const [closeForm, place] = dialog.children;
  const list = document.querySelector("[hx-trigger=fresh]");
  const main = document.getElementById("page_main");
  // The rest of the page is inert while the dialog is open, so they move into it.
  const messages = [document.getElementById("page_said"), document.getElementById("page_alert")];
  const title = document.title;
  let latest; // stands for the step that was asked for last
  let styles; // a promise of whether the style sheet is loaded

  // htmx would load the page again on the way back, and move the focus to its top.
  if (!history.state) history.replaceState({}, "");
  window.navigation?.addEventListener("navigate", (event) => {
    if (event.navigationType === "traverse") event.stopImmediatePropagation();
  });

  // The step's place on the route and its text; null if it is not a step's page.
  async function load(href) {
    const response = await fetch(href).catch(() => null);
    if (!response?.ok || response.redirected) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    page.querySelectorAll("#step_note, #copy_button, .outline").forEach((element) => element.remove());
    return { title: page.title, parts: page.querySelectorAll("#step_place, .step-page") };
  }

  function show(href, { title, parts }) {
    place.replaceChildren(...parts, ...messages);
    htmx.process(place);
    document.title = title;
    closeForm.querySelector("a").href = href;
    const heading = place.querySelector("h1");
    Object.assign(heading, { id: "step_dialog_title", tabIndex: -1 });
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    heading.focus();
  }

  // The roadmap has no styles of a step: the first step to open brings them.
  function loadStyles() {
    styles ??= new Promise((resolve) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href: dialog.dataset.styles });
      link.onload = () => resolve(true);
      link.onerror = () => resolve(false);
      document.head.append(link);
    });
    return styles;
  }

  async function open(href, isNew) {
    const request = (latest = {});
    const [step, hasStyles] = await Promise.all([load(href), loadStyles()]);
    if (request !== latest) return; // after a second press, or on the way back
    if (!step?.parts.length || !hasStyles) return location.assign(href);
    if (isNew) history.pushState({ step: href }, "", href);
    show(href, step);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".step h2 a");
    if (!link || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.href, true);
  });
  addEventListener("popstate", () => {
    latest = undefined;
    if (history.state?.step) open(history.state.step, false);
    else dialog.close();
  });
  dialog.addEventListener("close", () => {
    main.append(...messages);
    place.replaceChildren();
    document.title = title;
    if (history.state?.step) history.back();
    // A filter may hide the row by now.
    const hasFocus = document.activeElement !== document.body;
    if (!hasFocus) document.querySelector(".total .continue")?.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.response.status >= 400) return; // a refresh would remove what the alert says
    if (dialog.open && ctx.sourceElement !== list) htmx.trigger(list, "fresh");
  });
} else {
  // The step was reloaded while it was open over its roadmap, or left and come back to.
  // For the browser, the two are one document still, so it shows the wrong one on the way back.
  const { pathname } = location;
  addEventListener("popstate", () => location.pathname === pathname || location.reload());
}
