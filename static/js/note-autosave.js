// Saves a note while it is written.
{
  const form = document.getElementById("step_note");
  const box = form.elements.text;
  const PAUSE = 1000; // milliseconds without typing, after which the note is saved
  const MAX_WAIT = 5000; // milliseconds after which it is saved during typing
  let pauseTimer, waitTimer;

  function save() {
    clearTimeout(pauseTimer);
    clearTimeout(waitTimer);
    waitTimer = undefined;
    if (form.dataset.state !== "saved") form.dispatchEvent(new Event("save")); // htmx sends it
  }

  box.addEventListener("input", () => {
    clearTimeout(pauseTimer);
    pauseTimer = setTimeout(save, PAUSE);
    waitTimer ??= setTimeout(save, MAX_WAIT);
  });
  box.addEventListener("change", save);
}
