// The demo page: chooses a person by binding their code in the phone's own
// session, and hands a tapped question to the phone.
(() => {
  const path = document.body.dataset.path;
  const phone = document.querySelector("[data-phone]");
  const hint = document.querySelector("[data-hint]");
  const buttons = [...document.querySelectorAll("[data-person]")];
  let chosen = "", ready = false, question = "";

  // The phone says when its conversation (not its consent step) is on screen.
  window.addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== phone.contentWindow) return;
    if (event.data?.careline !== "ready") return;
    ready = true;
    hint.hidden = true;
    hand();
  });
  phone.addEventListener("load", () => { if (!ready && question) hint.hidden = false; });
  const hand = () => {
    if (!ready || !question) return;
    phone.contentWindow.postMessage({ ask: question }, location.origin);
    question = "";
  };

  const choose = async (key) => {
    const button = buttons.find((one) => one.dataset.person === key);
    if (!button || chosen === key) return true;
    const { code, factor, relation } = button.dataset;
    const answer = await fetch(`${path}/bind`, { method: "POST", body: new URLSearchParams({ code, factor, relation }) }).catch(() => null);
    if (!answer?.ok) return false;
    chosen = key;
    for (const one of buttons) one.setAttribute("aria-pressed", one === button);
    ready = false;
    phone.src = path;
    return true;
  };
  for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.person));
  for (const button of document.querySelectorAll("[data-ask]")) {
    button.addEventListener("click", async () => {
      question = button.dataset.ask;
      await choose(button.dataset.for);
      hand();
      if (!ready) setTimeout(() => { hint.hidden = ready; }, 1500);
      phone.scrollIntoView({ block: "nearest", behavior: "smooth" });
    });
  }
})();
