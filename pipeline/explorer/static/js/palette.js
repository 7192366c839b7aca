'use strict';
/* What each clip's mark looks like: colour and shape by label, status, confidence, family, decision or problem. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});

  // Okabe and Ito, "Color universal design" (2008), without yellow, as in the figures of the report.
  const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'];
  const [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK] = COLOURS;
  // Black is lost on a dark page. Its place is taken by what is lost on a light one.
  const WHITE = '#F4F4F4';
  const GREY = '#9A9A9A';
  const [CIRCLE, TRIANGLE, SQUARE, DIAMOND, CROSS, PLUS, RING] = [0, 1, 2, 3, 4, 5, 6];
  const SHAPES = 7;
  // Viridis (van der Walt and Smith, 2015) at nine steps. Its two ends are lost on dark and on light.
  const RAMP = ['#482475', '#414487', '#355F8D', '#2A788E', '#21918C', '#22A884', '#44BF70', '#7AD151', '#BDDF26'];
  const BINS = 5;
  const MOST_ROUNDS = 5;

  const STATUS = {
    verified: { colour: BLUE, shape: CIRCLE },
    reviewed: { colour: SKY, shape: DIAMOND },
    promoted: { colour: VERMILION, shape: TRIANGLE },
    corrected: { colour: GREEN, shape: SQUARE },
    'pseudo-labelled': { colour: PURPLE, shape: PLUS },
    pool: { colour: GREY, shape: CIRCLE },
    quarantined: { colour: BLACK, shape: CROSS },
    test: { colour: ORANGE, shape: RING },
  };
  // What no clip is before labels are spread.
  const GAINED = ['promoted', 'corrected', 'pseudo-labelled'];
  const DECISIONS = [
    { name: 'accept', colour: BLUE, shape: CIRCLE },
    { name: 'reject', colour: VERMILION, shape: CROSS },
    { name: 'relabel', colour: GREEN, shape: SQUARE },
    { name: 'unsure', colour: ORANGE, shape: RING },
  ];

  const toRgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const toHex = (rgb) => '#' + rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('');

  /** A colour between two, both as #rrggbb: `share` 0 is `from`, 1 is `to`. */
  function mix(from, to, share) {
    const end = toRgb(to);
    return toHex(toRgb(from).map((part, i) => part + (end[i] - part) * share));
  }

  const STEPS = Array.from({ length: 64 }, (_, step) => {
    const at = (step / 63) * (RAMP.length - 1);
    const low = Math.min(Math.floor(at), RAMP.length - 2);
    return mix(RAMP[low], RAMP[low + 1], at - low);
  });

  /** The ramp's colour for a probability in [0, 1], in 64 steps. */
  const ramp = (probability) => STEPS[Math.round(probability * 63)];

  /**
   * Colour and shape of the i-th class. The first 49 are different pairs of seven colours and seven shapes, neighbours
   * differ in both; the next 49 are those half faded.
   * @param {number} i
   * @param {boolean} dark the page is dark
   * @returns {{colour: string, shape: number}}
   */
  function pair(i, dark) {
    const turn = Math.floor(i / COLOURS.length);
    const faded = Math.floor(turn / SHAPES) % 2 === 1;
    const pure = onPage(COLOURS[i % COLOURS.length], dark);
    return { colour: faded ? mix(pure, '#808080', 0.5) : pure, shape: ((i % COLOURS.length) + turn) % SHAPES };
  }

  const onPage = (colour, dark) => (dark && colour === BLACK ? WHITE : colour);

  const pairs = (names, dark) => names.map((name, i) => ({ name, ...pair(i, dark) }));

  function byLabel(data, stage, dark) {
    const { label, target, status } = data.clips;
    const is = (row, ...names) => names.includes(data.statuses[status[row]]);
    const before = (row) => {
      if (data.start) return label[row];
    if (is(row, 'reviewed')) return target[row] >= 0 ? target[row] : label[row];
      return is(row, 'verified') ? label[row] : -1;
    };
    const after = (row) => (is(row, 'pool', 'quarantined', 'test') ? -1 : target[row]);
    return {
      legend: pairs(data.classes, dark),
      keyOf: stage === 'before' ? before : after,
      rest: stage === 'before' ? 'not verified' : 'no label in training',
      note: data.start ? 'Labels as given' : stage === 'before' ? 'Labels that people verified' : 'Labels that the members were trained on',
    };
  }

  const byFamily = (data, stage, dark) => ({
    legend: pairs(data.families, dark),
    keyOf: (row) => data.clips.family[row],
    rest: 'in no family',
    note: 'Families within which labels were spread',
  });

  /** Pseudo-labelled clips by the round that took them, from light to dark; five bins where there are more rounds. */
  function roundEntries(rounds) {
    const width = Math.max(1, Math.ceil(rounds / MOST_ROUNDS));
    const bins = Math.max(1, Math.ceil(rounds / width));
    return Array.from({ length: bins }, (_, bin) => {
      const [first, last] = [bin * width + 1, Math.min((bin + 1) * width, rounds)];
      const words = first >= last ? `round ${first}` : `rounds ${first}–${last}`;
      const [light, dark] = [mix(PURPLE, '#FFFFFF', 0.35), mix(PURPLE, '#000000', 0.5)];
      const colour = bins === 1 ? PURPLE : mix(light, dark, bin / (bins - 1));
      return { name: rounds ? `pseudo-labelled, ${words}` : 'pseudo-labelled', colour, shape: PLUS, last };
    });
  }

  function byStatus(data, stage, dark) {
    const before = stage === 'before';
    const { status, round } = data.clips;
    const rounds = round.reduce((most, one) => Math.max(most, one), 0);
    const legend = data.statuses.flatMap((name) => {
      if (before && GAINED.includes(name)) return [];
      if (name === 'pseudo-labelled') return roundEntries(rounds);
      const { colour, shape } = STATUS[name] ?? STATUS.pool;
      return [{ name, colour: onPage(colour, dark), shape }];
    });
    const place = new Map(legend.map((entry, i) => [entry.name, i]));
    const first = legend.findIndex((entry) => entry.last !== undefined);
    const keyOf = (row) => {
      const name = data.statuses[status[row]];
      if (before && GAINED.includes(name)) return place.get('pool');
      if (name !== 'pseudo-labelled') return place.get(name);
      return first + Math.max(0, legend.slice(first).findIndex((entry) => round[row] <= entry.last));
    };
    return { legend, keyOf, rest: '', note: before ? 'What was known before spreading' : 'What became of each clip' };
  }

  /** How probable a clip's given label is to models that did not train on it: 0 where not among their likeliest. */
  function judgedGiven(clips, row) {
    const top = clips.judged[row];
    if (top.length === 0 || clips.label[row] < 0) return null;
    const at = top.findIndex((value, i) => i % 2 === 0 && value === clips.label[row]);
    return at < 0 ? 0 : top[at + 1];
  }

  function byConfidence(data, stage) {
    const valueOf = stage === 'before' ? (row) => judgedGiven(data.clips, row) : (row) => data.clips.probability[row];
    const legend = Array.from({ length: BINS }, (_, bin) => ({
      name: `${(bin / BINS).toFixed(1)}–${((bin + 1) / BINS).toFixed(1)}`,
      colour: ramp((bin + 0.5) / BINS),
      shape: CIRCLE,
    }));
    const keyOf = (row) => {
      const value = valueOf(row);
      return value === null || !(value >= 0) ? -1 : Math.min(Math.floor(value * BINS), BINS - 1);
    };
    const note =
      stage === 'before'
        ? 'How probable the given label is to models that did not train on it'
        : 'How probable it is that the label of the clip is right';
    return { legend, keyOf, colourOf: (row) => ramp(Math.min(valueOf(row), 1)), rest: 'not judged', note };
  }

  function byDecision(data, stage, dark) {
    const legend = DECISIONS.map((entry) => ({ ...entry, colour: onPage(entry.colour, dark) }));
    const keyOf = (row) => legend.findIndex((entry) => entry.name === Earmark.decisions?.get(row)?.decision);
    return { legend, keyOf, rest: 'not reviewed', note: 'What was decided in this review' };
  }

  const byProblem = (data, stage, dark) => ({
    legend: pairs(
      data.problems.kinds.map((kind) => kind.words),
      dark,
    ),
    keyOf: Earmark.problems.worst,
    rest: 'no problem found',
    note: 'The worst that was found of each clip',
  });

  const WAYS = {
    label: byLabel,
    status: byStatus,
    confidence: byConfidence,
    family: byFamily,
    decision: byDecision,
    problem: byProblem,
  };

  /**
   * How every clip is marked.
   * @param {'label'|'status'|'confidence'|'family'|'decision'|'problem'} mode
   * @param {'before'|'after'} stage before or after spreading and training
   * @param {string} [method] count only the clips that have a place on this map
   * @returns {{colour: Uint8Array, shape: Uint8Array, key: Int16Array, legend: object[], rest: object, note: string}}
   *   colour (3n), shape (n), key (n): the entry of the legend, -1: grey, of which `rest` is the entry (its name is
   *   empty where nothing can be grey); note: what the colours say, as a phrase.
   */
  function style(mode, stage, method) {
    const data = Earmark.data;
    const n = data.clips.id.length;
    const way = WAYS[mode](data, stage, palette.dark);
    const entry = ({ name, colour, shape }) => ({ name, colour: colour.toLowerCase(), shape, count: 0 });
    const legend = way.legend.map(entry);
    const rest = entry({ name: way.rest, colour: GREY, shape: CIRCLE });
    const placed = data.maps[method]?.x;
    const [colour, shape, key] = [new Uint8Array(3 * n), new Uint8Array(n), new Int16Array(n)];
    for (let row = 0; row < n; row++) {
      key[row] = way.keyOf(row);
      const of = legend[key[row]] ?? rest;
      if (!placed || placed[row] !== null) of.count += 1;
      shape[row] = of.shape;
      colour.set(rgbOf(key[row] >= 0 && way.colourOf ? way.colourOf(row) : of.colour), 3 * row);
    }
    return { colour, shape, key, legend, rest, note: way.note };
  }

  const known = new Map();
  function rgbOf(hex) {
    if (!known.has(hex)) known.set(hex, toRgb(hex));
    return known.get(hex);
  }

  const palette = { style, pair, GREY, dark: false };
  Earmark.palette = palette;
})();
