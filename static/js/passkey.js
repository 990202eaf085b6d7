// Asks the browser for a passkey, puts its response into the form, and submits the form.
{
  const { webauthnJSON } = window;
  const isSupported = webauthnJSON?.supported();
  const messages = document.currentScript.dataset;
  const embeddedOptions = document.getElementById("passkey_options");
  let autofill; // AbortController of the passkey autofill, which a button press ends

  const loadOptions = async ({ options }) => {
    if (!options) return JSON.parse(embeddedOptions.textContent);
    const response = await fetch(options, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return (await response.json()).request_options;
  };

  const requestCredential = async (form, extraOptions = {}) => {
    const options = await loadOptions(form.dataset);
    const isPasswordless = form.elements.passwordless?.checked;
    if (isPasswordless !== undefined) {
      Object.assign(options.publicKey.authenticatorSelection, {
        residentKey: isPasswordless ? "required" : "discouraged",
        requireResidentKey: isPasswordless,
        ...(isPasswordless && { userVerification: "required" }),
      });
    }
    return webauthnJSON[form.dataset.passkey]({ ...options, ...extraOptions });
  };

  const submit = (form, credential) => {
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  };

  const handleSubmit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const alert = form.querySelector("[role=alert]");
    alert.textContent = isSupported ? "" : messages.unsupported;
    if (!isSupported) return;
    autofill?.abort();
    try {
      submit(form, await requestCredential(form));
    } catch (error) {
      alert.textContent = error.name === "InvalidStateError" ? messages.exists : messages.cancelled;
    }
  };

  const startAutofill = async (form) => {
    if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
    autofill = new AbortController();
    const { signal } = autofill;
    try {
      submit(form, await requestCredential(form, { mediation: "conditional", signal }));
    } catch {
      // No passkey was chosen, or the button was pressed.
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", handleSubmit);
    if (isSupported && "autofill" in form.dataset) startAutofill(form);
  }
}
