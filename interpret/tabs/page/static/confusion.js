// The confusion matrix: a grid whose buttons are one Tab stop; arrow keys move in it, Enter and a click choose a cell.
// Property names stand unquoted: Gradio takes every quoted word in here for an event of the component.
const buttons = () => [...element.querySelectorAll(`td button, th button`)];
const at = (row, column) => element.querySelector(`button[data-row="${row}"][data-column="${column}"]`);
const place = (button) => [Number(button.dataset.row), Number(button.dataset.column)];
const stand = (button) => {
  for (const each of buttons()) each.tabIndex = each === button ? 0 : -1;
};
const moves = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
element.onclick = (event) => {
  const button = event.target.closest(`button`);
  if (!button) return;
  stand(button);
  trigger("select", {index: place(button), value: null});
};
element.onkeydown = (event) => {
  const button = event.target.closest(`button`);
  if (!button || !(event.key in moves)) return;
  event.preventDefault();
  let [row, column] = place(button);
  const [down, right] = moves[event.key];
  for (let next = null, steps = 0; !next && steps < 2; steps++) {
    row += down;
    column += right;
    next = at(row, column);
    if (next) { stand(next); next.focus(); }
  }
};
