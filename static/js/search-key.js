// The "/" key moves the cursor to the search box, or opens the search page if there is none.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.documentElement.dataset.keys === "off") return;
  if (event.target.isContentEditable || event.target.matches("input, textarea, select")) return;
  event.preventDefault(); // neither open the browser's search nor type "/"
  const box = document.querySelector("input[type=search]");
  if (box) box.select();
  else location.assign(document.querySelector("a[rel=search]").href);
});
