/* Begins when everything is there. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const narrow = window.matchMedia('(max-width: 899px)');
  const HASH_MS = 250;
  let hashing = 0;

  /** Whether one panel is shown at a time. */
  Earmark.isNarrow = () => narrow.matches;

  function fatal(text) {
    const line = document.getElementById('fatal');
    line.textContent = text;
    line.hidden = false;
    document.body.classList.add('broken');
  }

  /** Go where the address says: #clip=ID, #class=NAME, #problem=KIND or any, #queue. */
  function follow() {
    const { state, clips, hands } = Earmark;
    const parts = Earmark.server.fragment();
    const wanted = parts.get('clip');
    const row = wanted === undefined ? -1 : clips.row(wanted);
    const cls = parts.has('class') ? clips.classOf(parts.get('class')) : -1;
    if (parts.has('class') && cls < 0) hands.say(`There is no class ${parts.get('class')} in this run.`);
    else if (parts.has('class')) state.setClass(cls);
    if (parts.has('problem') && Earmark.problems.known(parts.get('problem'))) state.setProblem(parts.get('problem'));
    else if (parts.has('problem')) hands.say('No clip of this run has that problem.');
    if (wanted !== undefined && row < 0) hands.say(`There is no clip ${wanted} in this run.`);
    else if (row >= 0 && row !== state.current)
      state.open(row, { queue: parts.has('queue') && Earmark.queue.has(row) });
    if (Earmark.isNarrow()) state.setTab(parts.has('queue') ? 'queue' : row >= 0 ? 'clip' : state.tab);
    else if (parts.has('queue') && row < 0) document.getElementById('start').focus();
  }

  /** Keep the address at what is shown, for links and reload. Browsers limit how often. */
  function remember() {
    const { state, clips, data } = Earmark;
    clearTimeout(hashing);
    hashing = setTimeout(() => {
      const parts = [];
      if (state.inQueue) parts.push('queue');
      if (state.cls >= 0) parts.push(`class=${encodeURIComponent(clips.name(state.cls))}`);
      if (state.problem) parts.push(`problem=${state.problem}`);
      if (state.current >= 0) parts.push(`clip=${encodeURIComponent(data.clips.id[state.current])}`);
      history.replaceState(null, '', parts.length ? `#${parts.join('&')}` : location.pathname + location.search);
    }, HASH_MS);
  }

  async function start() {
    const { data, state } = Earmark;
    if (!data) {
      fatal('data.js is missing here or of another version: run dvc repro, and open the page that it writes.');
      return;
    }
    Earmark.decisions = new Earmark.Decisions();
    await Earmark.decisions.open();
    for (const part of ['topbar', 'queuePanel', 'verdict', 'inspector', 'atlas', 'keys']) Earmark[part].start();
    window.addEventListener('hashchange', follow);
    window.addEventListener('beforeunload', (event) => Earmark.decisions.saver.atRisk && event.preventDefault());
    follow();
    for (const event of ['open', 'filter']) state.addEventListener(event, remember);
    document.body.classList.add('ready');
  }

  start();
})();
