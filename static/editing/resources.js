// Lets editors drag a step's resources instead of typing their positions.
{
  const ROWS = ".inline-related:not(.empty-form)";
  const list = document.querySelector("#resources-group > fieldset");
  const rows = () => [...list.querySelectorAll(`:scope > ${ROWS}`)];
  const position = (row) => row.querySelector("[name$='-position']");

  function makeButton(className, text, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = className;
    button.textContent = text;
    button.setAttribute("aria-label", label);
    return button;
  }

  function addControls(row) {
    position(row).closest(".fieldBox").classList.add("hidden");
    const name = row.querySelector(".inline_label").textContent.trim();
    const moves = document.createElement("span");
    moves.className = "moves";
    const handle = document.createElement("span");
    handle.className = "handle";
    handle.textContent = "⠿";
    handle.title = "Drag";
    handle.setAttribute("aria-hidden", "true");
    moves.append(handle, makeButton("up", "↑", `Move ${name} up`), makeButton("down", "↓", `Move ${name} down`));
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
