// The patients' page. Messages arrive as drawn by the server over one event
// stream; what the patient writes is kept until the server has it.
(() => {
  const page = document.body.dataset;
  const $ = (name) => document.querySelector(`[data-${name}]`);
  const list = $("messages"), waiting = $("pending"), thread = $("thread"), typing = $("typing");
  // Where the conversation is held in another app there is nothing to write in.
  const composer = $("composer"), box = composer?.elements.text, problem = $("problem"), connection = $("connection");
  const storageKey = `careline-pending ${page.path}`;

  const atEnd = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 160;
  const toEnd = () => { thread.scrollTop = thread.scrollHeight; };
  const node = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  };

  // --- messages from the server -------------------------------------------
  let last = Number(page.last);
  const show = (number, html) => {
    if (number <= last) return;
    last = number;
    const stay = atEnd();
    const item = node(html);
    if (item) {
      list.append(item);
      if (item.dataset.inbox) arrived(item);
    }
    if (stay) reveal(item);
  };
  // A long answer is shown from its first line, not from its last.
  const reveal = (item) => {
    toEnd();
    if (item && item.offsetHeight > thread.clientHeight - 40) item.scrollIntoView({ block: "start" });
  };

  // Nobody waits for ever: after a minute the page stops promising an answer.
  let thinking;
  const think = (on) => {
    clearTimeout(thinking);
    typing.hidden = !on;
    if (on) thinking = setTimeout(() => think(false), 60000);
  };
  think(!typing.hidden);

  let stream, quietTimer, failures = 0;
  const connect = () => {
    stream?.close();
    stream = new EventSource(`${page.path}/stream?after=${last}`);
    stream.addEventListener("open", () => { failures = 0; connection.hidden = true; heard(); flush(); });
    stream.addEventListener("message", (event) => { heard(); show(Number(event.lastEventId), event.data); });
    stream.addEventListener("status", (event) => { heard(); $("status").textContent = event.data; });
    stream.addEventListener("typing", (event) => { heard(); const stay = atEnd(); think(event.data === "on"); if (stay && !typing.hidden) toEnd(); });
    stream.addEventListener("beat", heard);
    stream.onerror = () => lost();
  };
  // The browser gives up on some failures; we never do.
  const lost = () => {
    stream.close();
    clearTimeout(quietTimer);
    connection.hidden = false;
    think(false);
    failures += 1;
    quietTimer = setTimeout(connect, Math.min(500 * 2 ** failures, 8000));
  };
  const heard = () => {
    clearTimeout(quietTimer);
    quietTimer = setTimeout(lost, 45000);
  };
  window.addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && stream.readyState === EventSource.CLOSED) connect(); });

  // --- what the patient writes --------------------------------------------
  let queue = [];
  try { if (composer) queue = JSON.parse(sessionStorage.getItem(storageKey)) ?? []; } catch { queue = []; }
  const keep = () => { try { if (composer) sessionStorage.setItem(storageKey, JSON.stringify(queue)); } catch { /* a full or closed storage loses only the copy */ } };

  const bubble = (message) => {
    const item = document.createElement("li");
    item.className = "message patient waiting";
    item.dataset.client = message.id;
    const body = document.createElement("div");
    body.className = "bubble";
    body.textContent = message.text;
    const note = document.createElement("p");
    note.className = "byline";
    note.textContent = page.wordPending;
    item.append(body, note);
    waiting.append(item);
  };
  const bubbleOf = (id) => waiting.querySelector(`[data-client="${CSS.escape(id)}"]`);
  const forget = (id) => {
    queue = queue.filter((message) => message.id !== id);
    keep();
  };
  // The stored message has come back: its waiting copy goes.
  const arrived = (item) => {
    const text = item.querySelector(".bubble").textContent.replace(/\s+/g, "");
    const match = queue.find((message) => message.inbox === item.dataset.inbox)
      ?? queue.find((message) => !message.inbox && message.text.replace(/\s+/g, "") === text);
    if (!match) return;
    bubbleOf(match.id)?.remove();
    match.shown = true;
    if (match.inbox) forget(match.id);
  };

  let sending = false;
  const flush = async () => {
    if (sending) return;
    sending = true;
    try {
      for (let next; (next = queue.find((message) => !message.inbox)); ) {
        if (!await send(next)) break;
      }
    } finally { sending = false; }
  };
  const send = async (message) => {
    let answer;
    try {
      answer = await fetch(`${page.path}/messages`, {
        method: "POST", headers: { Accept: "application/json" },
        body: new URLSearchParams({ id: message.id, text: message.text }),
      });
    } catch { return later(); }
    const body = await answer.json().catch(() => ({}));
    if (answer.status >= 500) { tell(body.error || page.wordUnavailable); return later(); }
    if (!answer.ok) {
      tell(body.error);
      bubbleOf(message.id)?.remove();
      forget(message.id);
      if (box && !box.value) { box.value = message.text; grow(); }
      return true;
    }
    tell("");
    // A repeated message has no new place: the stream has shown it or will.
    message.inbox = String(body.inbox ?? "again");
    if (!body.inbox || message.shown || list.querySelector(`[data-inbox="${message.inbox}"]`)) {
      bubbleOf(message.id)?.remove();
      forget(message.id);
    } else { keep(); }
    return true;
  };
  let retry;
  const later = () => { clearTimeout(retry); retry = setTimeout(flush, 3000); return false; };

  const tell = (sentence) => { problem.textContent = sentence || ""; problem.hidden = !sentence; };
  const uuid = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (+c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (+c / 4)))).toString(16));
  const ask = (text) => {
    if (!text.trim()) { tell(page.wordEmpty); return; }
    tell("");
    const message = { id: uuid(), text };
    queue.push(message);
    keep();
    bubble(message);
    toEnd();
    flush();
  };
  const grow = () => {
    if (CSS.supports("field-sizing", "content")) return;
    box.rows = Math.min(6, box.value.split("\n").length);
  };
  composer?.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(box.value);
    box.value = "";
    grow();
    box.focus();
  });
  box?.addEventListener("input", grow);
  box?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });

  // --- sheets ---------------------------------------------------------------
  const sheet = $("sheet-host"), body = $("sheet-body");
  const open = async (address) => {
    let answer;
    try { answer = await fetch(address, { headers: { "X-Fragment": "sheet" } }); } catch { location.href = address; return; }
    if (!answer.ok) { location.href = address; return; }
    fill(await answer.text());
  };
  const fill = (html) => {
    body.innerHTML = html;
    if (!sheet.open) sheet.showModal();
    sheet.scrollTop = 0;
    sheet.setAttribute("aria-label", body.querySelector("h2")?.textContent ?? "");
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shut]")) { event.preventDefault(); sheet.close(); return; }
    if (event.target === sheet) { sheet.close(); return; }
    const link = event.target.closest("a[data-sheet]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.getAttribute("href"));
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-feedback]")) {
      event.preventDefault();
      const answer = await post(form, event.submitter);
      if (!answer?.ok) return;
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", button === event.submitter);
      let note = form.querySelector("output");
      if (!note) { note = document.createElement("output"); form.append(note); }
      note.textContent = form.dataset.thanks;
    } else if (form.matches("[data-sheet-form]")) {
      event.preventDefault();
      event.submitter.disabled = true;
      const answer = await post(form, event.submitter);
      event.submitter.disabled = false;
      if (!answer) { tell(page.wordUnavailable); sheet.close(); return; }
      if (answer.redirected || answer.status === 204) { sheet.close(); if (answer.redirected) location.reload(); return; }
      fill(await answer.text());
    }
  });
  const post = (form, submitter) => fetch(form.action, {
    method: "POST", headers: { "X-Fragment": "sheet" }, body: new URLSearchParams(new FormData(form, submitter)),
  }).catch(() => null);

  // --- the demo's questions come from the frame around us ---------------------
  if ("demo" in page && window.parent !== window) {
    window.addEventListener("message", (event) => {
      if (event.origin !== location.origin || event.source !== window.parent) return;
      if (typeof event.data?.ask === "string") ask(event.data.ask);
    });
    window.parent.postMessage({ careline: "ready" }, location.origin);
  }

  queue = queue.filter((message) => !message.inbox || !list.querySelector(`[data-inbox="${message.inbox}"]`));
  keep();
  for (const message of queue) bubble(message);
  toEnd();
  const latest = list.lastElementChild;
  if (latest && latest.offsetHeight > thread.clientHeight - 40) latest.scrollIntoView({ block: "start" });
  connect();
})();
