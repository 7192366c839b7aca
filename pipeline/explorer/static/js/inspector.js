/* The open clip: its sound and picture, what is known of it, its nearest verified clips. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, clips, player, playing, evidence, dom } = Earmark;
  if (!data) return;
  const { h, name, byId, fill } = dom;
  const { clock, playButton } = playing;
  const figure = new Earmark.Figure({ seekable: true, id: 'spectrogram' });
  const main = playButton(
    () => `clip ${data.clips.id[state.current] ?? ''}`,
    () => state.current,
    { id: 'play' },
  );
  const time = h('span', { id: 'time', class: 'soft' });
  const label = h('span', { id: 'given' });
  const missing = h('p', { id: 'missing', class: 'warning', role: 'alert', hidden: true });
  let near = [];
  let same = [];

  function buildPlayer() {
    const line = h('div', { class: 'player-line' }, main.button, h('div', { class: 'player-words' }, label, time));
    fill(byId('player'), figure.element, missing, line);
  }

  function tick() {
    const row = state.current;
    if (row < 0) return;
    figure.tick();
    [...near, ...same].forEach((one) => one.figure.tick());
    const at = player.row === row ? player.time : data.clips.offset[row] || 0;
    time.textContent = `${clock(at)} / ${clock(data.clips.seconds[row] || 0)}`;
  }

  function showState() {
    const row = state.current;
    if (row < 0) return;
    const gone = player.missing.has(row);
    missing.hidden = !gone;
    missing.textContent = gone ? `Not heard: ${data.clips.path[row]}: ${player.missing.get(row) || '…'}` : '';
    figure.element.classList.toggle('gone', gone);
    main.show();
    [...near, ...same].forEach((one) => one.show());
    tick();
  }

  function openNear(row) {
    state.open(row, { play: true });
    // The list is another clip's now.
    main.button.focus();
  }

  /** Another clip, to be heard or opened; screen readers call it `what`. */
  function neighbour(row, what = 'verified clip') {
    const small = new Earmark.Figure();
    small.show(row);
    const { button, show } = playButton(
      () => `${what} ${data.clips.id[row]}`,
      () => row,
    );
    const open = h(
      'button',
      { type: 'button', class: 'quiet open', onclick: () => openNear(row) },
      name(clips.name(data.clips.label[row])),
      h('span', { class: 'id' }, data.clips.id[row]),
    );
    return { element: h('li', { class: 'near' }, button, small.element, open), show, figure: small };
  }

  function nearest(row) {
    near = data.clips.near[row].map((one) => neighbour(one));
    const list = near.length
      ? h('ol', { id: 'near', class: 'nearby' }, ...near.map((one) => one.element))
      : h('p', { class: 'note' }, 'There are none.');
    return h(
      'section',
      { class: 'card', 'aria-label': 'Nearest verified clips' },
      h('h3', {}, 'Nearest verified clips'),
      list,
    );
  }

  /** One problem in words, with its figures. */
  function problem({ words, detail, other }) {
    const of = other >= 0 ? [': ', h('span', { class: 'id' }, data.clips.id[other])] : [];
    return h('li', {}, h('strong', {}, words), ...of, detail ? `. ${detail}` : null);
  }

  /** What is the matter with it, and the clips that sound the same. */
  function problems(row) {
    const found = Earmark.problems.about(row);
    same = Earmark.problems.partners(row).map((other) => neighbour(other, 'the other clip'));
    if (found.length === 0) return null;
    const props = { type: 'button', id: 'compare', onclick: () => Earmark.hands.compare() };
    const turns = same.length ? h('button', props, 'Hear them by turns', dom.key('B')) : null;
    return h(
      'section',
      { class: 'card', id: 'problems', 'aria-label': 'Problems of this sound' },
      h('h3', {}, dom.icon('flag'), ' Problems of this sound'),
      h('ul', { class: 'reasons' }, ...found.map(problem)),
      same.length ? h('ol', { class: 'nearby' }, ...same.map((one) => one.element)) : null,
      turns,
    );
  }

  function heading(row) {
    const [status] = clips.about(clips.status(row));
    const covered = Earmark.queue.covered(row);
    const family = data.families[data.clips.family[row]];
    fill(
      byId('clip-title'),
      h('span', { class: 'id', id: 'clip-id' }, data.clips.id[row]),
      h('span', { class: `status ${covered ? '' : clips.status(row)}`, id: 'status' }, covered ? 'covered' : status),
      family && !covered ? h('span', { class: 'soft family' }, family) : null,
    );
    // The label in question is all that the queue says; elsewhere, the given one.
    const shown = covered ? Earmark.actions.asked(row) : data.clips.label[row];
    fill(label, covered ? 'Asked: ' : 'Given: ', shown >= 0 ? name(clips.name(shown)) : 'no label');
  }

  const cover = () =>
    h(
      'section',
      { class: 'card cover', id: 'covered', 'aria-label': 'Covered' },
      h('h3', {}, 'Covered until you decide'),
      h('p', { class: 'note' }, 'What became of this clip and what the models say. Your ear comes first.'),
    );

  function show() {
    const row = state.current;
    byId('welcome').hidden = row >= 0 || state.selection.length > 0;
    byId('clip').hidden = row < 0 && state.selection.length === 0;
    byId('player').hidden = row < 0;
    if (row < 0) return;
    heading(row);
    figure.show(row);
    const covered = Earmark.queue.covered(row);
    if (covered) same = [];
    const said = data.start ? [] : [evidence.why(row), evidence.voices(row)];
    const known = covered ? [cover()] : [problems(row), ...said];
    fill(byId('inspector'), ...known, nearest(row));
    showState();
  }

  Earmark.inspector = {
    start() {
      buildPlayer();
      state.addEventListener('open', (event) => {
        show();
        byId('clip-panel').scrollTop = 0;
        if (state.current < 0) return;
        if (event.detail.play) player.play(state.current);
        else player.load(state.current);
      });
      state.addEventListener('selection', show);
      // What a decision uncovers.
      Earmark.decisions.addEventListener('change', (event) => event.detail.rows.includes(state.current) && show());
      player.addEventListener('state', showState);
      player.addEventListener('time', tick);
      player.addEventListener('refused', () =>
        Earmark.hands.say('The browser wants a click on this page before it plays.'),
      );
    },
  };
})();
