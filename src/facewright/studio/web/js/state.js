// What the app remembers on this device: settings, the face in use, the faces seen. Nothing else.

const PREFIX = "facewright.";

/** Read a remembered value, or what to take without one. */
export function recall(key, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Remember a value, and say so to whoever listens. */
export function remember(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing (private windows): it lasts until the page is closed.
  }
  window.dispatchEvent(new CustomEvent("facewright:" + key, { detail: value }));
}

/** Call `listener` with each new value of `key`; ends with the signal. */
export function watch(key, listener, signal) {
  window.addEventListener("facewright:" + key, (event) => listener(event.detail), { signal });
}

const LABELS = ["age", "gender", "ethnicity", "smile"];

/** A face by its seed and the labels asked for; made anew if `seed` is not given. */
export function makeFace(filters = {}, seed = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000) {
  const face = { seed };
  for (const label of LABELS) if (filters[label]) face[label] = filters[label];
  return face;
}

/** The address of its picture. Two sizes only, so that they are found in caches. */
export function faceUrl(face, size = 512) {
  const query = new URLSearchParams({ size });
  for (const label of LABELS) if (face[label]) query.set(label, face[label]);
  return `/api/v1/faces/${face.seed}.webp?${query}`;
}

/** Whether both are the same person. */
export const sameFace = (a, b) => Boolean(a && b) && faceUrl(a) === faceUrl(b);

/** The face that is carried from page to page, or null. */
export const carried = () => recall("face");
