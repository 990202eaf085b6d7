// Adds a copy button to each code block.
// Browsers provide the clipboard only over HTTPS and on localhost.
for (const block of navigator.clipboard ? document.querySelectorAll(".step-body pre[tabindex]") : []) {
  const button = document.getElementById("copy_button").content.firstElementChild.cloneNode(true);
  const frame = Object.assign(document.createElement("div"), { className: "copyable" });
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 2000);
  });
  block.replaceWith(frame);
  frame.append(block, button);
}
