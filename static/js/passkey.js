// Passkeys: ask the browser for one, put what it answers into the form, and send that.
{
  const { webauthnJSON } = window;
  const written = document.getElementById("passkey_options");
  let offer; // to sign in by the list of a text field; ends when a button is pressed

  const optionsOf = async ({ options }) => {
    if (!options) return JSON.parse(written.textContent);
    const answer = await fetch(options, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return (await answer.json()).request_options;
  };

  const credential = async (form, more = {}) => {
    const options = await optionsOf(form.dataset);
    const alone = form.elements.passwordless?.checked;
    if (alone !== undefined) {
      Object.assign(options.publicKey.authenticatorSelection, {
        residentKey: alone ? "required" : "discouraged",
        requireResidentKey: alone,
        ...(alone && { userVerification: "required" }),
      });
    }
    return webauthnJSON[form.dataset.passkey]({ ...options, ...more });
  };

  const send = (form, answer) => {
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  };

  const press = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = form.querySelector("[role=alert]");
    said.textContent = "";
    offer?.abort();
    try {
      send(form, await credential(form));
    } catch (error) {
      said.textContent = error.name === "InvalidStateError"
        ? "This device or key has a passkey for the account already."
        : "No passkey was used. Try again when you are ready.";
    }
  };

  const offerInField = async (form) => {
    if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
    offer = new AbortController();
    const { signal } = offer;
    try {
      send(form, await credential(form, { mediation: "conditional", signal }));
    } catch {
      // Nobody took up the offer, or the button was pressed.
    }
  };

  if (webauthnJSON?.supported()) {
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", press);
      if (form.dataset.options) offerInField(form);
    }
  }
}
