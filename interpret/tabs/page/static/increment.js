// Counts on; but not while the accordion or the tab with this id, if one is named, is closed: nobody sees the answer.
// What was never opened is not on the page yet.
(count) => {
  const id = $within;
  if (id === null) return count + 1;
  const within = document.getElementById(id), fold = within?.querySelector(":scope > .label-wrap");
  return (fold ? fold.matches(".open") : within?.checkVisibility()) ? count + 1 : count;
}
