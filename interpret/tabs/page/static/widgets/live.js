// The camera: one frame at a time is sent to be explained, and the next is taken when the answer is there, so that
// frames are left out and never wait. It ends with a click, when nobody sees it any more, and when the camera goes. Text
// stands in backquotes: Gradio takes every quoted word in here for an event of the component.
const find = (selector) => element.querySelector(selector), button = find(`button`), video = find(`video`);
const told = find(`.live-told`), shown = find(`.live-shown`), rate = find(`.live-answer small`);
const figures = element.querySelectorAll(`.live-map`);
const canvas = document.createElement(`canvas`), context = canvas.getContext(`2d`);
const SIDE = 128, PERIOD = 100, PAUSE = 15, MOST_FAILURES = 3;  // pixels of the shorter side; milliseconds
const [SWITCH_ON, SWITCH_OFF] = [button.textContent, `Stop: switch the camera off`];
const WHY = {
  NotAllowedError: `The camera may not be used: allow it for this page in the browser, and click again.`,
  NotFoundError: `There is no camera on this device.`,
  NotReadableError: `The camera cannot be read: another program may be using it.`,
};
let turn = 0, stream = null, times = [];

const tell = (words) => { told.textContent = words; told.hidden = !words; };
const close = (opened) => opened?.getTracks().forEach((track) => track.stop());
const stop = (words) => {
  turn++;
  close(stream);
  stream = video.srcObject = null;
  shown.hidden = true;
  button.setAttribute(`aria-pressed`, false);
  button.textContent = SWITCH_ON;
  tell(words);
};
const seen = () => element.isConnected && !document.hidden && element.checkVisibility();

const frame = () => {
  const {videoWidth: width, videoHeight: height} = video, scale = SIDE / Math.min(width, height);
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  context.imageSmoothingQuality = `high`;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL(`image/jpeg`, 0.92);
};
const show = ({maps, label, sentence, note, problem}) => {
  tell(problem || note);
  if (problem) return;
  figures.forEach((figure, at) => {
    figure.hidden = !maps[at];
    if (!maps[at]) return;
    const [image, caption] = figure.children;
    image.src = maps[at].picture;
    image.alt = caption.textContent = maps[at].title;
  });
  find(`.live-label`).innerHTML = label;
  find(`.live-sentence`).textContent = sentence;
  times = [...times, performance.now()].slice(-20);
  const spent = (times.at(-1) - times[0]) / 1000;
  if (spent) rate.textContent = `${((times.length - 1) / spent).toFixed(1)} answers a second`;
  element.dataset.answers = Number(element.dataset.answers || 0) + 1;
};
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const explain = async (mine) => {
  for (let failures = 0; mine === turn;) {
    if (!seen()) return stop(`Live has ended because it was out of sight; click to go on.`);
    const began = performance.now();
    const answer = await server.live_frame({frame: frame(), choices: props.choices});
    if (mine !== turn) return;
    failures = answer ? 0 : failures + 1;
    if (failures === MOST_FAILURES) return stop(`Live has ended: the app does not answer.`);
    if (answer?.busy) await pause(PERIOD * Math.random());  // another visitor's turn
    else if (answer) show(answer);
    await pause(Math.max(PAUSE, PERIOD - (performance.now() - began)));
  }
};
const start = async () => {
  const mine = ++turn;
  if (!navigator.mediaDevices?.getUserMedia) {
    return tell(window.isSecureContext ? `This browser lets no page use a camera.`
      : `Browsers open a camera for secure pages only: open this page by https, or on the machine that runs it as localhost.`);
  }
  button.setAttribute(`aria-pressed`, true);
  button.textContent = SWITCH_OFF;
  tell(`Waiting for the camera.`);
  let opened = null;
  try {
    opened = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: 320}, height: {ideal: 240}}});
    if (mine !== turn) return close(opened);
    stream = video.srcObject = opened;
    opened.getVideoTracks()[0].onended = () => { if (mine === turn) stop(`Live has ended: the camera was taken away.`); };
    await video.play();
  } catch (error) {
    close(opened);
    return mine === turn && stop(WHY[error.name] ?? `The camera cannot be opened: ${error.message}.`);
  }
  if (mine !== turn) return;
  times = [];
  figures.forEach((figure) => { figure.hidden = true; });
  tell(``);
  shown.hidden = false;
  await explain(mine);
};

button.onclick = () => button.getAttribute(`aria-pressed`) === `true` ? stop(``) : start();
const leave = () => { if (stream) stop(`Live has ended because the page was left; click to go on.`); };
window.addEventListener(`pagehide`, leave);
document.addEventListener(`visibilitychange`, () => { if (document.hidden) leave(); });
