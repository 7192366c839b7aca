/* The queue on the page: its list, filters, the reviewer, and the file to take home. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, clips, actions, queue, hands, dom } = Earmark;
  if (!data) return;
  const { h, icon, name, byId, fill, percent, count } = dom;
  const PAGE = 200;
  const KINDS = { promoted: 'was promoted', left_out: 'was left out' };
  // Of a class, before a first run.
  const ENOUGH = 5;
  const MOST_NAMED = 8;
  let rows = [];
  let pages = 1;
  const items = new Map();

  /** What a decided clip turns out to have been. */
  function revealed(row) {
    const kind = queue.kind(row);
    if (kind === 'corrected') return `was corrected from ${clips.name(data.clips.label[row]) || 'no label'}`;
    if (kind !== 'hidden') return KINDS[kind];
    const { decision } = Earmark.decisions.get(row);
    if (decision === 'unsure') return 'was verified';
    return `was verified: you ${decision === 'accept' ? 'agree' : 'differ'}`;
  }

  function describe(row) {
    const made = actions.decided(row);
    const cls = actions.asked(row);
    const asked = cls >= 0 ? name(clips.name(cls)) : 'no label';
    return [
      h('span', { class: `tick ${made ? made.decision : ''}` }, made ? icon(made.decision) : null),
      h('span', { class: 'asked' }, asked, cls >= 0 ? '?' : null),
      h('span', { class: 'id' }, data.clips.id[row]),
      h('span', { class: 'outcome' }, made ? [made.text, revealed(row)].filter(Boolean).join(' · ') : null),
    ];
  }

  /** Bring one line up to date. */
  function refresh(row) {
    const button = items.get(row);
    if (!button) return;
    fill(button, ...describe(row));
    const on = row === state.current && state.inQueue;
    button.classList.toggle('done', queue.isDecided(row));
    button.tabIndex = on || (row === rows[0] && !(state.inQueue && items.has(state.current))) ? 0 : -1;
    if (on) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }

  function openItem(row) {
    state.open(row, { queue: true, play: true });
    if (Earmark.isNarrow()) state.setTab('clip');
  }

  function item(row) {
    const button = h('button', { type: 'button', class: 'item', 'data-row': row, onclick: () => openItem(row) });
    items.set(row, button);
    return h('li', {}, button);
  }

  function build() {
    const place = rows.indexOf(state.inQueue ? state.current : -1);
    pages = Math.max(pages, Math.ceil((place + 1) / PAGE));
    items.clear();
    const shown = rows.slice(0, pages * PAGE);
    const rest = rows.length - shown.length;
    const more = h(
      'button',
      { type: 'button', class: 'quiet', id: 'queue-more', onclick: showMore },
      `Show more (${rest} left)`,
    );
    fill(byId('queue-list'), ...shown.map(item), rest ? h('li', {}, more) : null);
    shown.forEach(refresh);
    const none = data.queue.rows.length
      ? 'Nothing passes these filters.'
      : 'Empty: every training clip is verified.';
    byId('queue-count').textContent = rows.length ? '' : none;
  }

  function showMore() {
    pages += 1;
    build();
    items.get(rows[(pages - 1) * PAGE])?.focus();
  }

  function filter() {
    const [kind, show] = [byId('queue-kind').value, byId('queue-state').value];
    rows = queue.filtered({ cls: state.cls, kind, show, problem: state.problem });
    byId('queue-class').value = String(state.cls);
    byId('problem').value = state.problem;
    pages = 1;
    build();
    progress();
  }

  function progress() {
    const total = data.queue.rows.length;
    const done = queue.decided();
    byId('progress').max = Math.max(total, 1);
    byId('progress').value = done;
    byId('progress-text').textContent = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} decided`;
    byId('start').textContent = done ? 'Go on' : 'Start';
    byId('accuracy').textContent = data.start ? verified() : accuracy();
  }

  /** Before a first run: of which classes too few labels were heard to be right. */
  function verified() {
    const n = data.classes.map(() => 0);
    for (let row = 0; row < clips.n; row++) {
      const made = Earmark.decisions.get(row);
      const right = made ? ['accept', 'relabel'].includes(made.decision) : clips.status(row) === 'verified';
      const cls = made?.decision === 'relabel' ? made.newLabel : data.clips.label[row];
      if (right && cls >= 0) n[cls] += 1;
    }
    const few = data.classes.map((_, cls) => cls).filter((cls) => n[cls] < ENOUGH);
    if (few.length === 0) return `${ENOUGH} or more are verified of each class: stop the server, then make repro.`;
    const named = few.slice(0, MOST_NAMED).map((cls) => `${clips.name(cls)} ${n[cls]}`);
    const more = few.length > MOST_NAMED ? ` and ${few.length - MOST_NAMED} more classes` : '';
    return `Verified so far: ${named.join(', ')}${more}. A run needs one of each class; ${ENOUGH} are a good beginning.`;
  }

  /** Words for a page that was made before anything was trained. */
  function showStart() {
    byId('queue-lead').textContent =
      'Nothing is trained yet. Clips come by turns from each class, each unlike those before it: is the label right?';
    byId('queue-kind').parentElement.hidden = true;
    byId('help-covered').hidden = true;
    byId('report-link').removeAttribute('href');
    byId('report-link').removeAttribute('title');
    for (const option of byId('colour-by').querySelectorAll('[value=confidence], [value=family]')) option.hidden = true;
    byId('spreading').hidden = true;
  }

  function accuracy() {
    const found = queue.accuracy();
    if (!found) return 'How often you agree with the hidden verified clips is shown here after a few.';
    const { agreed, of, low, high } = found;
    const interval = `95% interval ${percent(low)} to ${percent(high)}`;
    return `You agree with ${agreed} of ${of} hidden verified clips: ${percent(agreed / of)} (${interval}).`;
  }

  /** Arrow keys in the list. */
  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...byId('queue-list').querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement);
    const goal = { Home: 0, End: buttons.length - 1 }[event.key] ?? (step ? at + step : undefined);
    if (goal === undefined || !buttons[goal] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    buttons[goal].focus();
  }

  function follow() {
    if (state.inQueue && !items.has(state.current) && rows.includes(state.current)) build();
    for (const row of items.keys()) refresh(row);
    const button = items.get(state.current);
    if (!button || !state.inQueue) return;
    button.scrollIntoView({ block: 'nearest' });
    if (byId('queue-list').contains(document.activeElement)) button.focus();
  }

  function download() {
    const url = URL.createObjectURL(new Blob([Earmark.decisions.toCsv()], { type: 'text/csv;charset=utf-8' }));
    h('a', { href: url, download: 'corrections.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    Earmark.decisions.saver.markExported();
    hands.say(`${count(Earmark.decisions.list().length, 'row')} exported to corrections.csv`);
  }

  async function upload(event) {
    const [file] = event.target.files;
    event.target.value = '';
    if (!file) return;
    const { taken, changed, problems } = Earmark.decisions.fromCsv(await file.text());
    const text = `${count(taken, 'row')} taken from ${file.name}; ${count(changed, 'clip')} changed.`;
    hands.say(text);
    if (problems.length === 0) return;
    byId('imported-text').textContent = `${text} Not taken:`;
    fill(byId('imported-problems'), ...problems.slice(0, 100).map((problem) => h('li', {}, problem)));
    byId('imported').showModal();
  }

  /** What is the matter with clips, as a filter of the queue and of the map. */
  function buildProblems() {
    const { kinds, words, count: clipsWith } = Earmark.problems;
    const filters = kinds.length ? ['any', ...kinds.map((kind) => kind.name)] : [];
    const text = (filter) => `${words(filter)} (${clipsWith(filter).toLocaleString('en')})`;
    const options = filters.map((filter) => h('option', { value: filter }, text(filter)));
    fill(byId('problem'), h('option', { value: '' }, 'All clips'), ...options);
    byId('problem-field').hidden = filters.length === 0;
    byId('colour-by').querySelector('[value=problem]').hidden = filters.length === 0;
    byId('problem').addEventListener('change', (event) => {
      state.setProblem(event.target.value);
      if (state.problem) hands.say(`Shown: ${count(clipsWith(state.problem), 'clip')}, ${words(state.problem)}`);
    });
  }

  function start() {
    buildProblems();
    if (data.start) showStart();
    const options = data.classes.map((cls, i) => h('option', { value: i }, cls));
    fill(byId('queue-class'), h('option', { value: -1 }, 'All classes'), ...options);
    byId('queue-class').addEventListener('change', (event) => state.setClass(Number(event.target.value)));
    for (const id of ['queue-kind', 'queue-state']) byId(id).addEventListener('change', filter);
    byId('queue-list').addEventListener('keydown', move);
    byId('reviewer').value = Earmark.decisions.reviewer;
    byId('reviewer').addEventListener('change', (event) => {
      Earmark.decisions.reviewer = event.target.value;
      progress();
    });
    byId('export').addEventListener('click', download);
    byId('import').addEventListener('click', () => byId('import-file').click());
    byId('import-file').addEventListener('change', upload);
    byId('imported-close').addEventListener('click', () => byId('imported').close());
    for (const id of ['start', 'welcome-start']) byId(id).addEventListener('click', begin);
    state.addEventListener('filter', filter);
    state.addEventListener('open', follow);
    Earmark.decisions.addEventListener('change', (event) => {
      event.detail.rows.forEach(refresh);
      progress();
    });
    filter();
  }

  function begin() {
    state.select([]);
    if (!hands.nextToDo(state.inQueue ? state.current : -1)) hands.say('There is nothing to do in the queue.');
    else {
      if (Earmark.isNarrow()) state.setTab('clip');
      byId('play').focus();
    }
  }

  Earmark.queuePanel = {
    start,
    rows: () => rows,
    get advances() {
      return byId('advance').checked;
    },
  };
})();
