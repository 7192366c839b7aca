/* The question and its buttons: of the open clip, or of all that are selected. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, clips, actions, hands, dom } = Earmark;
  if (!data) return;
  const { h, icon, name, key, byId, fill } = dom;

  /** "Is this Siren?", with the name kept apart. */
  function question(rows) {
    if (rows.length > 1) return [`${rows.length} clips selected`];
    const cls = actions.asked(rows[0]);
    const closed = actions.closed(rows[0]);
    if (closed) return [closed];
    return cls < 0 ? ['It has no label. What is it?'] : ['Is this ', name(clips.name(cls)), '?'];
  }

  function words(rows) {
    const shared = rows.length === 1 ? actions.asked(rows[0]) : actions.common(rows);
    if (rows.length === 1) {
      const label = clips.name(shared);
      return shared < 0
        ? [['Accept'], ['Reject']]
        : [
            ['Accept ', name(label)],
            ['Not ', name(label)],
          ];
    }
    const [accept, reject] = [`Accept all ${rows.length}`, `Reject all ${rows.length}`];
    if (shared < 0) return [[accept], [reject]];
    return [
      [`${accept} as `, name(clips.name(shared))],
      [`${reject}: not `, name(clips.name(shared))],
    ];
  }

  function showButtons(rows) {
    const open = actions.open(rows);
    const labelled = open.some((row) => actions.asked(row) >= 0);
    const made = rows.length === 1 ? actions.decided(rows[0]) : null;
    const [accept, reject] = words(rows);
    const unsure = rows.length > 1 ? [`Unsure of all ${rows.length}`] : ['Unsure'];
    const pressed = made ? made.means : '';
    const parts = { accept: [accept, labelled], reject: [reject, labelled], unsure: [unsure, open.length > 0] };
    for (const [decision, [text, able]] of Object.entries(parts)) {
      const button = byId(decision);
      fill(button, icon(decision), h('span', { class: 'words' }, ...text), key(decision[0].toUpperCase()));
      button.disabled = !able;
      button.setAttribute('aria-pressed', String(decision === pressed));
    }
  }

  function takeBack() {
    hands.decide('');
    // Its button is gone with what it took back.
    byId('accept').focus();
  }

  function showDecided(rows) {
    const made = rows.map((row) => actions.decided(row)).filter(Boolean);
    const back = h('button', { type: 'button', id: 'take-back', class: 'quiet', onclick: takeBack }, 'Take back');
    const by = made.length === 1 && made[0].reviewer ? ` by ${made[0].reviewer}` : '';
    const closed = rows.every((row) => actions.closed(row));
    if (made.length === 0) fill(byId('decided'));
    else if (rows.length > 1) fill(byId('decided'), `${made.length} of them decided already `, back);
    else fill(byId('decided'), h('strong', {}, made[0].text), by, closed ? null : back);
  }

  function showLikely(rows) {
    const list = actions.open(rows).length ? actions.likely(rows) : [];
    const made = rows.length === 1 ? Earmark.decisions.get(rows[0]) : null;
    byId('relabelling').hidden = actions.open(rows).length === 0;
    byId('likely-title').textContent = rows.length > 1 ? `Or are all ${rows.length}` : 'Or is it';
    fill(
      byId('likely'),
      ...list.map((cls, i) => {
        const pressed = made?.decision === 'relabel' && made.newLabel === cls;
        const props = { type: 'button', class: 'chip', 'aria-pressed': String(pressed), 'data-keep': cls };
        const words = [key(String(i + 1)), name(clips.name(cls))];
        return h('li', {}, h('button', { ...props, onclick: () => hands.decide('relabel', cls) }, ...words));
      }),
    );
  }

  function show() {
    const rows = hands.atHand();
    if (rows.length === 0) return;
    fill(byId('asked'), ...question(rows));
    byId('verdict').classList.toggle('many', rows.length > 1);
    showButtons(rows);
    showDecided(rows);
    showLikely(rows);
  }

  Earmark.verdict = {
    show,
    start() {
      for (const decision of ['accept', 'reject', 'unsure']) {
        byId(decision).addEventListener('click', () => hands.decide(decision));
      }
      new Earmark.Combobox(byId('relabel'), byId('relabel-list'), {
        find: (text) => clips.searchClasses(text).map((cls) => ({ content: name(clips.name(cls)), value: cls })),
        take: (cls) => hands.decide('relabel', cls),
      });
      for (const event of ['open', 'selection']) state.addEventListener(event, show);
      Earmark.decisions.addEventListener('change', show);
    },
  };
})();
