// Says that a form has unsaved changes, and asks before the page is left with them.
{
  const note = document.getElementById("unsaved");
  const form = note?.closest("form");
  const read = () => new URLSearchParams(new FormData(form)).toString();
  let saved; // what the form held when the page was loaded
  let isLeaving = false;

  const isChanged = () => saved !== undefined && saved !== read();
  const update = () => (note.hidden = !isChanged());

  if (form) {
    addEventListener("load", () => {
      saved = "errors" in note.dataset ? null : read();
      update();
    });
    for (const name of ["input", "change", "moved"]) form.addEventListener(name, update);
    for (const name of ["formset:added", "formset:removed"]) document.addEventListener(name, update);
    form.addEventListener("submit", () => (isLeaving = true));
    form.querySelector("[data-discard]")?.addEventListener("click", () => (isLeaving = true));
    addEventListener("pageshow", () => (isLeaving = false));
    addEventListener("beforeunload", (event) => {
      if (isChanged() && !isLeaving) event.preventDefault();
    });
  }
}
