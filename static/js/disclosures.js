// Closes an open menu on Escape, and on a click outside it or on one of its links.
{
  const openMenu = () => document.querySelector("details[name=more][open]");
  document.addEventListener("click", ({ target }) => {
    if (openMenu() && (!openMenu().contains(target) || target.closest(".menu a"))) openMenu().open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !openMenu()) return;
    const menu = openMenu();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
