// Shows the state of a note while it is edited and saved, and protects unsaved text.
{
  const form = document.getElementById("step_note");
  const box = form.elements.text;
  const WARNING_THRESHOLD = 2000; // characters left
  let savedText = box.value; // the server's version
  let sentText = savedText;

  const isUnsaved = () => box.value !== savedText;
  const showStatus = (text) => (document.getElementById("note_status").textContent = text);

  function update() {
    // A refresh of the page must not replace unsaved text.
    form.toggleAttribute("hx-morph-skip", isUnsaved());
    const left = box.maxLength - box.value.length;
    if (left < WARNING_THRESHOLD) showStatus(`${left.toLocaleString()} character${left === 1 ? "" : "s"} left.`);
  }

  const showFailure = (reason) => showStatus(`Not saved: ${reason} It is kept in the box; save again in a moment.`);

  box.addEventListener("input", update);
  form.addEventListener("htmx:before:request", () => {
    sentText = box.value;
    showStatus("Saving…");
  });
  form.addEventListener("htmx:error", () => showFailure("no answer."));
  form.addEventListener("htmx:response:error", ({ detail }) => {
    const { status } = detail.ctx.response;
    if (status === 401 || status === 403) showFailure("you are signed out. Sign in in another tab.");
    else if (status === 429) showFailure("that was a lot at once.");
    else if (status === 503) showFailure("the database does not answer just now.");
    else if (status !== 409 && status !== 422) showFailure("something broke on our side.");
  });
  document.addEventListener("htmx:after:swap", ({ target, detail }) => {
    if (target === form && detail.ctx.response.status === 200) savedText = sentText;
    else if (!form.hasAttribute("hx-morph-skip")) savedText = box.value; // a refresh replaced the form
    update();
  });
  // The server asks for a full reload after a sign-out in another tab. Not with unsaved text.
  document.addEventListener("htmx:before:response", ({ detail }) => {
    if (isUnsaved()) delete detail.ctx.hx.refresh;
  });
  addEventListener("beforeunload", (event) => isUnsaved() && event.preventDefault());
}
