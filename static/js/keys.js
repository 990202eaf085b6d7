// Keyboard shortcuts. Everything they do can be done without them, and they can be
// turned off (WCAG 2.1.4).
if (document.getElementById("page_keys")) {
  const STORAGE_KEY = "keys"; // in localStorage: "on" or "off"
  const dialog = document.getElementById("page_keys");
  const checkbox = dialog.querySelector("[type=checkbox]");
  const page = document.documentElement;

  const rows = () => [...document.querySelectorAll(".step")].filter((row) => row.checkVisibility());
  const currentRow = () => document.activeElement.closest?.(".step");
  const onPage = (selector) => [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
  const inRow = (selector) => currentRow()?.querySelector(selector);

  function moveFocus(offset) {
    const all = rows();
    const next = currentRow() ? all[all.indexOf(currentRow()) + offset] : onPage(".step:target") ?? all[0];
    next?.querySelector(".station").focus();
  }

  const ACTIONS = {
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    x: () => (inRow(".station") ?? onPage(".tick"))?.click(),
    o: () => inRow("h2 a")?.click(),
    n: () => {
      const note = document.getElementById("id_text");
      const link = inRow("h2 a") ?? onPage("#step_dialog a");
      const openNote = () => location.assign(`${link.href}#id_text`);
      if (note) note.focus();
      else if (currentRow()) openNote();
      else if (link) {
        // With the dialog open, the page has the step's address already: leave it first.
        addEventListener("popstate", openNote, { once: true });
        history.back();
      }
    },
    "?": () => dialog.showModal(),
  };

  function isTyping({ target }) {
    return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox])");
  }

  // So that the shortcuts work again. The browser keeps the place for the Tab key.
  document.addEventListener("keydown", ({ key, target, isComposing }) => {
    if (key === "Escape" && target.id === "id_text" && !isComposing) target.blur();
  });

  document.addEventListener("keydown", (event) => {
    const action = ACTIONS[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    if (page.dataset.keys === "off" || dialog.open || isTyping(event)) return;
    event.preventDefault();
    if (event.repeat && event.key === "x") return; // a key held down would tick and untick
    action();
  });

  function setEnabled(isOn) {
    page.dataset.keys = isOn ? "on" : "off";
    checkbox.checked = isOn;
  }

  setEnabled(localStorage.getItem(STORAGE_KEY) !== "off");
  checkbox.addEventListener("change", () => {
    setEnabled(checkbox.checked);
    localStorage.setItem(STORAGE_KEY, page.dataset.keys);
  });
  const opener = document.getElementById("page_keys_opener");
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
}
