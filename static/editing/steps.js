// Numbers the steps on a roadmap's page as they are moved, and moves one to a typed place.
// Each row has a hidden input, so the form submits the steps in their new order.
{
  const body = document.getElementById("order");
  const status = document.getElementById("order_said");
  const select = document.querySelector("[name=moved]");
  const place = document.querySelector("[name=moved_to]");
  const rows = () => [...(body?.rows ?? [])];
  const isCounted = (row) => !("retired" in row.dataset);

  function renumber() {
    let number = 0;
    for (const [index, row] of rows().entries()) {
      const shown = isCounted(row) ? ++number : "–";
      row.querySelector(".number").textContent = shown;
      const id = row.querySelector("[name=order]").value;
      const up = row.querySelector(".up");
      const down = row.querySelector(".down");
      up.value = `${id}:${index}`;
      down.value = `${id}:${index + 2}`;
      up.disabled = index === 0;
      down.disabled = index === rows().length - 1;
      const option = select.querySelector(`[value="${id}"]`);
      option.textContent = isCounted(row) ? `${shown}. ${row.dataset.title}` : row.dataset.title;
      select.append(option);
    }
  }

  body?.addEventListener("moved", ({ target: row }) => {
    renumber();
    const counted = rows().filter(isCounted);
    const { moved, movedRetired } = status.dataset;
    status.textContent = (isCounted(row) ? moved : movedRetired)
      .replace("{number}", counted.indexOf(row) + 1)
      .replace("{total}", counted.length)
      .replace("{title}", () => row.dataset.title);
  });

  function moveToPlace() {
    const row = document.getElementById(`step_${select.value}`);
    const others = rows().filter((other) => other !== row);
    const next = others.filter(isCounted)[Math.max(place.valueAsNumber || 1, 1) - 1];
    if (next) next.before(row);
    else others.at(-1).after(row);
    row.dispatchEvent(new Event("moved", { bubbles: true }));
    row.scrollIntoView({ block: "center" });
    row.querySelector("a").focus({ preventScroll: true });
  }

  document.querySelector("[name=place][value=typed]")?.addEventListener("click", (event) => {
    event.preventDefault();
    moveToPlace();
  });

  place?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it would press Save
    moveToPlace();
  });

  document.querySelector(".steps .keys")?.toggleAttribute("hidden", rows().length < 2);
}
