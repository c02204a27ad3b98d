"""A brush on the picture that the network sees: which of its 32x32 pixels to erase, as hexadecimal digits."""

import base64
import io

import gradio as gr
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from model.images import INPUT_SIZE

TEMPLATE = f"""
<div class="brush">
  <canvas width="{INPUT_SIZE}" height="{INPUT_SIZE}" tabindex="0" role="application"
    aria-label="The picture, to brush over: arrow keys move, space brushes or wipes"></canvas>
  <div class="brush-tools">
    <label>Brush size <input type="range" min="1" max="6" value="3" aria-label="Brush size in pixels"></label>
    <button type="button">Clear</button>
  </div>
</div>
"""

STYLE = """
.brush { max-width: 288px; margin: 0 auto; }
canvas { width: 100%; aspect-ratio: 1; display: block; image-rendering: pixelated; touch-action: none;
  cursor: crosshair; background: #0f1219; }
.brush-tools { display: flex; justify-content: space-between; align-items: center; gap: 8px; padding-top: 6px;
  font-size: 0.85rem; }
.brush-tools label { display: flex; align-items: center; gap: 6px; flex: 1; }
.brush-tools input { width: 100%; min-width: 60px; accent-color: #ea580c; }
.brush-tools button { padding: 3px 12px; border: 1px solid var(--border-color-primary); border-radius: 4px; }
"""

# A stroke that begins on a brushed pixel takes away, any other adds. Prop names stand unquoted: Gradio takes every
# quoted word in here for an event of the component.
SCRIPT = """
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
"""


def picture_brush() -> gr.HTML:
    """The brush; its value is what `interpret.attribution.erasing.brushed_mask` reads."""
    return gr.HTML(
        value="",
        label="Brush over what to erase",
        show_label=True,
        container=True,
        padding=True,
        html_template=TEMPLATE,
        css_template=STYLE,
        js_on_load=SCRIPT,
        elem_id="brush",
        picture="",
    )


def brush_on(pixels: UInt8[np.ndarray, "32 32 3"]) -> dict[str, object]:
    """The update that lays the brush on another picture."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    encoded = base64.b64encode(png.getvalue()).decode()
    return gr.update(picture=f"data:image/png;base64,{encoded}")
