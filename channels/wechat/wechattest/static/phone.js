// The phone's page. The server draws; this script replaces what looks different and
// sends forms without leaving the page. Without it every form still works.
(() => {
  const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const toEnd = (list) => { list.scrollTop = list.scrollHeight; };

  const draw = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!old || drawn.get(old) === part.innerHTML) continue;
      const stay = "toEnd" in old.dataset && atEnd(old);
      const kept = [...old.querySelectorAll("input:not([type=hidden]), textarea")].map((field) => field.value);
      drawn.set(old, part.innerHTML);
      old.innerHTML = part.innerHTML;
      old.querySelectorAll("input:not([type=hidden]), textarea").forEach((field, i) => { if (field.type !== "file" && kept[i]) field.value = kept[i]; });
      if (stay) toEnd(old);
    }
  };
  // What was drawn last, as the browser's own HTML differs from the server's.
  const drawn = new Map();

  const connect = () => {
    const stream = new EventSource("/phone/stream");
    stream.addEventListener("parts", (event) => draw(event.data));
    stream.onerror = () => { stream.close(); setTimeout(connect, 1000); };
  };

  const send = async (form, button) => {
    const answer = await fetch(form.action, { method: "POST", headers: { "X-Phone": "1" }, body: new FormData(form, button) });
    if ("reloads" in form.dataset) location.reload();
    return answer.ok;
  };
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    send(form, event.submitter);
    if ("clears" in form.dataset) form.querySelectorAll("input:not([type=hidden]), textarea").forEach((field) => { field.value = ""; });
    for (const open of document.querySelectorAll("details[open]")) open.open = false;
    toEnd(document.querySelector("[data-to-end]"));
  });
  document.addEventListener("change", (event) => {
    if ("submits" in event.target.dataset) event.target.form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !("enter" in event.target.dataset)) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  toEnd(document.querySelector("[data-to-end]"));
  connect();
})();
