// For the keyboard and for screen readers, what Gradio leaves out: pictures and thumbnails have the names that stand
// beside them, and sentences that change with the answer are read out. Thumbnails, the ways to choose a picture and radio
// buttons are one Tab stop each, and arrow keys move among them. A list closes when the focus leaves it.
() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const groups = () => [
    all("#panel .thumbnail-item"),
    ...all(".tabitem .grid-container").map((grid) => all(".thumbnail-item", grid)),
    ...all(".source-selection").map((sources) => all("button", sources)),
  ];
  const set = (element, name, value) => {
    if (value && element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  const prepare = () => {
    all(".pixels .image-container img").forEach((image) => {
      const label = image.closest(".block").querySelector("[data-testid=block-label]")?.textContent.trim();
      set(image, "alt", label);
      const button = image.closest("button");
      if (button && !button.matches(".selectable")) set(button, "tabindex", "-1");
    });
    all(".thumbnail-item").forEach((item) => set(item, "aria-label", item.querySelector(".caption-label")?.textContent));
    all(".answer, #warning, #erased-sentence").forEach((text) => set(text, "aria-live", "polite"));
    all("fieldset").forEach((field) => {
      const [first, ...others] = all("input[type=radio]", field);
      others.forEach((radio) => set(radio, "name", first.name));
    });
    groups().forEach((items) => {
      const stop = items.find((item) => item.getAttribute("tabindex") === "0") ?? items[0];
      items.forEach((item) => set(item, "tabindex", item === stop ? "0" : "-1"));
    });
  };

  const steps = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1};
  document.addEventListener("keydown", (event) => {
    const items = event.key in steps && groups().find((group) => group.includes(event.target));
    const next = items && items[items.indexOf(event.target) + steps[event.key]];
    if (!next) return;
    event.preventDefault();
    items.forEach((item) => set(item, "tabindex", item === next ? "0" : "-1"));
    next.focus();
  });
  document.addEventListener("focusout", ({target, relatedTarget}) => {
    const list = target.matches("[role=combobox][aria-expanded=true]") && target;
    if (!list || target.closest(".block").contains(relatedTarget)) return;
    target.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
  });

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; prepare(); });
  }).observe(document.body, {childList: true, subtree: true});
  prepare();
}
