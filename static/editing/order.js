// Reorders the rows of a list: by dragging, with its buttons, or with Alt and an arrow key.
// `data-order` of the list is the selector of its rows. A row that moved gets the event "moved".
{
  const EDGE = 90; // px from the edge of the window, where dragging scrolls the page
  const MAX_SPEED = 40; // px per frame, at the edge itself

  const rowsOf = (list) => [...list.children].filter((row) => row.matches(list.dataset.order));

  function findRow(element) {
    const list = element.closest("[data-order]");
    return list && rowsOf(list).find((row) => row.contains(element));
  }

  function notify(row) {
    row.dispatchEvent(new Event("moved", { bubbles: true }));
  }

  function move(row, offset) {
    const rows = rowsOf(row.parentElement);
    const other = rows[rows.indexOf(row) + offset];
    if (!other) return;
    const focused = document.activeElement;
    other[offset < 0 ? "before" : "after"](row);
    notify(row);
    const isAtEnd = focused.disabled; // a disabled button loses the focus
    (isAtEnd ? row.querySelector(".moves button:not(:disabled)") : focused)?.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function getSpeed(y) {
    const depth = y < EDGE ? y - EDGE : Math.max(y - (innerHeight - EDGE), 0);
    return Math.max(Math.min(depth / EDGE, 1), -1) * MAX_SPEED;
  }

  function drag(row, startY) {
    const list = row.parentElement;
    const oldIndex = rowsOf(list).indexOf(row);
    const middle = (other) => other.getBoundingClientRect().top + other.offsetHeight / 2;
    let y = startY;
    let frame;
    const update = () => {
      const others = rowsOf(list).filter((other) => other !== row);
      const next = others.find((other) => y < middle(other));
      if (next) next.previousElementSibling !== row && next.before(row);
      else others.at(-1)?.after(row);
    };
    // The page goes on scrolling while the pointer rests near an edge.
    const scroll = () => {
      frame = requestAnimationFrame(scroll);
      const speed = getSpeed(y);
      if (!speed) return;
      scrollBy(0, speed);
      update();
    };
    const follow = (event) => {
      y = event.clientY;
      update();
    };
    const drop = () => {
      cancelAnimationFrame(frame);
      row.classList.remove("dragged");
      removeEventListener("pointermove", follow);
      if (rowsOf(list).indexOf(row) !== oldIndex) notify(row);
    };
    row.classList.add("dragged");
    addEventListener("pointermove", follow);
    addEventListener("pointerup", drop, { once: true });
    addEventListener("pointercancel", drop, { once: true });
    scroll();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order] .moves button");
    if (!button) return;
    event.preventDefault();
    move(findRow(button), button.matches(".up") ? -1 : 1);
  });

  document.addEventListener("keydown", (event) => {
    const offset = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.altKey && offset && findRow(event.target);
    if (!row) return;
    event.preventDefault();
    move(row, offset);
  });

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-order] .handle");
    if (!handle || event.button) return;
    event.preventDefault();
    drag(findRow(handle), event.clientY);
  });
}
