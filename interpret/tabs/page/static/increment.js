// Counts on; but not while the accordion with this id, if there is one, is folded: nobody sees the answer.
(count) => {
  const accordion = document.getElementById($accordion);
  return accordion && !accordion.querySelector(".label-wrap.open") ? count : count + 1;
}
