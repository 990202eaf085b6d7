// Moves a roadmap's steps: by dragging, by the buttons, by Alt and an arrow key.
// The hidden inputs move along; the form sends them in the order in which they stand.
{
  const body = document.getElementById("order");
  const said = document.getElementById("order_said");
  const rows = () => [...(body?.rows ?? [])];

  function renumber() {
    for (const [index, row] of rows().entries()) {
      row.querySelector(".number").textContent = index + 1;
      const id = row.querySelector("[name=order]").value;
      const up = row.querySelector(".up");
      const down = row.querySelector(".down");
      up.value = `${id}:${index}`;
      down.value = `${id}:${index + 2}`;
      up.disabled = index === 0;
      down.disabled = index === rows().length - 1;
    }
  }

  function settle(row) {
    renumber();
    const place = rows().indexOf(row) + 1;
    said.textContent = `${row.dataset.title} is step ${place} of ${rows().length} now. Not saved yet.`;
  }

  function move(row, by) {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    const focused = document.activeElement;
    other[by < 0 ? "before" : "after"](row);
    settle(row);
    const isLost = focused.disabled; // it has come to an end of the list
    (isLost ? row.querySelector(".moves button:not(:disabled)") : focused)?.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  body?.addEventListener("click", (event) => {
    const button = event.target.closest("[name=place]");
    if (!button) return;
    event.preventDefault();
    move(button.closest("tr"), button.matches(".up") ? -1 : 1);
  });

  body?.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !by) return;
    event.preventDefault();
    move(event.target.closest("tr"), by);
  });

  body?.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("tr");
    const before = rows().indexOf(row);
    const middle = (other) => other.getBoundingClientRect().top + other.offsetHeight / 2;
    const drag = ({ clientY }) => {
      const next = rows().find((other) => other !== row && clientY < middle(other));
      if (next !== row.nextElementSibling) next ? next.before(row) : body.append(row);
      const EDGE = 60; // px, where the page scrolls along
      if (clientY < EDGE) scrollBy(0, -EDGE / 4);
      if (clientY > innerHeight - EDGE) scrollBy(0, EDGE / 4);
    };
    const drop = () => {
      row.classList.remove("dragged");
      removeEventListener("pointermove", drag);
      if (rows().indexOf(row) !== before) settle(row);
    };
    row.classList.add("dragged");
    addEventListener("pointermove", drag);
    addEventListener("pointerup", drop, { once: true });
    addEventListener("pointercancel", drop, { once: true });
  });

  document.querySelector(".steps .keys")?.toggleAttribute("hidden", rows().length < 2);
}
