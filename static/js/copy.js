// Adds a copy button to each code block.
// Browsers provide the clipboard only over HTTPS and on localhost.
for (const block of navigator.clipboard ? document.querySelectorAll(".prose pre") : []) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.prepend(button);
}
