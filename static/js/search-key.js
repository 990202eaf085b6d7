// "/" puts the cursor into the search box, or leads to the page that has one.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.documentElement.dataset.keys === "off") return;
  if (event.target.isContentEditable || event.target.matches("input, textarea, select")) return;
  event.preventDefault(); // the browser's own search, and the "/" in the box
  const box = document.querySelector("input[type=search]");
  if (box) box.select();
  else location.assign(document.querySelector("a[rel=search]").href);
});
