// Shows a step in the site's own design while it is being typed.
{
  const frame = document.getElementById("preview");
  const form = document.getElementById("step_form");
  const WAIT = 400; // milliseconds after the last key
  let timer;
  let latest = 0;

  async function show() {
    const own = ++latest;
    const typed = new FormData();
    for (const name of ["csrfmiddlewaretoken", "title", "summary", "body"]) typed.set(name, form.elements[name].value);
    const answer = await fetch(frame.src, { method: "POST", body: typed }).catch(() => null);
    if (!answer?.ok || own !== latest) return; // the last one that came stays
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = frame.contentDocument?.querySelector("main");
    // Where one has scrolled to stays, as only what is inside is replaced.
    main?.replaceChildren(...page.querySelector("main").childNodes);
  }

  if (frame) {
    form.addEventListener("input", ({ target }) => {
      if (!["title", "summary", "body"].includes(target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(show, WAIT);
    });
    frame.addEventListener("load", show);
    show();
  }
}
