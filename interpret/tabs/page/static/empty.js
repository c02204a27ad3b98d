// Gives the empty values, at once or when what a button asked for has ended.
() => {
  const values = $values, button = document.getElementById($button);
  if (!button) return values;
  if ($ended) {  // An answer stays, unless its question was given up in the meantime.
    const givenUp = button.dataset.givenUp;
    delete button.dataset.givenUp;
    return givenUp ? values : values.map(() => ({ __type__: "update" }));
  }
  const press = () => {
    if (!button.dataset.givenUp) return;
    const stop = document.getElementById($stop);
    if (stop) stop.click();
    else setTimeout(press, 50);
  };
  if (button.classList.contains("asked")) {
    button.dataset.givenUp = "yes";
    press();
  }
  return values;
}
