// Opens the folded section that a link leads to. By themselves, browsers only open a fold
// with the target inside, and old browsers do not even do that.
if (document.querySelector("details.section")) {
  const findSection = (element) => element?.closest("details.section:not([open])");

  document.addEventListener("click", ({ target }) => {
    const link = target.closest('a[href^="#"]');
    const section = link && findSection(document.getElementById(link.hash.slice(1)));
    if (section) section.open = true;
  });

  const target = document.querySelector(":target");
  if (findSection(target)) {
    findSection(target).open = true;
    target.scrollIntoView();
  }
}
