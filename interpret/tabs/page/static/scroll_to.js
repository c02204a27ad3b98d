// The answer to a click may lie outside what is in view. What was clicked may be hidden by it, and the keyboard's focus
// with it: then the focus goes on to $focus, once that is drawn.
() => {
  document.querySelector($selector)?.scrollIntoView({block: $block, behavior: "smooth"});
  if ($focus) requestAnimationFrame(() => document.querySelector($focus)?.focus({preventScroll: true}));
}
