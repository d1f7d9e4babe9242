// Before the first paint: the theme and the language that were chosen, so that nothing flashes.
(() => {
  const read = (key) => {
    try {
      return JSON.parse(localStorage.getItem("facewright." + key));
    } catch {
      return null;
    }
  };
  const theme = read("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  document.documentElement.lang = read("language") || (navigator.language.startsWith("ko") ? "ko" : "en");
})();
