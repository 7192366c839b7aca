/* The clips of the run: what they are called, where they sound, how they look. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const data = window.EARMARK_DATA;
  if (!data || data.version !== 1) return;
  const { clips, sprites } = data;
  const rows = new Map(clips.id.map((id, row) => [id, row]));
  const lower = { ids: clips.id.map((id) => id.toLowerCase()), classes: data.classes.map((n) => n.toLowerCase()) };
  const classIndex = new Map(data.classes.map((name, index) => [name, index]));
  const sheets = new Map();
  const MAX_SHEETS = 24;
  const MAX_FOUND = 30;

  /** How a status is said to people, and what it means. */
  const STATUS = {
    verified: ['Verified', 'A person checked its label before this run.'],
    reviewed: ['Reviewed', 'A person accepted or set its label in a review.'],
    promoted: ['Promoted', 'Its given label is taken to be right and trusted like a verified one.'],
    corrected: ['Corrected', 'Its given label is taken to be wrong: it counts as another class.'],
    'pseudo-labelled': ['Pseudo-labelled', 'Its given label is not trusted; self-training took it by its prediction.'],
    pool: ['Pool', 'Too little is known: its given label is not trusted.'],
    quarantined: ['Quarantined', 'Its audio could not be used.'],
    test: ['Test', 'Held back to measure: never reviewed, never trained on.'],
  };

  const NOT_YET = ['Not verified', 'Nobody has checked its label yet.'];

  function path(row) {
    return data.audio + clips.path[row].split('/').map(encodeURIComponent).join('/');
  }

  /** An image of a hundred spectrograms; the ones used last are kept. */
  function sheet(file) {
    const kept = sheets.get(file);
    const image = kept || new Image();
    if (!kept) image.src = `sprites/${String(file).padStart(3, '0')}.webp`;
    sheets.delete(file);
    sheets.set(file, image);
    if (sheets.size > MAX_SHEETS) sheets.delete(sheets.keys().next().value);
    return image;
  }

  function paint(canvas, image, tile) {
    const { columns, rows: lines, width, height } = sprites;
    const place = tile % (columns * lines);
    canvas.width = width;
    canvas.height = height;
    const [x, y] = [(place % columns) * width, Math.floor(place / columns) * height];
    canvas.getContext('2d').drawImage(image, x, y, width, height, 0, 0, width, height);
  }

  Earmark.data = data;
  Earmark.clips = {
    n: clips.id.length,

    /** Whether `earmark review` serves the audio by id; set before the page is drawn. */
    served: false,

    /**
     * @param {number} index of a class, -1 for none
     * @returns {string}
     */
    name: (index) => (index >= 0 ? data.classes[index] : ''),

    /**
     * @param {string} name
     * @returns {number} index of the class, -1 where there is none of that name
     */
    classOf: (name) => classIndex.get(name) ?? -1,

    /**
     * @param {string} id
     * @returns {number} -1 where there is no such clip
     */
    row: (id) => rows.get(id) ?? -1,

    /**
     * @param {number} row
     * @returns {string} address of the audio
     */
    audio: (row) => (Earmark.clips.served ? `/clips/${encodeURIComponent(clips.id[row])}` : path(row)),

    /**
     * @param {number} row
     * @returns {string} one of data.statuses
     */
    status: (row) => data.statuses[clips.status[row]],

    /**
     * @param {string} status one of data.statuses
     * @returns {string[]} the word for it, and a sentence
     */
    about: (status) => (data.start && status === 'pool' ? NOT_YET : STATUS[status] || [status, '']),

    /**
     * Draw a clip's spectrogram as soon as it is there, unless the canvas has become another clip's by then.
     * @param {HTMLCanvasElement} canvas gets the tile's size in pixels
     * @param {number} row
     */
    drawSpectrogram(canvas, row) {
      const tile = clips.tile[row];
      canvas.dataset.row = String(row);
      canvas.classList.toggle('empty', tile < 0);
      canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
      if (tile < 0) return;
      const image = sheet(Math.floor(tile / (sprites.columns * sprites.rows)));
      const draw = () => canvas.dataset.row === String(row) && image.naturalWidth > 0 && paint(canvas, image, tile);
      if (image.complete) draw();
      else image.addEventListener('load', draw, { once: true });
    },

    /**
     * Clips whose id holds `text` (those that begin with it first), then those whose given label or target does.
     * @param {string} text
     * @returns {number[]} rows, at most 30
     */
    search(text) {
      const wanted = text.trim().toLowerCase();
      if (!wanted) return [];
      const labelled = new Set(Earmark.clips.searchClasses(wanted));
      const found = [[], [], []];
      for (let row = 0; row < clips.id.length; row++) {
        const at = lower.ids[row].indexOf(wanted);
        const named = labelled.has(clips.label[row]) || labelled.has(clips.target[row]);
        const rank = at === 0 ? 0 : at > 0 ? 1 : named ? 2 : 3;
        if (rank < 3 && found[rank].length < MAX_FOUND) found[rank].push(row);
      }
      return found.flat().slice(0, MAX_FOUND);
    },

    /**
     * @param {string} text
     * @returns {number[]} classes whose name holds `text`, those that begin with it first
     */
    searchClasses(text) {
      const wanted = text.trim().toLowerCase();
      const found = [...lower.classes.keys()].filter((c) => lower.classes[c].includes(wanted));
      return found.sort((a, b) => lower.classes[b].startsWith(wanted) - lower.classes[a].startsWith(wanted) || a - b);
    },
  };
})();
