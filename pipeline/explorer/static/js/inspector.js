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

  function buildPlayer() {
    const line = h('div', { class: 'player-line' }, main.button, h('div', { class: 'player-words' }, label, time));
    fill(byId('player'), figure.element, missing, line);
  }

  function tick() {
    const row = state.current;
    if (row < 0) return;
    figure.tick();
    near.forEach((one) => one.figure.tick());
    const at = player.row === row ? player.time : data.clips.offset[row] || 0;
    time.textContent = `${clock(at)} / ${clock(data.clips.seconds[row] || 0)}`;
  }

  function showState() {
    const row = state.current;
    if (row < 0) return;
    const gone = player.missing.has(row);
    missing.hidden = !gone;
    missing.textContent = gone ? `Missing: ${data.clips.path[row]} is gone or cannot be played.` : '';
    figure.element.classList.toggle('gone', gone);
    main.show();
    near.forEach((one) => one.show());
    tick();
  }

  function openNear(row) {
    state.open(row, { play: true });
    // The list is another clip's now.
    main.button.focus();
  }

  /** One of the nearest verified clips. */
  function neighbour(row) {
    const small = new Earmark.Figure();
    small.show(row);
    const { button, show } = playButton(
      () => `verified clip ${data.clips.id[row]}`,
      () => row,
    );
    const open = h(
      'button',
      { type: 'button', class: 'quiet open', onclick: () => openNear(row) },
      name(clips.name(data.clips.label[row])),
      h('span', { class: 'id' }, data.clips.id[row]),
    );
    return { element: h('li', {}, button, small.element, open), show, figure: small };
  }

  function nearest(row) {
    near = data.clips.near[row].map(neighbour);
    const list = near.length
      ? h('ol', { id: 'near' }, ...near.map((one) => one.element))
      : h('p', { class: 'note' }, 'There are none.');
    return h(
      'section',
      { class: 'card', 'aria-label': 'Nearest verified clips' },
      h('h3', {}, 'Nearest verified clips'),
      list,
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
    const known = Earmark.queue.covered(row) ? [cover()] : [evidence.why(row), evidence.voices(row)];
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
