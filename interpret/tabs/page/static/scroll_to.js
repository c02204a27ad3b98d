// The answer to a click may lie outside what is in view. What was clicked may be hidden by it, and the keyboard's focus
// with it: then the focus goes on to $focus, once that is drawn. It does not scroll smoothly: that ends wherever it is when
// the page grows under it, as it does while an answer comes.
() => {
  document.querySelector($selector)?.scrollIntoView({block: $block, behavior: "instant"});
  if ($focus) requestAnimationFrame(() => document.querySelector($focus)?.focus({preventScroll: true}));
}
