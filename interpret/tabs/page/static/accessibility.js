// For screen readers: every image takes its label as its alternative text whenever one is drawn, since Gradio gives it
// none; and the sentences that change with the answer are read out.
() => {
  const prepare = () => {
    document.querySelectorAll(".pixels .image-container img").forEach((image) => {
      const label = image.closest(".block").querySelector("[data-testid=block-label]")?.textContent.trim();
      if (label && image.alt !== label) image.alt = label;
    });
    document.querySelectorAll(".answer, #warning, #erased-sentence").forEach((text) => {
      if (!text.hasAttribute("aria-live")) text.setAttribute("aria-live", "polite");
    });
  };
  new MutationObserver(prepare).observe(document.body, {childList: true, subtree: true});
  prepare();
}
