// Lets editors drag a step's resources instead of typing their positions.
{
  const ROWS = ".inline-related:not(.empty-form)";
  const list = document.querySelector("#resources-group > fieldset");
  const template = document.getElementById("resource_moves");
  const rows = () => [...list.querySelectorAll(`:scope > ${ROWS}`)];
  const position = (row) => row.querySelector("[name$='-position']");

  function addControls(row) {
    position(row).closest(".fieldBox").classList.add("hidden");
    const title = row.querySelector(".inline_label").textContent.trim();
    const moves = template.content.cloneNode(true);
    for (const button of moves.querySelectorAll("button")) {
      const label = button.getAttribute("aria-label").replace("{title}", () => title);
      button.setAttribute("aria-label", label);
    }
    row.querySelector("h3").append(moves);
  }

  function updateButtons() {
    for (const [index, row] of rows().entries()) {
      row.querySelector(".up").disabled = index === 0;
      row.querySelector(".down").disabled = index === rows().length - 1;
    }
  }

  if (list && position(list)) {
    list.dataset.order = ROWS;
    rows().forEach(addControls);
    updateButtons();
    list.addEventListener("moved", () => {
      rows().forEach((row, index) => (position(row).value = index + 1));
      updateButtons();
    });
    document.addEventListener("formset:added", ({ target: row }) => {
      addControls(row);
      updateButtons();
    });
    document.addEventListener("formset:removed", updateButtons);
  }
}
