/* The map with what is around it: which clips it shows, in which colours, and what the mouse and keys do there. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, dom } = Earmark;
  if (!data) return;
  const { byId, count } = dom;
  const { label, target } = data.clips;
  const n = data.clips.id.length;
  const NAMES = { umap: 'UMAP', tsne: 't-SNE', pca: 'sound' };
  const GREY = [140, 140, 140];
  const ZOOM = 1.5;
  let map = null;
  let style = null;
  /** The row whose colours are covered, and the one that was last heard by moving over it; -1: none. */
  let hidden = -1;
  let hovered = -1;
  let places = { x: new Float32Array(n), y: new Float32Array(n) };

  const placed = (row) => !Number.isNaN(places.x[row]);

  function passes(row) {
    const here = placed(row) && (state.only.size === 0 || state.only.has(style.key[row]));
    // A clip that is covered stays where it is: to leave would tell what it has.
    const found = Earmark.queue.covered(row) || Earmark.problems.passes(row, state.problem);
    return here && found && (state.cls < 0 || label[row] === state.cls || target[row] === state.cls);
  }

  function shown() {
    return Array.from({ length: n }, (_, row) => row).filter(passes);
  }

  function move() {
    const { x, y } = data.maps[state.method];
    // null, where a clip has no place, would become 0.
    places = { x: Float32Array.from(x, (v) => v ?? NaN), y: Float32Array.from(y, (v) => v ?? NaN) };
    map.setPoints(places.x, places.y);
  }

  /** Colours; those of a covered clip would give it away. */
  function paint() {
    Earmark.palette.dark = Earmark.theme.dark;
    style = Earmark.palette.style(state.mode, state.stage, state.method);
    Earmark.legend.show(style);
    const { colour, shape } = style;
    hidden = Earmark.queue.covered(state.current) ? state.current : -1;
    if (hidden >= 0) {
      colour.set(GREY, 3 * hidden);
      shape[hidden] = 0;
    }
    map.setStyle(colour, shape, style.key);
    filter();
  }

  /** Paint again if another clip is covered now: the colours of all are dear. */
  function uncover() {
    const now = Earmark.queue.covered(state.current) ? state.current : -1;
    if (now !== hidden) paint();
  }

  function filter() {
    const rows = shown();
    const all = places.x.reduce((sum, x) => sum + !Number.isNaN(x), 0);
    const mask = rows.length === all ? null : new Uint8Array(n);
    if (mask) rows.forEach((row) => (mask[row] = 1));
    map.setVisible(mask);
    Earmark.legend.showCount(rows.length, all);
    const words = `${count(rows.length, 'clip')} by ${NAMES[state.method]}, coloured by ${state.mode}`;
    byId('map').setAttribute('aria-label', `Map of ${words}`);
  }

  function showControls() {
    for (const button of document.querySelectorAll('#methods button, [data-stage]')) {
      const { method, stage } = button.dataset;
      button.setAttribute('aria-pressed', String(method ? method === state.method : stage === state.stage));
    }
    byId('colour-by').value = state.mode;
    byId('lasso').setAttribute('aria-pressed', String(map.lasso));
  }

  function showSelection() {
    map.setSelected(state.selection);
    byId('selection-bar').hidden = state.selection.length === 0;
    byId('selection-text').textContent = `${count(state.selection.length, 'clip')} selected`;
  }

  /** The shown clip that is nearest in a direction, as arrow keys go: what is aside counts double. */
  function towards(dx, dy) {
    const rows = shown();
    if (!rows.includes(state.current)) return rows[0] ?? -1;
    let [best, least] = [-1, Infinity];
    for (const row of rows) {
      const x = places.x[row] - places.x[state.current];
      const y = places.y[row] - places.y[state.current];
      const ahead = x * dx + y * dy;
      const cost = ahead > 0 ? ahead + 2 * Math.abs(x * dy - y * dx) : Infinity;
      if (cost < least) [best, least] = [row, cost];
    }
    return best;
  }

  function key(event) {
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const zoom = { '+': ZOOM, '=': ZOOM, '-': 1 / ZOOM }[event.key];
    if (!(arrow || zoom || event.key === '0') || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = arrow ? towards(...arrow) : -1;
    if (zoom) map.zoom(zoom);
    else if (!arrow) map.fit();
    else if (row >= 0) state.open(row, { play: true });
  }

  function pick(row, event) {
    if (!event.ctrlKey && !event.metaKey) return state.open(row, { play: true });
    const rest = state.selection.filter((one) => one !== row);
    return state.select(rest.length < state.selection.length ? rest : [...state.selection, row]);
  }

  function hover(row, event) {
    Earmark.tooltip.show(row, event);
    const entered = row !== hovered;
    hovered = event.altKey ? row : -1;
    if (event.altKey && row >= 0 && entered) state.open(row, { play: true });
  }

  function lasso(rows, event) {
    const more = event.ctrlKey || event.metaKey ? state.selection : [];
    state.select([...new Set([...more, ...rows])]);
    Earmark.hands.say(rows.length ? `${count(state.selection.length, 'clip')} selected` : 'No clip is in there.');
  }

  function buildControls() {
    for (const method of Object.keys(NAMES).filter((one) => data.maps[one])) {
      const props = { type: 'button', id: `method-${method}`, 'data-method': method };
      byId('methods').append(dom.h('button', { ...props, onclick: () => state.setLook({ method }) }, NAMES[method]));
    }
    for (const stage of ['before', 'after']) {
      byId(`stage-${stage}`).addEventListener('click', () => state.setLook({ stage }));
    }
    byId('colour-by').addEventListener('change', (event) => state.setLook({ mode: event.target.value }));
    byId('zoom-in').addEventListener('click', () => map.zoom(ZOOM));
    byId('zoom-out').addEventListener('click', () => map.zoom(1 / ZOOM));
    byId('fit').addEventListener('click', () => map.fit());
    byId('lasso').append(dom.icon('lasso'));
    byId('fit').replaceChildren(dom.icon('fit'));
    byId('lasso').addEventListener('click', () => {
      map.lasso = !map.lasso;
      showControls();
    });
    byId('show-all').addEventListener('click', () => state.showAll());
    byId('class-chip').addEventListener('click', () => state.setClass(-1));
    byId('problem-chip').addEventListener('click', () => state.setProblem(''));
    byId('select-shown').addEventListener('click', () => {
      state.select(shown());
      Earmark.hands.say(`${count(state.selection.length, 'clip')} selected`);
    });
    byId('selection-clear').addEventListener('click', () => state.select([]));
    byId('selection-decide').addEventListener('click', () => state.setTab('clip'));
  }

  function listen() {
    Object.assign(map, { onhover: hover, onpick: pick, onlasso: lasso });
    byId('map').addEventListener('keydown', key);
    state.addEventListener('open', () => {
      map.setCurrent(state.current);
      uncover();
      if (state.current >= 0 && !map.isIn(state.current) && passes(state.current)) map.show(state.current);
    });
    state.addEventListener('selection', showSelection);
    state.addEventListener('filter', paint);
    state.addEventListener('look', (event) => {
      if (event.detail.method) move();
      paint();
      showControls();
    });
    Earmark.decisions.addEventListener('change', () => (state.mode === 'decision' ? paint() : uncover()));
  }

  /** Tell the map the colours around it: those of CSS, once they apply. */
  function theme() {
    const { backgroundColor, color } = getComputedStyle(byId('map'));
    map.setTheme({ background: backgroundColor, ring: color });
    paint();
  }

  Earmark.atlas = {
    shown,

    start() {
      if (!state.method) {
        byId('no-map').hidden = false;
        byId('no-map').textContent = 'This run has no map. The queue and the search work without one.';
        return;
      }
      map = new Earmark.ScatterMap(byId('map'));
      Earmark.atlas.map = map;
      buildControls();
      move();
      theme();
      showControls();
      listen();
      Earmark.theme.addEventListener('change', theme);
    },
  };
})();
