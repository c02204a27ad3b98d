// Presses the Stop button with this id, if it is shown, and gives the empty values.
() => {
  document.getElementById($stop)?.click();
  return $values;
}
