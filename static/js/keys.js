// Keys for who would rather not reach for the pointer. All of it can be done without
// them, and they can be switched off (WCAG 2.1.4).
if (document.getElementById("page_keys")) {
  const KEPT = "keys";
  const help = document.getElementById("page_keys");
  const enabled = help.querySelector("[type=checkbox]");
  const page = document.documentElement;

  const rows = () => [...document.querySelectorAll(".step")].filter((row) => row.checkVisibility());
  const current = () => document.activeElement.closest?.(".step");
  const button = (selector) => document.querySelector(selector);
  const stepOf = (selector) => current()?.querySelector(selector);

  function walk(by) {
    const all = rows();
    const next = current() ? all[all.indexOf(current()) + by] : document.querySelector(".step:target") ?? all[0];
    next?.querySelector(".station").focus();
  }

  const KEYS = {
    j: () => walk(1),
    k: () => walk(-1),
    x: () => (stepOf(".station") ?? button("#step_done:not([aria-pressed=true])") ?? button("#step_none"))?.click(),
    o: () => stepOf("h2 a")?.click(),
    n: () => {
      const note = document.getElementById("id_text");
      if (note) note.focus();
      else if (current()) location.href = `${stepOf("h2 a").href}#id_text`;
    },
    "?": () => help.showModal(),
  };

  function isTyping({ target }) {
    return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox])");
  }

  document.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    if (page.dataset.keys === "off" || help.open || isTyping(event)) return;
    event.preventDefault();
    act();
  });

  function set(isOn) {
    page.dataset.keys = isOn ? "on" : "off";
    enabled.checked = isOn;
  }

  set(localStorage.getItem(KEPT) !== "off");
  enabled.addEventListener("change", () => {
    set(enabled.checked);
    localStorage.setItem(KEPT, page.dataset.keys);
  });
  const opener = document.getElementById("page_keys_opener");
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
}
