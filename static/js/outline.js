// Marks the link of the part that is being read, under "On this page".
{
  const LINE = 100; // pixels from the top of the window. The part being read begins above it.
  const links = [...document.querySelectorAll(".outline a")];
  const hasBegun = ({ hash }) => document.querySelector(hash).getBoundingClientRect().top < LINE;

  function update() {
    const current = links.findLast(hasBegun) ?? links[0];
    for (const link of links) link.ariaCurrent = link === current || null;
  }

  document.addEventListener("scroll", update, { passive: true });
  update();
}
