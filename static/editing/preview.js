// Previews a step in the site's design while it is being edited.
{
  const frame = document.getElementById("preview");
  const form = document.getElementById("step_form");
  const DELAY = 400; // milliseconds after the last change
  let timer;
  let latestRequest = 0;

  async function update() {
    const request = ++latestRequest;
    const data = new FormData();
    for (const name of ["csrfmiddlewaretoken", "title", "summary", "body"]) data.set(name, form.elements[name].value);
    const response = await fetch(frame.src, { method: "POST", body: data }).catch(() => null);
    if (!response?.ok || request !== latestRequest) return; // keep what is shown
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = frame.contentDocument?.querySelector("main");
    // Replacing only the content keeps the scroll position.
    main?.replaceChildren(...page.querySelector("main").childNodes);
  }

  if (frame) {
    form.addEventListener("input", ({ target }) => {
      if (!["title", "summary", "body"].includes(target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(update, DELAY);
    });
    frame.addEventListener("load", update);
    update();
  }
}
