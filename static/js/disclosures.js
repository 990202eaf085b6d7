// Closes an open menu on Escape, on a click outside it, and on one of its links or buttons.
// Scrolls until an opened menu is in sight.
{
  const openMenu = () => document.querySelector("details[name=more][open]");

  function closeMenu() {
    const menu = openMenu();
    menu.open = false;
    return menu.querySelector("summary");
  }

  document.addEventListener("click", ({ target }) => {
    if (!openMenu()) return;
    if (!openMenu().contains(target) || target.closest(".menu a")) closeMenu();
    // The button soon does the opposite, so the focus must not stay on it.
    else if (target.closest(".menu button")) closeMenu().focus();
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target === openMenu()) target.querySelector(".menu").scrollIntoView({ block: "nearest" });
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !openMenu()) return;
    event.preventDefault(); // a dialog round the menu stays open
    closeMenu().focus();
  });
}
