// Asks the browser for a passkey, and sends its answer with the page's own form.
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const keys = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));

function asked(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.allowCredentials && { allowCredentials: keys(options.allowCredentials) }),
    ...(options.excludeCredentials && { excludeCredentials: keys(options.excludeCredentials) }),
  };
}

function answered(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: Object.fromEntries(
      parts.filter((part) => response[part]).map((part) => [part, text(response[part])]),
    ),
  });
}

const WHY = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };

export function usePasskeys() {
  for (const part of document.querySelectorAll("[data-without]")) part.hidden = true;
  for (const part of document.querySelectorAll("[data-with]")) part.hidden = false;
  for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

function prepare(form) {
  const trouble = (why) => {
    for (const words of form.querySelectorAll("[data-why]")) words.hidden = words.dataset.why !== why;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble("");
    if (!window.PublicKeyCredential) return trouble("unable");
    const token = form.elements.csrf_token.value;
    try {
      const answer = await fetch(form.dataset.question, {
        method: "POST",
        body: new URLSearchParams({ csrf_token: token }),
      });
      if (!answer.ok) return trouble("failed");
      const publicKey = asked(await answer.json());
      form.elements.answer.value = answered(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      form.submit();
    } catch (error) {
      trouble(WHY[error.name] ?? "failed");
    }
  });
}
