// <fw-camera>: frames of a camera through the studio and back, one in flight; snapshots and recordings.

import { t } from "/app/js/i18n.js";

const LONGEST = 640; // pixels of the longer side that are sent

function scaled(video) {
  const factor = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  return [Math.round(video.videoWidth * factor), Math.round(video.videoHeight * factor)];
}

const blobOf = (canvas, type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality));

class Camera extends HTMLElement {
  #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  #out = document.createElement("canvas");
  #canvas = document.createElement("canvas");
  #socket = null;
  #stream = null;
  #recorder = null;
  #times = [];
  facing = "user";

  connectedCallback() {
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", t("live.view"));
    this.append(this.#canvas);
  }

  disconnectedCallback() {
    this.stop();
  }

  get recording() { return Boolean(this.#recorder); }

  /** Open the camera. Raises what the browser says, such as NotAllowedError. */
  async open() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    const wish = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
    this.#stream = await navigator.mediaDevices.getUserMedia({ video: wish, audio: false });
    this.#video.srcObject = this.#stream;
    await this.#video.play();
  }

  /** Send frames through an effect; `hello` is the first message. Events: facts, failed, sized. */
  run(effect, hello) {
    this.#socket?.close();
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live/${effect}`;
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.binaryType = "blob";
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify(hello));
      this.#send(socket);
    });
    socket.addEventListener("message", (event) => this.#receive(socket, event.data));
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#say("failed", { message: event.reason || t("live.closed") });
    });
  }

  stop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#recorder?.stop();
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async #send(socket) {
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    const [width, height] = scaled(this.#video);
    Object.assign(this.#out, { width, height });
    const pen = this.#out.getContext("2d");
    if (this.facing === "user") pen.setTransform(-1, 0, 0, 1, width, 0); // as in a mirror
    pen.drawImage(this.#video, 0, 0, width, height);
    const frame = await blobOf(this.#out, "image/jpeg", 0.85);
    if (frame && socket.readyState === WebSocket.OPEN) socket.send(frame);
  }

  async #receive(socket, data) {
    if (typeof data === "string") {
      const facts = JSON.parse(data);
      if (facts.error) {
        this.#socket = null;
        return this.#say("failed", facts.error);
      }
      if (facts.ready) return undefined;
      return this.#say("facts", { ...facts, rate: this.#rate() });
    }
    this.#send(socket);
    const picture = await createImageBitmap(data);
    this.#draw(picture);
    picture.close();
  }

  #rate() {
    return this.#times.length < 2 ? 0 : (1000 * (this.#times.length - 1)) / (this.#times.at(-1) - this.#times[0]);
  }

  // What is kept out of the browser carries no signature, so the picture itself says what it is.
  #draw(picture) {
    const { width, height } = picture;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
      this.#say("sized", { width, height });
    }
    const pen = this.#canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    pen.font = `600 ${Math.round(height / 24)}px system-ui, sans-serif`;
    pen.fillStyle = "#ffffffd0";
    pen.shadowColor = "#000";
    pen.shadowBlur = 4;
    pen.textAlign = "right";
    pen.fillText(t("live.mark"), width - height / 24, height / 15);
    pen.shadowBlur = 0;
    this.#times = [...this.#times.slice(-20), performance.now()];
  }

  snapshot() {
    return blobOf(this.#canvas, "image/png");
  }

  /** Record until `recorder.stop()`; resolves with the clip. */
  record() {
    const type = ["video/mp4;codecs=avc1.42E01E", "video/mp4", "video/webm;codecs=vp9", "video/webm"].find((each) => MediaRecorder.isTypeSupported(each));
    const parts = [];
    this.#recorder = new MediaRecorder(this.#canvas.captureStream(30), { mimeType: type, videoBitsPerSecond: 6_000_000 });
    return new Promise((resolve) => {
      this.#recorder.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
      this.#recorder.addEventListener("stop", () => {
        this.#recorder = null;
        resolve(new Blob(parts, { type: type.split(";")[0] }));
      });
      this.#recorder.start(1000);
    });
  }

  endRecording() {
    this.#recorder?.stop();
  }
}

customElements.define("fw-camera", Camera);
