// Elements without a framework: h() builds them, icon() draws the line icons.

const PROPERTIES = new Set(["value", "checked", "muted"]);
const SVG = "http://www.w3.org/2000/svg";

/** Build an element. `on` holds listeners, `style` custom properties and properties (set by CSSOM). */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === "style") for (const [key, v] of Object.entries(value)) element.style.setProperty(key, v);
    else if (PROPERTIES.has(name)) continue;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  // A select takes its value only once its options are there.
  for (const name of PROPERTIES) if (name in props) element[name] = props[name];
  return element;
}

const PATHS = {
  home: "M12 3c-4.4 0-7 3-7 7.2C5 15.8 8.2 21 12 21s7-5.2 7-10.8C19 6 16.4 3 12 3ZM9.2 10.6h.01M14.8 10.6h.01M9.5 15.2c1.5 1.3 3.5 1.3 5 0",
  try: "M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2M9 10h.01M15 10h.01M9 14.5c1.8 1.6 4.2 1.6 6 0",
  mix: "M9 16a6 6 0 1 1 0-12 6 6 0 0 1 0 12ZM15 20a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z",
  live: "M3 8.5A2.5 2.5 0 0 1 5.5 6h7A2.5 2.5 0 0 1 15 8.5v7a2.5 2.5 0 0 1-2.5 2.5h-7A2.5 2.5 0 0 1 3 15.5ZM15 11l6-3.5v9L15 13",
  gallery: "M4 5.5A1.5 1.5 0 0 1 5.5 4h5v7H4ZM13.5 4h5A1.5 1.5 0 0 1 20 5.5V8h-6.5ZM4 14h6.5v6h-5A1.5 1.5 0 0 1 4 18.5ZM13.5 11H20v7.5a1.5 1.5 0 0 1-1.5 1.5h-5Z",
  experts: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  settings: "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M18.4 5.6l-1.8 1.8M7.4 16.6l-1.8 1.8",
  shuffle: "M3 7h3.5c4.5 0 6 10 10.5 10H21M3 17h3.5c1.7 0 3-1.5 4-3.3M13.5 9.7C14.5 8.2 15.6 7 17 7h4M18 4l3 3-3 3M18 14l3 3-3 3",
  back: "M19 12H5M11 6l-6 6 6 6",
  next: "M5 12h14M13 6l6 6-6 6",
  check: "M5 12.5 10 17.5 19.5 7",
  close: "M6 6l12 12M18 6 6 18",
  camera: "M4 8.5A1.5 1.5 0 0 1 5.5 7h2l1.5-2.5h6L16.5 7h2A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5ZM12 16a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z",
  picture: "M4 6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2ZM4 16.5l4.5-4.5 4 4 2.5-2.5 5 5M15 9h.01",
  save: "M12 4v11M7 10.5 12 15.5l5-5M5 20h14",
  share: "M12 15V4M8 7.5 12 3.5l4 4M6 11v7.5A1.5 1.5 0 0 0 7.5 20h9a1.5 1.5 0 0 0 1.5-1.5V11",
  again: "M4.5 12a7.5 7.5 0 1 0 2.4-5.5M4.5 4v4h4",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 11v5M13.5 11v5",
  pin: "M9 4h6l-1 6 3 3H7l3-3ZM12 13v7",
  copy: "M9 9V5.5A1.5 1.5 0 0 1 10.5 4h8A1.5 1.5 0 0 1 20 5.5v8a1.5 1.5 0 0 1-1.5 1.5H15M5.5 9h8a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 4 18.5v-8A1.5 1.5 0 0 1 5.5 9Z",
  older: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.5l3.5 2",
  younger: "M12 21v-9M12 12c0-4 2.5-6.5 7-6.5 0 4.3-2.5 6.5-7 6.5ZM12 15c0-3-2-5-6-5 0 3.5 2 5 6 5Z",
  worn: "M5 9c1.2-1.3 3-1.3 4.2 0M14.8 9c1.2-1.3 3-1.3 4.2 0M5.5 12.2c1 .9 2.5.9 3.5 0M15 12.2c1 .9 2.5.9 3.5 0M8.5 18c2-1.8 5-1.8 7 0",
  fresh: "M12 3.5v4M12 16.5v4M3.5 12h4M16.5 12h4M6.5 6.5l2 2M15.5 15.5l2 2M17.5 6.5l-2 2M8.5 15.5l-2 2",
  toon: "M12 20c4.7 0 8-3 8-7.5S16.7 4 12 4s-8 4-8 8.5S7.3 20 12 20ZM9 13.5a2 2.5 0 1 0 0-5 2 2.5 0 0 0 0 5ZM15 13.5a2 2.5 0 1 0 0-5 2 2.5 0 0 0 0 5ZM10 16.8c1.3.7 2.7.7 4 0",
  baby: "M12 20.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM12 5.5C10.5 4.5 11 2.5 13 3M9 12h.01M15 12h.01M9.8 15.5c1.4 1 3 1 4.4 0",
  character: "M12 3l2.4 5.6 6.1.5-4.6 4 1.4 5.9L12 15.8 6.7 19l1.4-5.9-4.6-4 6.1-.5Z",
  clear: "M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.8 15.8 20.5 20.5M8.5 11h5M11 8.5v5",
  expressions: "M5 20V10M10 20V4M15 20v-7M20 20v-4",
  swap: "M4 8.5h14M14.5 5 18 8.5 14.5 12M20 15.5H6M9.5 12 6 15.5 9.5 19",
  emoji: "M12 21a9 9 0 0 0 9-9c0-5-4-9-9-9s-9 4-9 9 4 9 9 9ZM8.5 10h.01M15.5 10h.01M8 14c1.2 2.7 6.8 2.7 8 0Z",
  record: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z",
  stop: "M7.5 7.5h9v9h-9Z",
  play: "M8 5.5v13l10.5-6.5Z",
  flip: "M4.5 10a8 8 0 0 1 14-2.5M19 4v4h-4M19.5 14a8 8 0 0 1-14 2.5M5 20v-4h4",
  lock: "M7 11V8.5a5 5 0 0 1 10 0V11M6.5 11h11A1.5 1.5 0 0 1 19 12.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5v-6A1.5 1.5 0 0 1 6.5 11Z",
  warning: "M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17h.01",
  search: "M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.8 15.8 20.5 20.5",
  seal: "M12 3.5 18.5 6v5.5c0 4.3-2.7 7.4-6.5 9-3.8-1.6-6.5-4.7-6.5-9V6ZM9 12l2.2 2.2L15.2 10",
};

/** Draw a line icon of 24 units; it is decoration, the name is in the text beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.character);
  svg.append(path);
  return svg;
}

/** Put other children in place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Call `action` once, `milliseconds` after the last call. */
export function debounce(action, milliseconds) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

/** Whether whoever looks asked for little movement. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
