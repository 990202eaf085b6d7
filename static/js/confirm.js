// htmx sends the forms of confirmations. If that fails, the browser sends the form and
// shows the answer. That is safe, because confirming a step twice changes nothing.
let list; // of the form that was sent last

for (const name of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(name, ({ target }) => target.matches?.("form.confirm") && target.submit());
}

document.addEventListener("submit", ({ target }) => (list = target.closest(".confirm-list")));

// The button that was pressed is gone. Focus the next one, or what opens the list.
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement !== document.body) return;
  (list?.querySelector("button") ?? list?.closest("details")?.querySelector("summary"))?.focus();
});

// The next button moves to where the pressed one was. The second press of a double click,
// and a key that is held down, must not confirm a step that nobody looked at.
for (const name of ["click", "keydown"]) {
  document.addEventListener(name, (event) => {
    if ((event.detail > 1 || event.repeat) && event.target.closest?.("form.confirm > button")) event.preventDefault();
  });
}
