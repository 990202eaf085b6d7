// Says whether the server has what is in a note's box, and saves again after a failure.
{
  const form = document.getElementById("step_note");
  const box = form.elements.text;
  const texts = form.dataset;
  const page = document.querySelector("[hx-trigger=fresh]");
  const RETRY = 10_000; // milliseconds
  const WARNING_THRESHOLD = 2000; // characters left
  const statusElement = () => document.getElementById("note_status");
  // The server's text. On a page that shows a conflict or an error, the box has another one.
  let savedText = form.hasAttribute("data-unsaved") ? null : box.defaultValue;
  let savedMessage = statusElement().textContent.trim();
  let failureMessage = savedText === null ? savedMessage : "";
  let failure; // the status of the latest save if it failed; 0 if there was no answer
  let saving; // the save that is under way: htmx's context of the request
  let isEditedSinceRefresh = false; // since the latest refresh was requested
  let retryTimer;

  const isUnsaved = () => box.value !== savedText;
  const save = () => isUnsaved() && form.dispatchEvent(new Event("save"));

  function update() {
    form.dataset.state = !isUnsaved() ? "saved" : failureMessage ? "failed" : "unsaved";
    form.toggleAttribute("hx-morph-skip", isUnsaved() || isEditedSinceRefresh);
    document.getElementById("note_sign_in").hidden = failure !== 401;
    const state = saving ? texts.saving : isUnsaved() ? failureMessage || texts.pending : savedMessage;
    const left = box.maxLength - box.value.length;
    const count = left.toLocaleString(document.documentElement.lang);
    const limit = left < WARNING_THRESHOLD ? texts.left.replace("{0}", count) : "";
    const text = `${state} ${limit}`.trim();
    if (statusElement().textContent !== text) statusElement().textContent = text; // screen readers read each change
    form.dispatchEvent(new Event("update"));
  }

  function handleSuccess(text) {
    savedText = text;
    savedMessage = statusElement().textContent.trim();
    failure = undefined;
    failureMessage = "";
    update();
  }

  function handleFailure(status, message) {
    // A sign-in in another tab made a new CSRF token. A refresh brings it.
    const needsToken = status === 403 && failure !== 403;
    failure = status;
    failureMessage = needsToken ? "" : message ?? texts[`error-${status}`] ?? texts.error;
    if (needsToken) htmx.trigger(page, "fresh");
    clearTimeout(retryTimer);
    if (!status || status >= 429) retryTimer = setTimeout(save, RETRY);
    update();
  }

  function handleRefresh({ isSignedOut }) {
    if (isSignedOut) handleFailure(401);
    else if (!form.hasAttribute("hx-morph-skip")) handleSuccess(box.value);
    else if ([0, 401, 403].includes(failure) && !saving) save();
  }

  box.addEventListener("input", () => {
    isEditedSinceRefresh = true;
    update();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    box.blur(); // so that shortcuts work again
  });
  const on = (name, handle) => document.addEventListener(`htmx:${name}`, ({ detail }) => handle(detail.ctx));
  on("before:request", (ctx) => {
    if (form.contains(ctx.sourceElement)) saving = ctx;
    else if (ctx.sourceElement === page) isEditedSinceRefresh = false;
    update();
  });
  // After a sign-out in another tab, the server asks for a reload of the page.
  on("before:response", (ctx) => {
    if (isUnsaved() && ctx.hx.refresh) ctx.isSignedOut = delete ctx.hx.refresh;
  });
  on("error", (ctx) => ctx === saving && handleFailure(0));
  on("response:error", (ctx) => ctx === saving && handleFailure(ctx.response.status));
  on("after:swap", (ctx) => {
    const { status } = ctx.response;
    if (ctx.sourceElement === page) handleRefresh(ctx);
    if (ctx !== saving) return;
    if (status === 200) handleSuccess(ctx.request.body.get("text").replaceAll("\r\n", "\n"));
    if (status === 409 || status === 422) handleFailure(status, statusElement().textContent.trim());
  });
  on("finally:request", (ctx) => {
    if (ctx === saving) saving = undefined;
    update();
  });
  addEventListener("focus", () => failure === 401 && htmx.trigger(page, "fresh"));
  update();
}
