// The brush: a mask of the pixels, kept in the value of the component as hexadecimal digits, a bit for each pixel.
// A stroke that begins on a brushed pixel wipes, any other brushes. Property names stand unquoted: Gradio takes every
// quoted word in here for an event of the component.
const canvas = element.querySelector("canvas"), context = canvas.getContext("2d");
const size = element.querySelector("input"), side = canvas.width, bits = side * side;
const picture = new Image();
let mask = new Uint8Array(bits), adding = true, last = null, pointer = null, cursor = null;

const draw = () => {
  context.clearRect(0, 0, side, side);
  if (picture.naturalWidth) context.drawImage(picture, 0, 0, side, side);
  context.fillStyle = "rgb(234 88 12 / 0.8)";
  mask.forEach((on, at) => { if (on) context.fillRect(at % side, Math.floor(at / side), 1, 1); });
  context.fillStyle = "#fff";
  if (cursor) context.fillRect(cursor.x, cursor.y, 1, 1);
};
picture.onload = draw;

const read = () => {
  if (last) return;  // not in the middle of a stroke
  const digits = props.value || "";
  mask = Uint8Array.from({length: bits}, (_, at) => digits ? (parseInt(digits[at >> 2], 16) >> (3 - (at & 3))) & 1 : 0);
  if (props.picture && picture.src !== props.picture) picture.src = props.picture;
  draw();
};
const write = () => {
  const digit = (at) => (8 * mask[at] + 4 * mask[at + 1] + 2 * mask[at + 2] + mask[at + 3]).toString(16);
  props.value = mask.some(Boolean) ? Array.from({length: bits / 4}, (_, at) => digit(4 * at)).join("") : "";
};

const place = (event) => {
  const box = canvas.getBoundingClientRect();
  return {x: (event.clientX - box.left) / box.width * side, y: (event.clientY - box.top) / box.height * side};
};
const dab = ({x, y}) => {
  const radius = size.value / 2;
  for (let at = 0; at < bits; at++) {
    const across = at % side + 0.5 - x, down = Math.floor(at / side) + 0.5 - y;
    if (Math.hypot(across, down) <= Math.max(radius, 0.71)) mask[at] = adding ? 1 : 0;
  }
};
const stroke = (event) => {
  if (!last || event.pointerId !== pointer) return;
  const to = place(event), steps = Math.ceil(2 * Math.hypot(to.x - last.x, to.y - last.y)) || 1;
  for (let step = 1; step <= steps; step++) {
    dab({x: last.x + (to.x - last.x) * step / steps, y: last.y + (to.y - last.y) * step / steps});
  }
  last = to;
  draw();
};
const within = (value) => Math.min(side - 1, Math.max(0, Math.floor(value)));
canvas.onpointerdown = (event) => {
  if (event.button || last) return;
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  last = place(event);
  adding = !mask[within(last.y) * side + within(last.x)];
  stroke(event);
};
canvas.onpointermove = stroke;
canvas.onpointerup = canvas.onpointercancel = (event) => {
  if (last && event.pointerId === pointer) { last = null; write(); }
};
const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
canvas.onfocus = () => { if (canvas.matches(":focus-visible")) { cursor = {x: side / 2, y: side / 2}; draw(); } };
canvas.onblur = () => { cursor = null; draw(); };
canvas.onkeydown = (event) => {
  if (!cursor || !(event.key in moves || event.key === " ")) return;
  event.preventDefault();
  if (event.key === " ") {
    adding = !mask[cursor.y * side + cursor.x];
    dab({x: cursor.x + 0.5, y: cursor.y + 0.5});
    write();
  } else {
    cursor = {x: within(cursor.x + moves[event.key][0]), y: within(cursor.y + moves[event.key][1])};
  }
  draw();
};
element.querySelector("button").onclick = () => { props.value = ""; read(); };
watch(Object.keys({value: 0, picture: 0}), read);
read();
