// Lets editors add and move the rows of a step's topics, resources and so on with the keyboard
// or by dragging, without typing a position.
{
  const ROWS = ".inline-related:not(.empty-form)";
  const LAST = Number.MAX_SAFE_INTEGER;
  const template = document.getElementById("row_moves");
  const rowsOf = (list) => [...list.querySelectorAll(`:scope > ${ROWS}`)];
  const position = (row) => row.querySelector("[name$='-position']");
  const place = (row) => Number(position(row).value) || (row.matches(".has_original") ? 0 : LAST);
  const firstField = (row) => row.querySelector(".part-field:not([hidden]) :is(input, textarea, select)");

  function addControls(row) {
    position(row).closest(".part-field").hidden = true;
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

  function renumber(list) {
    rowsOf(list).forEach((row, index) => (position(row).value = index + 1));
    updateButtons(rowsOf(list));
  }

  function addBelow(row) {
    const list = row.parentElement;
    const next = row.nextElementSibling;
    if (next.matches(ROWS) && !firstField(next).value) return firstField(next).focus();
    const add = list.querySelector(".add-row a");
    if (!add.offsetParent) return; // there are as many rows as allowed
    add.click();
    const added = rowsOf(list).at(-1);
    row.after(added);
    renumber(list);
    firstField(added).focus();
  }

  // After an error, the page has the rows in the order in which they were added.
  function sort(list, end) {
    const rows = rowsOf(list);
    const sorted = rows.toSorted((a, b) => place(a) - place(b));
    if (sorted.some((row, index) => row !== rows[index])) end.before(...sorted);
  }

  function makeMovable(list) {
    const end = list.querySelector(":scope > .empty-form");
    list.dataset.order = ROWS;
    if (end) sort(list, end);
    // Empty rows are in noscript elements, so they are not sent.
    list.querySelector("[name$='-TOTAL_FORMS']").value = rowsOf(list).length;
    rowsOf(list).forEach(addControls);
    updateButtons(rowsOf(list));
    list.querySelector(".keys")?.removeAttribute("hidden");
    list.addEventListener("moved", () => renumber(list));
    list.addEventListener("formset:added", ({ target: row }) => {
      addControls(row);
      renumber(list);
      firstField(row).focus();
    });
    list.addEventListener("keydown", (event) => {
      const isLine = event.target.matches(".part-field input:not([type=checkbox])");
      if (event.key !== "Enter" || event.isComposing || !isLine) return;
      event.preventDefault(); // it would press Save
      const row = event.target.closest(ROWS);
      if (firstField(row).value) addBelow(row);
    });
    document.addEventListener("formset:removed", ({ detail }) => {
      if (list.parentElement.id !== `${detail.formsetName}-group`) return;
      renumber(list);
      list.querySelector(".add-row a").focus();
    });
  }

  for (const list of document.querySelectorAll(".inline-group > fieldset")) {
    if (position(list)) makeMovable(list);
  }
  document.querySelector("[autofocus]")?.focus(); // sorting moves the field with an error
}
