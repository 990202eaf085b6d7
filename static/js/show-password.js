// Shows and hides what is typed into a password field.
for (const button of document.querySelectorAll(".password button")) {
  const field = button.parentElement.querySelector("input");

  function toggle() {
    field.type = field.type === "password" ? "text" : "password";
    for (const label of button.children) label.hidden = !label.hidden;
  }

  button.hidden = false;
  button.addEventListener("click", toggle);
  // Browsers may suggest later what was sent from a text field.
  field.form.addEventListener("submit", () => field.type === "text" && toggle());
}
