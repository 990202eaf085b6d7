// Reorders a roadmap's steps: by dragging, with the buttons, or with Alt and an arrow key.
// Each row has a hidden input, so the form submits the steps in their new order.
{
  const body = document.getElementById("order");
  const status = document.getElementById("order_said");
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

  function updateOrder(row) {
    renumber();
    const place = rows().indexOf(row) + 1;
    status.textContent = `${row.dataset.title} is step ${place} of ${rows().length} now. Not saved yet.`;
  }

  function move(row, offset) {
    const other = offset < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    const focused = document.activeElement;
    other[offset < 0 ? "before" : "after"](row);
    updateOrder(row);
    const isAtEnd = focused.disabled; // a disabled button loses the focus
    (isAtEnd ? row.querySelector(".moves button:not(:disabled)") : focused)?.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  body?.addEventListener("click", (event) => {
    const button = event.target.closest("[name=place]");
    if (!button) return;
    event.preventDefault();
    move(button.closest("tr"), button.matches(".up") ? -1 : 1);
  });

  body?.addEventListener("keydown", (event) => {
    const offset = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !offset) return;
    event.preventDefault();
    move(event.target.closest("tr"), offset);
  });

  body?.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("tr");
    const oldIndex = rows().indexOf(row);
    const middle = (other) => other.getBoundingClientRect().top + other.offsetHeight / 2;
    const drag = ({ clientY }) => {
      const next = rows().find((other) => other !== row && clientY < middle(other));
      if (next !== row.nextElementSibling) next ? next.before(row) : body.append(row);
      const EDGE = 60; // px from the edge of the window, where dragging scrolls the page
      if (clientY < EDGE) scrollBy(0, -EDGE / 4);
      if (clientY > innerHeight - EDGE) scrollBy(0, EDGE / 4);
    };
    const drop = () => {
      row.classList.remove("dragged");
      removeEventListener("pointermove", drag);
      if (rows().indexOf(row) !== oldIndex) updateOrder(row);
    };
    row.classList.add("dragged");
    addEventListener("pointermove", drag);
    addEventListener("pointerup", drop, { once: true });
    addEventListener("pointercancel", drop, { once: true });
  });

  document.querySelector(".steps .keys")?.toggleAttribute("hidden", rows().length < 2);
}
