// Previews a step in the site's design while it is being edited.
{
  const frame = document.getElementById("preview");
  const form = document.getElementById("step_form");
  const status = document.getElementById("preview_status");
  const signIn = document.getElementById("preview_sign_in");
  const DELAY = 400; // milliseconds after the last change
  let timer;
  let latestRequest = 0;
  let hasFailed = false;

  async function update() {
    const request = ++latestRequest;
    const data = new FormData(form);
    // Only the sign-in page is redirected to. It must not be shown as the preview.
    const options = { method: "POST", body: data, redirect: "manual" };
    const response = await fetch(frame.src, options).catch(() => null);
    const html = response?.ok ? await response.text().catch(() => null) : null;
    if (request !== latestRequest) return;
    hasFailed = html === null;
    const isSignedOut = response?.type === "opaqueredirect";
    signIn.hidden = !isSignedOut;
    status.textContent = hasFailed ? describe(response, isSignedOut) : "";
    if (!hasFailed) show(html);
  }

  function describe(response, isSignedOut) {
    const { signedOut, offline, failed } = status.dataset;
    if (isSignedOut) return signedOut;
    return response ? failed.replace("{status}", response.status) : offline;
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = frame.contentDocument?.querySelector("main");
    if (!main) return;
    // Replacing only the content keeps the scroll position.
    const folds = [...main.querySelectorAll("details")].map((fold) => fold.open);
    main.replaceChildren(...page.querySelector("main").childNodes);
    const newFolds = [...main.querySelectorAll("details")];
    // If their number has changed, nobody knows which is which.
    if (newFolds.length === folds.length) newFolds.forEach((fold, index) => (fold.open = folds[index]));
  }

  function retry() {
    if (hasFailed && !document.hidden) update();
  }

  if (frame) {
    const updateLater = () => {
      clearTimeout(timer);
      timer = setTimeout(update, DELAY);
    };
    for (const name of ["input", "change", "moved"]) form.addEventListener(name, updateLater);
    for (const name of ["formset:added", "formset:removed"]) document.addEventListener(name, updateLater);
    frame.addEventListener("load", update);
    document.addEventListener("visibilitychange", retry); // after signing in in another tab
    addEventListener("online", retry);
    update();
  }
}
