// Adds a section's heading to the list of a roadmap's steps, to be saved with the form.
{
  const body = document.getElementById("order");
  const template = document.getElementById("section_template");
  const title = document.getElementById("id_new_section");
  const before = document.getElementById("id_new_section_before");
  let added = 0;

  function insert(html) {
    const next = body.querySelectorAll("[data-counted]")[before.valueAsNumber - 1];
    if (next) next.insertAdjacentHTML("beforebegin", html);
    else body.insertAdjacentHTML("beforeend", html);
    return next ? next.previousElementSibling : body.lastElementChild;
  }

  function addSection() {
    title.required = true;
    const isFilled = title.reportValidity();
    title.required = false;
    if (!isFilled) return;
    do added += 1;
    while (document.getElementById(`section-new${added}`));
    const row = insert(template.innerHTML.trim().replaceAll("section-new0", `section-new${added}`));
    for (const element of row.querySelectorAll("[aria-label]")) {
      const label = element.getAttribute("aria-label").replace("{title}", () => title.value);
      element.setAttribute("aria-label", label);
    }
    const field = row.querySelector("[name$='-title']");
    field.value = title.value;
    title.value = before.value = "";
    row.dispatchEvent(new Event("moved", { bubbles: true }));
    row.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  }

  document.querySelector("[name=place][value=new]")?.addEventListener("click", (event) => {
    event.preventDefault();
    addSection();
  });

  for (const field of template ? [title, before] : []) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // it would press Save
      addSection();
    });
  }
}
