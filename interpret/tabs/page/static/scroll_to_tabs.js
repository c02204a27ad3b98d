// On a phone the answer to a click may lie above what is in view.
() => document.querySelector("[role=tablist]").scrollIntoView({block: "start", behavior: "smooth"})
