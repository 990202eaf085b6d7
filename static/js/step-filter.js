// Filters the rows of a long roadmap while somebody types. Without this script the server
// does, when the form is sent.
if (document.getElementById("step_filter")) {
  const form = document.getElementById("step_filter");
  const input = form.elements.q;
  const message = form.querySelector("[role=status]");
  const journey = document.querySelector(".journey");
  let folded = []; // the sections that were folded when somebody began to type

  const hasWords = (row, words) => {
    const text = [...row.querySelectorAll("h2, p[dir]")].map((each) => each.textContent).join(" ").toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  };

  function filter() {
    const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    for (const row of journey.querySelectorAll(".step")) row.classList.toggle("filtered-out", !hasWords(row, words));
    for (const section of journey.querySelectorAll(".section")) {
      section.classList.toggle("filtered-out", !section.querySelector(".step:not(.filtered-out)"));
    }
    const count = journey.querySelectorAll(".step:not(.filtered-out)").length;
    journey.toggleAttribute("data-empty", !count);
    journey.setAttribute("data-typed", "");
    message.textContent = words.length ? message.dataset.text.replace("{0}", count) : "";
    for (const hidden of document.querySelectorAll("#roadmap_route [name=q]")) hidden.value = input.value;
    if (words.length && !folded.length) folded = [...journey.querySelectorAll("details.section:not([open])")];
    for (const section of folded) section.open = words.length > 0;
    if (!words.length) folded = [];
  }

  form.querySelector("button").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    filter();
    input.scrollIntoView({ block: "nearest" }); // the page may have become shorter than where it was scrolled to
  });
  document.addEventListener("htmx:after:swap", () => input.value && filter());
}
