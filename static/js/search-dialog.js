// "/" and Ctrl K open a search over the page: a combobox whose options the server renders.
// On the search page, they move the cursor to its field.
{
  const link = document.querySelector("a[rel=search]");
  const skeleton = `<dialog class="search-over" closedby="any"><form>
    <input role="combobox" name="q" maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false"
      enterkeyhint="search" dir="auto" aria-autocomplete="list" aria-controls="search_options" aria-expanded="false">
    </form><p class="muted" role="status"></p><div id="search_options" role="listbox"></div></dialog>`;
  let dialog, box, message, list, request, failure;

  function create() {
    document.body.insertAdjacentHTML("beforeend", skeleton);
    dialog = document.body.lastElementChild;
    [box, message, list] = dialog.querySelectorAll("input, p, div");
    box.form.action = link.href;
    for (const element of [dialog, box, list]) element.ariaLabel = link.querySelector("span").textContent;
    box.addEventListener("keydown", moveOrChoose);
    let timer;
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(load, 150);
    });
  }

  function select(option) {
    for (const other of list.children) other.ariaSelected = other === option;
    option?.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  function show(text, options = []) {
    message.textContent = text;
    list.replaceChildren(...options);
    box.ariaExpanded = options.length > 0;
    select();
  }

  async function load() {
    request?.abort(); // so that an old answer never replaces a new one
    request = new AbortController();
    try {
      const address = `${link.href}options/?q=${encodeURIComponent(box.value)}`;
      const response = await fetch(address, { signal: request.signal });
      if (!response.ok) throw response;
      const answer = document.createElement("template");
      answer.innerHTML = await response.text();
      const [first, ...options] = answer.content.children;
      failure = first.dataset.failure;
      show(first.textContent, options);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (failure) show(failure);
      else location.assign(link.href);
    }
  }

  function moveOrChoose(event) {
    const options = [...list.children];
    const current = options.findIndex((option) => option.ariaSelected === "true");
    const next = { ArrowDown: current + 1, ArrowUp: Math.max(current, 0) - 1 }[event.key];
    if (next !== undefined && options.length) select(options.at(next % options.length));
    else if (event.key === "Enter" && current >= 0 && !event.isComposing) options[current].click();
    else return;
    event.preventDefault();
  }

  function isShortcut({ key, ctrlKey, metaKey, altKey, isComposing, target }) {
    if (altKey || isComposing || document.documentElement.dataset.keys === "off") return false;
    if (key === "k") return ctrlKey !== metaKey;
    if (key !== "/" || ctrlKey || metaKey) return false;
    return !target.isContentEditable && !target.matches("input, textarea, select");
  }

  document.addEventListener("keydown", (event) => {
    if (!isShortcut(event)) return;
    event.preventDefault(); // neither open the browser's search nor type "/"
    if (!dialog) create();
    const field = document.getElementById("search_q") ?? box;
    if (field === box && !dialog.open) {
      dialog.showModal();
      load();
    }
    field.select();
  });
}
