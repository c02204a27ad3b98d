// Gives the empty values. What was asked for by this button, if it is still being answered, is stopped: its Stop button is
// pressed, as soon as it is there; unless the button is clicked again before, whose answer then replaces the old one.
() => {
  const button = document.getElementById($button);
  let again = false;
  const press = () => {
    const stop = document.getElementById($stop);
    if (again) return;
    if (stop) stop.click();
    else if (button.classList.contains("asked")) setTimeout(press, 50);
  };
  if (button) {
    button.addEventListener("click", () => { again = true; }, { once: true });
    press();
  }
  return $values;
}
