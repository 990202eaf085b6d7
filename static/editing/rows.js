// Lets editors drag the rows of a step's topics, resources and so on instead of typing
// their positions.
{
  const ROWS = ".inline-related:not(.empty-form)";
  const template = document.getElementById("row_moves");
  const position = (row) => row.querySelector("[name$='-position']");

  function addControls(row) {
    position(row).closest(".form-row").classList.add("hidden");
    const title = row.querySelector(".inline_label").textContent.trim();
    const moves = template.content.cloneNode(true);
    for (const button of moves.querySelectorAll("button")) {
      const label = button.getAttribute("aria-label").replace("{title}", () => title);
      button.setAttribute("aria-label", label);
    }
    row.querySelector("h3").append(moves);
  }

  function updateButtons(rows) {
    for (const [index, row] of rows.entries()) {
      row.querySelector(".up").disabled = index === 0;
      row.querySelector(".down").disabled = index === rows.length - 1;
    }
  }

  function makeMovable(list) {
    const rows = () => [...list.querySelectorAll(`:scope > ${ROWS}`)];
    list.dataset.order = ROWS;
    rows().forEach(addControls);
    updateButtons(rows());
    list.addEventListener("moved", () => {
      rows().forEach((row, index) => (position(row).value = index + 1));
      updateButtons(rows());
    });
    list.addEventListener("formset:added", ({ target: row }) => {
      addControls(row);
      updateButtons(rows());
    });
    document.addEventListener("formset:removed", () => updateButtons(rows()));
  }

  for (const list of document.querySelectorAll(".inline-group > fieldset")) {
    if (position(list)) makeMovable(list);
  }
}
