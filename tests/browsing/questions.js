// Counts what the page has asked the server and not been answered yet, by listening to its requests: tests wait for
// answers, not for seconds. window.answered(limit) resolves to true as soon as all is answered and drawn, or to false
// after `limit` milliseconds. And keeps what the page told in notes that vanish by themselves, in window.told.
(() => {
  const waiting = new Set(), answered = new Set(), plain = window.fetch;
  let joining = 0;
  const done = (id) => { answered.add(id); waiting.delete(id); };

  const join = async (...request) => {
    joining++;
    try {
      const response = await plain(...request), {event_id: id} = await response.clone().json();
      if (id && !answered.has(id)) waiting.add(id);
      return response;
    } finally {
      joining--;
    }
  };

  // The stream goes on unchanged; an answer counts once the page has had its turn with it.
  const listening = () => {
    const decoder = new TextDecoder();
    let rest = "";
    return new TransformStream({transform(chunk, controller) {
      controller.enqueue(chunk);
      const lines = (rest + decoder.decode(chunk, {stream: true})).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const message = JSON.parse(line.slice(5));
        if (message.msg === "process_completed") setTimeout(done, 0, message.event_id);
      }
    }});
  };

  window.fetch = async (...request) => {
    const path = new URL(request[0].url ?? request[0], location.href).pathname;
    if (path.endsWith("/queue/join")) return join(...request);
    if (path.endsWith("/cancel")) done(JSON.parse(request[1]?.body ?? "{}").event_id);
    const response = await plain(...request);
    if (!path.endsWith("/queue/data") || !response.body) return response;
    return new Response(response.body.pipeThrough(listening()), response);
  };

  const idle = () => new Promise((resume) => requestIdleCallback(() => setTimeout(resume, 20)));
  const drawn = () => [...document.images].every((image) => image.complete || image.loading === "lazy");
  window.answered = async (limit) => {
    const end = performance.now() + limit;
    for (let calm = 0; calm < 3; calm++) {
      if (joining || waiting.size || !drawn()) calm = -1;
      if (performance.now() > end) return false;
      await idle();
    }
    return true;
  };

  window.told = new Set();
  new MutationObserver(() => {
    for (const note of document.querySelectorAll("[data-testid=toast-body]")) {
      if (note.checkVisibility()) window.told.add(note.textContent);
    }
  }).observe(document, {childList: true, subtree: true});
})();
