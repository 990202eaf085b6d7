// Carries a form over a sign-in in the same tab. Without this script, the person signs in
// in another tab.
{
  const STORAGE_KEY = "resend"; // in sessionStorage: the form's address and fields
  const form = document.getElementById("resend_form");
  const link = document.getElementById("resend_sign_in");

  function store() {
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ action: form.getAttribute("action"), fields }));
  }

  // The form is sent without a token, so the server shows it again for one last press.
  function send({ action, fields }) {
    const form = Object.assign(document.createElement("form"), { method: "post", action, hidden: true });
    for (const [name, value] of fields) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form); // a field may be called "submit"
  }

  if (link) {
    store();
    addEventListener("pagehide", store); // the texts may have been edited
    link.target = "";
  } else {
    const stored = sessionStorage.getItem(STORAGE_KEY);
    sessionStorage.removeItem(STORAGE_KEY);
    if (stored && !form) send(JSON.parse(stored));
  }
}
