// Numbers the rows of a roadmap's route as they are moved, and moves one to a typed number.
// Each row has a hidden input, so the form submits the rows in their new order.
{
  const body = document.getElementById("order");
  const status = document.getElementById("order_said");
  const select = document.querySelector("[name=moved]");
  const place = document.querySelector("[name=moved_to]");
  const rows = () => [...(body?.rows ?? [])];
  const isStep = (row) => !("heading" in row.dataset);
  const isSection = (row) => "section" in row.dataset;
  const isCounted = (row) => "counted" in row.dataset; // a step that is not retired

  function getTitle(row) {
    return row.querySelector("[name$='-title']")?.value || row.dataset.title;
  }

  function getOption(name, group) {
    return select.querySelector(`[value="${name}"]`) ?? group.appendChild(new Option("", name));
  }

  function renumber() {
    const numbers = [0, 0]; // of steps and of sections
    for (const [index, row] of rows().entries()) {
      const kind = Number(isSection(row));
      const number = isSection(row) || isCounted(row) ? ++numbers[kind] : null;
      const name = row.querySelector("[name=order]").value;
      const [up, down] = row.querySelectorAll(".moves button");
      up.value = `${name}:${index}`;
      down.value = `${name}:${index + 2}`;
      up.disabled = index === 0;
      down.disabled = index === rows().length - 1;
      if (isStep(row)) row.querySelector(".number").textContent = number ?? "–";
      if (!select || !(isStep(row) || isSection(row))) continue;
      const group = select.querySelectorAll("optgroup")[kind];
      const option = getOption(name, group);
      option.textContent = number ? `${number}. ${getTitle(row)}` : getTitle(row);
      group.append(option);
      group.hidden = false;
    }
  }

  function describe(row) {
    const { moved, movedInto, movedOut, movedHeading, movedUncounted } = status.dataset;
    const all = rows();
    const counted = all.filter(isCounted);
    if (isCounted(row)) {
      const heading = all.slice(0, all.indexOf(row)).findLast((other) => !isStep(other));
      const isInSection = heading && isSection(heading);
      const text = isInSection ? movedInto : all.every(isStep) ? moved : movedOut;
      return [text, counted.indexOf(row) + 1, isInSection ? getTitle(heading) : ""];
    }
    const next = all[all.indexOf(row) + 1];
    const isBegun = isSection(row) && next && isCounted(next);
    return isBegun ? [movedHeading, counted.indexOf(next) + 1] : [movedUncounted];
  }

  body?.addEventListener("moved", ({ target: row }) => {
    renumber();
    const [text, number, section] = describe(row);
    status.textContent = text
      .replace("{number}", number)
      .replace("{total}", rows().filter(isCounted).length)
      .replace("{title}", () => getTitle(row))
      .replace("{section}", () => section);
  });

  function moveToNumber() {
    const row = rows().find((each) => each.querySelector("[name=order]").value === select.value);
    const following = rows().slice(rows().indexOf(row) + 1);
    const end = following.findIndex((other) => !isStep(other));
    const block = [row];
    if (isSection(row)) block.push(...following.slice(0, end < 0 ? undefined : end));
    const others = rows().filter((other) => !block.includes(other));
    const numbered = others.filter(isSection(row) ? isSection : isCounted);
    const next = numbered[Math.max(place.valueAsNumber || 1, 1) - 1];
    if (next) next.before(...block);
    else others.at(-1)?.after(...block);
    row.dispatchEvent(new Event("moved", { bubbles: true }));
    row.scrollIntoView({ block: "center" });
    row.querySelector("a, [name$='-title'], .moves button").focus({ preventScroll: true });
  }

  document.querySelector("[name=place][value=typed]")?.addEventListener("click", (event) => {
    event.preventDefault();
    moveToNumber();
  });

  place?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it would press Save
    moveToNumber();
  });

  document.querySelector(".steps .keys")?.toggleAttribute("hidden", rows().length < 2);
}
