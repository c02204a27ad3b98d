// The confusion matrix as a table of buttons, drawn from the property `matrix`. It is one Tab stop: arrow keys move in
// it; Enter and a click choose a cell, or all of a class by its name. Property names stand unquoted: Gradio takes every
// quoted word in here for an event of the component.
const make = (tag, parent, properties) => parent.appendChild(Object.assign(document.createElement(tag), properties));
const at = (row, column) => element.querySelector(`button[data-row="${row}"][data-column="${column}"]`);
const place = (button) => [Number(button.dataset.row), Number(button.dataset.column)];
const stand = (button) => {
  for (const each of element.querySelectorAll(`button`)) each.tabIndex = each === button ? 0 : -1;
};
const cell = (parent, row, column, text, label) => {
  const button = make(`button`, parent, {type: `button`, textContent: text, title: label, ariaLabel: label});
  Object.assign(button.dataset, {row, column});
  return button;
};

const draw = () => {
  const {names, texts, colours, inks, scale, all} = props.matrix;
  element.replaceChildren();
  const frame = make(`div`, element, {className: `confusion`}), table = make(`table`, frame, {});
  make(`caption`, table, {textContent: `true class (rows), taken for (columns)`});
  const head = make(`tr`, make(`thead`, table, {}), {}), body = make(`tbody`, table, {});
  make(`td`, head, {});
  names.forEach((name, column) => cell(make(`th`, head, {scope: `col`}), all, column, name, `everything taken for ${name}`));
  texts.forEach((row, down) => {
    const line = make(`tr`, body, {});
    cell(make(`th`, line, {scope: `row`}), down, all, names[down], `all errors of ${names[down]}`);
    row.forEach((text, across) => {
      if (down === across) return make(`td`, line, {className: `right`, textContent: text});
      const label = `${text}: ${names[down]} taken for ${names[across]}`;
      Object.assign(cell(make(`td`, line, {}), down, across, text, label).style,
        {background: colours[down][across], color: inks[down][across]});
    });
  });
  const legend = make(`div`, frame, {className: `confusion-scale`});
  make(`span`, legend, {textContent: scale.low});
  make(`i`, legend, {}).style.background = `linear-gradient(to right, ${scale.colours.join()})`;
  make(`span`, legend, {textContent: scale.high});
  stand(at(0, 1));
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
  const [row, column] = place(button), [down, across] = moves[event.key];
  // The diagonal has no buttons, and is stepped over.
  const next = at(row + down, column + across) || at(row + 2 * down, column + 2 * across);
  if (next) { stand(next); next.focus(); }
};
watch(Object.keys({matrix: 0}), draw);
draw();
