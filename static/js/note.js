// What the note's form cannot do alone: say how it stands while one types.
{
  const form = document.getElementById("step_note");
  const box = form.elements.text;
  const NEAR = 2000; // characters before the limit from which on it is said
  let saved = box.value; // as the server has it
  let sent = saved;

  const isUnsaved = () => box.value !== saved;
  const say = (text) => (document.getElementById("note_status").textContent = text);

  function heed() {
    // A refresh of the page leaves alone what is not saved yet.
    form.toggleAttribute("hx-morph-skip", isUnsaved());
    const left = box.maxLength - box.value.length;
    if (left < NEAR) say(`${left.toLocaleString()} character${left === 1 ? "" : "s"} left.`);
  }

  const failed = (why) => say(`Not saved: ${why} It is kept in the box; save again in a moment.`);

  box.addEventListener("input", heed);
  form.addEventListener("htmx:before:request", () => {
    sent = box.value;
    say("Saving…");
  });
  form.addEventListener("htmx:error", () => failed("no answer."));
  form.addEventListener("htmx:response:error", ({ detail }) => {
    const { status } = detail.ctx.response;
    if (status === 401 || status === 403) failed("you are signed out. Sign in in another tab.");
    else if (status === 429) failed("that was a lot at once.");
    else if (status === 503) failed("the database does not answer just now.");
    else if (status !== 409 && status !== 422) failed("something broke on our side.");
  });
  document.addEventListener("htmx:after:swap", ({ target, detail }) => {
    if (target === form && detail.ctx.response.status === 200) saved = sent;
    else if (!form.hasAttribute("hx-morph-skip")) saved = box.value; // as the page was refreshed
    heed();
  });
  // Who has signed out elsewhere is shown another page, but not at the cost of a note.
  document.addEventListener("htmx:before:response", ({ detail }) => {
    if (isUnsaved()) delete detail.ctx.hx.refresh;
  });
  addEventListener("beforeunload", (event) => isUnsaved() && event.preventDefault());
}
