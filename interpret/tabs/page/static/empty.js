// Gives the empty values, and presses the Stop button with this id, if there is one to press.
() => {
  document.getElementById($stop)?.click();
  return $values;
}
