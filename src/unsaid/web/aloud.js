// A rewrite that is said aloud: recorded here, heard by unsaid on this machine, and checked like a typed one.
import { card } from "./card.js";
import { desk } from "./desk.js";
import { here, onMove } from "./here.js";
import { stop } from "./hear.js";
import { Refused } from "./wire.js";
import { id, tell, write } from "./words.js";

const { clock } = sounding;
const LONGEST_S = 88; // the server takes 90
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const REFUSED = {
  NotAllowedError: "The microphone was refused. Allow it for this page (beside the address), and try again",
  NotFoundError: "No microphone was found. Connect one, and try again",
  NotReadableError: "The microphone is in use by another program, or switched off. Free it, and try again",
};

const panel = id("aloud");
let take = null; // one at a time: {moment, stream, sound, recorder, began, blob, thrown, away}
let before = null; // what had the keyboard

function stage(name, words, { try_ = false } = {}) {
  panel.hidden = false;
  panel.dataset.stage = name;
  write(id("aloud-words"), words);
  id("aloud-level").hidden = id("aloud-time").hidden = name !== "recording";
  id("aloud-stop").hidden = name !== "recording";
  id("aloud-again").hidden = !try_;
  write(id("aloud-throw-words"), name === "trouble" && !take?.blob ? "Close" : "Throw it away");
  id("aloud-throw").hidden = name === "hearing";
}
/** Begin; where a take is going on, end it. */
export async function aloud() {
  if (take) return take.recorder ? finish() : undefined;
  const m = here.current();
  if (!m) return;
  stop();
  before = document.activeElement === document.body ? card : document.activeElement;
  take = { moment: m.id, thrown: false };
  const mine = take;
  stage("opening", "Opening the microphone …");
  try {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) throw new DOMException("", "NoRecorder");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (mine.thrown) return close(stream);
    mine.stream = stream;
    begin(mine);
  } catch (error) {
    if (mine.thrown) return;
    release(mine);
    const why = REFUSED[error.name] ?? "This browser gives the page no sound to record";
    stage("trouble", `${why}; or type the sentence (w), or say it in the terminal: unsaid review --say.`, { try_: true });
    focus("aloud-again");
  }
}
function begin(mine) {
  const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
  mine.recorder = new MediaRecorder(mine.stream, type ? { mimeType: type } : {});
  const parts = [];
  mine.recorder.ondataavailable = ({ data }) => data.size && parts.push(data);
  mine.recorder.onstop = () => {
    release(mine);
    if (mine.thrown) return;
    mine.blob = new Blob(parts, { type: (mine.recorder.mimeType || type || "").split(";")[0] });
    send(mine);
  };
  mine.began = performance.now();
  mine.recorder.start(1000);
  stage("recording", "Say it in one sentence.");
  focus("aloud-stop");
  meter(mine);
}
/** The level, and the time, as long as it records. */
function meter(mine) {
  mine.sound = new AudioContext();
  const heard = mine.sound.createAnalyser();
  heard.fftSize = 1024;
  mine.sound.createMediaStreamSource(mine.stream).connect(heard);
  const samples = new Float32Array(heard.fftSize);
  const level = id("aloud-level");
  const each = () => {
    if (mine.recorder.state !== "recording") return;
    heard.getFloatTimeDomainData(samples);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    // From -60 dB to 0: what is quiet can be seen as well.
    level.value = Math.max(0, 1 + Math.log10(Math.max(loudest, 1e-6)) / 3);
    const time_s = (performance.now() - mine.began) / 1000;
    write(id("aloud-time"), `${clock(time_s)} of ${clock(LONGEST_S)}`);
    if (time_s >= LONGEST_S) finish();
    else requestAnimationFrame(each);
  };
  each();
}
function finish() {
  if (take?.recorder?.state === "recording") take.recorder.stop();
}
async function send(mine) {
  stage("hearing", "unsaid listens to what you said …");
  if (panel.contains(document.activeElement) || document.activeElement === document.body) card.focus({ preventScroll: true });
  try {
    const answer = await desk.sound(mine.moment, mine.blob);
    take = null;
    hide();
    here.go(mine.moment, { quietly: true, scroll: false });
    const notes = answer.notes?.length ? ` ${answer.notes.join(" ")}` : "";
    const verdict = answer.missing.length ? `It does not pass yet. ${answer.missing.join(" ")}` : "It passes.";
    tell(`Heard: “${answer.heard}”. ${verdict}${notes}`);
    id("then-now").focus({ preventScroll: true });
  } catch (error) {
    // Where the server is away the same sound may do; what it refused has to be said anew.
    mine.away = !(error instanceof Refused) || error.status === 403;
    const why = mine.away ? "unsaid does not answer. What you said is kept here." : `${error.message}. ${error.hint}`;
    stage("trouble", `Not kept: ${why}`, { try_: true });
    focus("aloud-again");
  }
}
/** What was recorded is sent once more, else it is recorded anew. */
function again() {
  const mine = take;
  if (mine?.blob && mine.away) return send(mine);
  take = null;
  aloud();
}
/** Away with it. */
export function throwAway() {
  if (!take) return false;
  take.thrown = true;
  if (take.recorder?.state === "recording") take.recorder.stop();
  release(take);
  take = null;
  hide();
  return true;
}
function hide() {
  const inside = panel.contains(document.activeElement);
  panel.hidden = true;
  if (inside) (before?.isConnected && before.offsetParent ? before : card).focus({ preventScroll: true });
}
function release(mine) {
  close(mine.stream);
  mine.sound?.close().catch(() => {});
  mine.sound = mine.stream = null;
}
function close(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
function focus(name) {
  id(name).focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest" });
}
/** A key while it is said; true where it was one. */
export function saying(key) {
  if (!take) return false;
  if (key === "Escape") throwAway();
  else if (take.recorder?.state === "recording" && (key === "Enter" || key === " " || key === "v")) finish();
  else return false;
  return true;
}
id("aloud-stop").addEventListener("click", finish);
id("aloud-throw").addEventListener("click", throwAway);
id("aloud-again").addEventListener("click", again);
onMove.moved.push((other) => other && take && !take.blob && throwAway());
addEventListener("beforeunload", (event) => take?.blob && event.preventDefault());
