// Saves a note while it is written, and says whether the server has what is in the box.
{
  const form = document.getElementById("step_note");
  const box = form.elements.text;
  const page = document.querySelector("[hx-trigger=fresh]");
  const PAUSE = 1000; // milliseconds without typing, after which the note is saved
  const MAX_WAIT = 5000; // milliseconds after which it is saved during typing
  const RETRY = 10_000; // milliseconds
  const WARNING_THRESHOLD = 2000; // characters left
  const REASONS = {
    0: "no answer.",
    401: "you are signed out. It will be saved once you have signed in again.",
    403: "somebody else is signed in now. Copy your note and reload the page.",
    429: "that was a lot at once.",
    503: "the database does not answer just now.",
  };

  const statusElement = () => document.getElementById("note_status");
  // The server's text. On a page that shows a conflict or an error, the box has another one.
  let savedText = form.hasAttribute("data-unsaved") ? null : box.defaultValue;
  let savedMessage = statusElement().textContent.trim();
  let failureMessage = savedText === null ? savedMessage : "";
  let failure; // the status of the latest save if it failed; 0 if there was no answer
  let saving; // the save that is under way: htmx's context of the request
  let isEditedSinceRefresh = false; // since the latest refresh was requested
  let pauseTimer, waitTimer, retryTimer;

  const isUnsaved = () => box.value !== savedText;

  function update() {
    form.dataset.state = !isUnsaved() ? "saved" : failureMessage ? "failed" : "unsaved";
    form.toggleAttribute("hx-morph-skip", isUnsaved() || isEditedSinceRefresh);
    document.getElementById("note_sign_in").hidden = failure !== 401;
    const state = saving ? "Saving…" : isUnsaved() ? failureMessage || "Not saved yet." : savedMessage;
    const left = box.maxLength - box.value.length;
    const limit = left < WARNING_THRESHOLD ? `${left.toLocaleString()} character${left === 1 ? "" : "s"} left.` : "";
    const text = `${state} ${limit}`.trim();
    if (statusElement().textContent !== text) statusElement().textContent = text; // screen readers read each change
    form.dispatchEvent(new Event("update"));
  }

  function save() {
    for (const timer of [pauseTimer, waitTimer, retryTimer]) clearTimeout(timer);
    waitTimer = undefined;
    if (isUnsaved()) form.dispatchEvent(new Event("save"));
  }

  function handleSuccess(text) {
    savedText = text;
    savedMessage = statusElement().textContent.trim();
    saving = failure = undefined;
    failureMessage = "";
    update();
  }

  function handleFailure(status, message) {
    // A sign-in in another tab made a new CSRF token. A refresh brings it.
    const needsToken = status === 403 && failure !== 403;
    saving = undefined;
    failure = status;
    failureMessage = needsToken ? "" : message ?? `Not saved: ${REASONS[status] ?? "something broke on our side."}`;
    if (needsToken) htmx.trigger(page, "fresh");
    if (!status || status >= 429) retryTimer = setTimeout(save, RETRY);
    update();
  }

  function handleRefresh() {
    if (!form.hasAttribute("hx-morph-skip")) handleSuccess(box.value);
    else if ([0, 401, 403].includes(failure) && !saving) save();
  }

  box.addEventListener("input", () => {
    isEditedSinceRefresh = true;
    clearTimeout(pauseTimer);
    pauseTimer = setTimeout(save, PAUSE);
    waitTimer ??= setTimeout(save, MAX_WAIT);
    update();
  });
  box.addEventListener("change", save);
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (form.contains(ctx.sourceElement)) saving = ctx;
    else if (ctx.sourceElement === page) isEditedSinceRefresh = false;
    update();
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => ctx === saving && handleFailure(0));
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    // A conflict or an invalid note is in the response, which is swapped in first.
    if (ctx === saving && ![409, 422].includes(ctx.response.status)) handleFailure(ctx.response.status);
  });
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === page) handleRefresh();
    if (ctx !== saving) return;
    if (ctx.response.status === 200) handleSuccess(ctx.request.body.get("text").replaceAll("\r\n", "\n"));
    else handleFailure(ctx.response.status, statusElement().textContent.trim());
  });
  addEventListener("focus", () => failure === 401 && htmx.trigger(page, "fresh"));
  update();
}
