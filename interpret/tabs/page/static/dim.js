// Dims the components with these ids while their answers are out of date, or ends that; passes the inputs on.
(...inputs) => {
  for (const id of $ids) {
    const shown = document.getElementById(id);
    if (!shown) continue;
    shown.classList.toggle("asked", $dimmed);
    shown.setAttribute("aria-busy", $dimmed);
  }
  return inputs;
}
