/* What is done with the clips at hand: decide, undo, next, previous, and say what happened. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, actions, player } = Earmark;
  if (!data) return;
  const SAID_MS = 5000;
  let fading = 0;

  /** Say something to everybody: a line on the page that screen readers read as well. */
  function say(text) {
    const line = Earmark.dom.byId('said');
    line.textContent = text;
    line.classList.add('on');
    clearTimeout(fading);
    fading = setTimeout(() => line.classList.remove('on'), SAID_MS);
  }

  /** The rows that a decision is about: the selection, else the open clip. */
  function atHand() {
    if (state.selection.length > 0) return state.selection;
    return state.current >= 0 ? [state.current] : [];
  }

  /** The rows that J and K go through. */
  function around() {
    if (state.selection.length > 0) return state.selection;
    return state.inQueue ? Earmark.queuePanel.rows() : Earmark.atlas.shown();
  }

  function show(row) {
    const queue = state.inQueue && state.selection.length === 0;
    state.open(row, { queue, play: true });
  }

  /** @param {1|-1} step */
  function go(step) {
    const rows = around();
    const at = rows.indexOf(state.current);
    const next = at < 0 ? rows[step > 0 ? 0 : rows.length - 1] : rows[at + step];
    if (next !== undefined) show(next);
    else if (rows.length === 0) say('There is no clip to go to.');
    else say(step > 0 ? 'That was the last.' : 'This is the first.');
  }

  /** Open the first clip of the queue that is to be decided, after `row` if there is one. */
  function nextToDo(row = -1) {
    const rows = Earmark.queuePanel.rows();
    const start = rows.indexOf(row) + 1;
    const order = [...rows.slice(start), ...rows.slice(0, start)];
    const next = order.find((one) => !Earmark.queue.isDecided(one));
    if (next !== undefined) state.open(next, { queue: true, play: true });
    return next !== undefined;
  }

  /**
   * Decide of what is at hand.
   * @param {'accept'|'reject'|'unsure'|'relabel'|''} decision '' takes earlier ones back
   * @param {number} [cls] the class of a relabel
   */
  function decide(decision, cls) {
    const rows = atHand();
    if (rows.length === 0) {
      say('Pick a clip first.');
      return;
    }
    const wasHidden = rows.length === 1 && Earmark.queue.covered(rows[0]) && Earmark.queue.kind(rows[0]) === 'hidden';
    const { done, said } = actions.decide(rows, decision, cls);
    const truth = wasHidden && done.length ? `. It was verified: ${Earmark.clips.name(data.clips.label[rows[0]])}` : '';
    const alone = state.inQueue && state.selection.length === 0 && Earmark.queuePanel.advances;
    const left = alone && done.length > 0 && decision !== '' && !nextToDo(state.current);
    say(said + truth + (left ? '. That was all of the queue.' : ''));
  }

  function undo() {
    const rows = Earmark.decisions.undo();
    if (rows.length === 0) say('There is nothing to undo.');
    else say(rows.length === 1 ? `Undone: ${data.clips.id[rows[0]]}` : `Undone: ${rows.length} clips`);
    if (rows.length === 1) state.open(rows[0], { queue: state.inQueue && Earmark.queue.has(rows[0]) });
  }

  /** Relabel as the n-th of the list that is shown. */
  function relabelAs(n) {
    const cls = actions.likely(atHand())[n - 1];
    if (cls !== undefined) decide('relabel', cls);
  }

  function togglePlay() {
    if (state.current >= 0) player.toggle(state.current);
    else say('Pick a clip first.');
  }

  /** Hear by turns the open clip and those that sound the same. */
  function compare() {
    const row = state.current;
    const partners = row >= 0 ? Earmark.problems.partners(row) : [];
    if (row < 0) say('Pick a clip first.');
    else if (Earmark.queue.covered(row)) say('Covered until you decide.');
    else if (partners.length === 0) say('No other clip was found to sound the same.');
    else {
      const round = [row, ...partners];
      const next = round[(Math.max(round.indexOf(player.row), 0) + 1) % round.length];
      player.play(next);
      say(`Plays ${data.clips.id[next]}${next === row ? ', this clip' : ', the other one'}`);
    }
  }

  Earmark.hands = { say, atHand, go, nextToDo, decide, undo, relabelAs, togglePlay, compare };
})();
