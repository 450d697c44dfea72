// The staff pages: live updates, keyboard, evidence and trends on demand.
(() => {
  const page = document.body.dataset;
  const $ = (name, root = document) => root.querySelector(`[data-${name}]`);
  const all = (name) => [...document.querySelectorAll(`[data-${name}]`)];
  const node = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  };

  // --- live -----------------------------------------------------------------
  let last = Number(page.last ?? 0), stream, timer, failures = 0;
  const heard = () => { clearTimeout(timer); timer = setTimeout(lost, 45000); };
  const lost = () => {
    stream.close();
    clearTimeout(timer);
    $("live").hidden = false;
    failures += 1;
    timer = setTimeout(connect, Math.min(500 * 2 ** failures, 8000));
  };
  const connect = () => {
    stream = new EventSource(`${page.stream}?after=${last}`);
    stream.onopen = () => { failures = 0; $("live").hidden = true; heard(); };
    stream.onerror = lost;
    stream.addEventListener("beat", heard);
    stream.addEventListener("queue", (event) => {
      heard();
      const chosen = document.activeElement?.dataset?.case;
      $("queue").innerHTML = event.data;
      if (chosen) document.querySelector(`[data-case="${CSS.escape(chosen)}"]`)?.focus();
    });
    stream.addEventListener("line", (event) => {
      heard();
      const item = node(event.data), list = $("messages");
      const old = list.querySelector(`[data-number="${CSS.escape(item.dataset.number)}"]`);
      if (old) { old.replaceWith(item); return; }
      const stay = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
      list.append(item);
      if (stay) list.scrollTop = list.scrollHeight;
      last = Math.max(last, Number(item.dataset.number));
      // What is on the screen has been seen: a reply then is not stale.
      if ($("seen")) $("seen").value = last;
    });
    stream.addEventListener("unsent", (event) => {
      heard();
      const open = $("unsent")?.querySelector("details")?.open;
      if (!$("unsent")) return;
      $("unsent").innerHTML = event.data;
      if (open && $("unsent").firstElementChild) $("unsent").firstElementChild.open = true;
    });
    stream.addEventListener("acts", (event) => {
      heard();
      const acts = $("acts");
      if (!acts.querySelector("details[open]")) acts.innerHTML = event.data;
    });
  };
  if (page.stream) connect();
  const lines = $("messages");
  if (lines) lines.scrollTop = lines.scrollHeight;

  // Somebody who moves or types is at the desk; an open page alone is not.
  let told = 0;
  const here = () => {
    if (!page.stream || Date.now() - told < 60000) return;
    told = Date.now();
    fetch(`${page.path}/here`, { method: "POST", headers: { "X-Fragment": "yes" } }).then((answer) => {
      if (answer.status === 401) location.reload();
    }, () => {});
  };
  for (const sign of ["pointerdown", "pointermove", "keydown"]) document.addEventListener(sign, here, { passive: true });

  // --- evidence and trends ----------------------------------------------------
  const fetchInto = async (address, target) => {
    const answer = await fetch(address, { headers: { "X-Fragment": "yes" } }).catch(() => null);
    if (!answer?.ok) { location.href = address; return false; }
    target.innerHTML = await answer.text();
    return true;
  };
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (!details.open || !details.dataset.evidence) return;
    const into = $("into", details);
    if (!into.hasChildNodes()) fetchInto(details.dataset.evidence, into);
  }, true);
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-trend]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (await fetchInto(link.getAttribute("href"), $("trend-body"))) $("trend-sheet").showModal();
  });

  // --- keyboard ---------------------------------------------------------------
  const move = (step) => {
    const rows = all("case");
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))].focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    switch (event.key) {
      case "j": move(1); break;
      case "k": move(-1); break;
      case "c": $("claim")?.click(); break;
      case "r": document.getElementById("reply")?.focus(); break;
      case "u": $("back")?.click(); break;
      case "?": $("keys").showModal(); break;
      default: return;
    }
    event.preventDefault();
  });
  document.getElementById("reply")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
  });
})();
