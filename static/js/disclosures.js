// Menus close when one turns away from them.
{
  const opened = () => document.querySelector("details[name=more][open]");
  document.addEventListener("click", ({ target }) => {
    if (opened() && (!opened().contains(target) || target.closest(".menu a"))) opened().open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !opened()) return;
    const details = opened();
    details.open = false;
    details.querySelector("summary").focus();
  });
}
