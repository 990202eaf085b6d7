// Keeps the unsaved text of a note when its page is closed or reloaded.
{
  const form = document.getElementById("step_note");
  const fields = form.elements;
  let isDiscarded = false;

  const storageKey = () => `note:${fields.owner.value}:${location.pathname}`; // in sessionStorage
  const isSaved = () => isDiscarded || form.dataset.state === "saved";

  function store() {
    const [text, page, base] = [fields.text.value, fields.page.value, fields.base.value];
    if (isSaved()) sessionStorage.removeItem(storageKey());
    else sessionStorage.setItem(storageKey(), JSON.stringify({ text, page, base }));
  }

  // With the old page's identity, the server can still tell whether another page has
  // saved the note since.
  function restore({ text, page, base }) {
    fields.page.value = page;
    fields.base.value = base;
    fields.text.value = text;
    fields.text.dispatchEvent(new Event("input"));
  }

  // The browser finishes a `keepalive` request even if the page is closed.
  function saveBeforeClosing() {
    if (document.visibilityState === "visible" || isSaved()) return;
    const headers = { "HX-Request": "true" };
    fetch(form.action, { method: "POST", body: new FormData(form), headers, keepalive: true }).catch(() => {});
  }

  const draft = JSON.parse(sessionStorage.getItem(storageKey()));
  if (draft && isSaved() && draft.text !== fields.text.value) restore(draft);
  form.addEventListener("update", store);
  form.addEventListener("click", ({ target }) => {
    if (!target.closest(".conflict a")) return;
    isDiscarded = true; // the link takes the other text
    store();
  });
  document.addEventListener("visibilitychange", saveBeforeClosing);
  addEventListener("beforeunload", (event) => {
    if (!isSaved() && (form.dataset.state === "failed" || !navigator.onLine)) event.preventDefault();
  });
}
