// Choose the part of a picture that is shown: a square to move on the picture itself, by pointer, by
// keys, or by three sliders. Without this the form offers nine places (templates/programme/_crop.html).

const STEP = 2; // hundredths for a key; with Shift, five times as much
const KEYS = {
  ArrowLeft: ["across", -1],
  ArrowRight: ["across", 1],
  ArrowUp: ["down", -1],
  ArrowDown: ["down", 1],
  "+": ["side", 1],
  "=": ["side", 1],
  "-": ["side", -1],
};
const PAUSE = 400; // milliseconds before what has changed is said

for (const part of document.querySelectorAll("[data-part]")) chosen(part);

function chosen(part) {
  const words = part.dataset;
  const exact = part.querySelector("[name=exact]");
  const now = read(exact.value || words.now);
  const picture = made("div", { className: "part__picture" });
  const image = made("img", { src: words.part, alt: "" });
  const square = made("button", { type: "button", className: "part__square" });
  const told = made("p", { className: "govuk-visually-hidden", role: "status" });
  square.setAttribute("aria-label", words.wordsSquare);
  picture.append(image, square);
  const sliders = Object.fromEntries(["across", "down", "side"].map((name) => [name, slider(name)]));
  const group = made("div", { className: "part__sliders", role: "group" });
  group.setAttribute("aria-label", words.wordsSliders);
  for (const [name, one] of Object.entries(sliders)) group.append(named(name, one), one);
  let timer;

  function slider(name) {
    const one = made("input", { type: "range", id: `part-${name}`, min: 0, max: 100, step: 1 });
    if (name === "side") one.min = words.least;
    one.addEventListener("input", () => change({ [name]: Number(one.value) }));
    return one;
  }

  function named(name, one) {
    const label = made("label", { htmlFor: one.id });
    label.textContent = words[`words${name[0].toUpperCase()}${name.slice(1)}`];
    return label;
  }

  function change(wanted) {
    for (const [name, value] of Object.entries(wanted)) {
      const least = name === "side" ? Number(words.least) : 0;
      now[name] = Math.round(Math.min(100, Math.max(least, value)));
    }
    draw();
    clearTimeout(timer);
    timer = setTimeout(() => {
      told.textContent = said();
    }, PAUSE);
  }

  function said() {
    return words.wordsTold
      .replace("%1", now.across)
      .replace("%2", now.down)
      .replace("%3", now.side);
  }

  function room() {
    const { clientWidth: width, clientHeight: height } = image;
    const side = (Math.min(width, height) * now.side) / 100;
    return { side, across: width - side, down: height - side };
  }

  function draw() {
    const { side, across, down } = room();
    square.style.width = square.style.height = `${side}px`;
    square.style.left = `${(across * now.across) / 100}px`;
    square.style.top = `${(down * now.down) / 100}px`;
    for (const [name, one] of Object.entries(sliders)) {
      one.value = now[name];
      one.setAttribute("aria-valuetext", `${now[name]} %`);
    }
    exact.value = `${now.across} ${now.down} ${now.side}`;
  }

  square.addEventListener("keydown", (event) => {
    const [name, sign] = KEYS[event.key] ?? [];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    change({ [name]: now[name] + sign * STEP * (event.shiftKey ? 5 : 1) });
  });

  picture.addEventListener("pointerdown", (event) => {
    const { side, across, down } = room();
    const corner = picture.getBoundingClientRect();
    const held = square.getBoundingClientRect();
    const isInside = event.target === square;
    const grip = isInside
      ? { x: event.clientX - held.left, y: event.clientY - held.top }
      : { x: side / 2, y: side / 2 };
    function follow({ clientX, clientY }) {
      change({
        across: across ? ((clientX - corner.left - grip.x) / across) * 100 : 50,
        down: down ? ((clientY - corner.top - grip.y) / down) * 100 : 50,
      });
    }
    picture.setPointerCapture(event.pointerId);
    picture.addEventListener("pointermove", follow);
    const letGo = () => picture.removeEventListener("pointermove", follow);
    picture.addEventListener("lostpointercapture", letGo, { once: true });
    if (!isInside) follow(event);
    square.focus();
    event.preventDefault();
  });

  new ResizeObserver(draw).observe(picture);
  image.addEventListener("load", () => {
    for (const one of part.querySelectorAll("fieldset")) one.hidden = true;
    for (const one of part.querySelectorAll("fieldset input")) one.disabled = true;
    draw();
  });
  image.addEventListener("error", () => [picture, group, told].forEach((one) => one.remove()));
  part.append(picture, group, told);
}

function read(text) {
  const [across, down, side] = text.split(" ").map(Number);
  return { across, down, side };
}

function made(name, about) {
  const { role, ...others } = about;
  const element = Object.assign(document.createElement(name), others);
  if (role) element.setAttribute("role", role);
  return element;
}
