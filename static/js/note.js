// What the note's form cannot do alone: say how it stands while one types.
{
  const form = document.getElementById("step_note");
  const box = form.elements.text;
  const NEAR = 2000; // characters before the limit from which on it is said
  let saved = box.value; // as the server has it
  let sent = saved;

  const say = (text) => (document.getElementById("note_status").textContent = text);

  function heed() {
    // A refresh of the page leaves alone what is not saved yet.
    form.toggleAttribute("hx-morph-skip", box.value !== saved);
    const left = box.maxLength - box.value.length;
    if (left < NEAR) say(`${left.toLocaleString()} characters left.`);
  }

  box.addEventListener("input", heed);
  form.addEventListener("htmx:before:request", () => {
    sent = box.value;
    say("Saving…");
  });
  form.addEventListener("htmx:after:swap", ({ detail }) => {
    if (detail.ctx.response.status === 200) saved = sent;
    heed();
  });
  form.addEventListener("htmx:error", () => say("Not saved: no answer. It is kept in the box; save again in a moment."));
  form.addEventListener("htmx:response:error", ({ detail }) => {
    const { status } = detail.ctx.response;
    if (status === 401) say("Not saved: you are signed out. It is kept in the box; sign in in another tab and save again.");
    else if (status !== 409 && status !== 422) say("Not saved: something broke on our side. It is kept in the box; save again in a moment.");
  });
  addEventListener("beforeunload", (event) => box.value !== saved && event.preventDefault());
}
