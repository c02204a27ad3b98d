// The answer to a click may lie outside what is in view.
() => document.querySelector($selector)?.scrollIntoView({block: $block, behavior: "smooth"})
