// Leaves the counter as it is while the accordion with this id is folded: nobody sees the answer.
(count) => {
  const unfolded = document.getElementById($accordion)?.querySelector(".label-wrap.open");
  return unfolded ? count + 1 : count;
}
