"use strict";
(() => {
  // Every state was computed by the program. This script only chooses which rows are shown.
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("positions").textContent);
  const sliders = { on: find("on"), known: find("known") };
  const rows = {
    fields: [...find("fields").rows],
    obligations: [...find("obligations").children],
    entries: [...find("entries").children],
    sums: [...find("sums").children],
    paths: [...find("lines").children],
  };
  const marks = document.querySelectorAll(".now");

  // Each row is written as how many numbers it shares with the row before, and then as numbers, each with
  // how many times it follows.
  const whole = (changed) => {
    let before = [];
    return changed.map(([same, ...runs]) => {
      const row = before.slice(0, same);
      for (let i = 0; i < runs.length; i += 2) row.push(...Array(runs[i + 1]).fill(runs[i]));
      return (before = row);
    });
  };
  // Each set is written as the numbers in which it differs from the set before.
  const sets = (toggled) => {
    const now = new Set();
    return toggled.map((numbers) => {
      for (const number of numbers) if (!now.delete(number)) now.add(number);
      return [...now].sort((a, b) => a - b);
    });
  };
  const cells = {}, shown = {};
  for (const name of ["fields", "obligations", "sums"]) {
    cells[name] = whole(data[name].cells);
    shown[name] = sets(data[name].sets);
  }
  const histories = sets(data.entries);

  const at = (name, on, known) => shown[name][cells[name][known][on]];
  const show = (name, numbers) => {
    const chosen = new Set(numbers);
    rows[name].forEach((row, i) => row.toggleAttribute("hidden", !chosen.has(i)));
    return chosen;
  };

  const markFields = (numbers, before) => {
    const chosen = show("fields", [...numbers, ...before]);
    const now = new Set(numbers), earlier = new Set(before), changed = new Set();
    const name = (i) => rows.fields[i].cells[0].textContent;
    const nameNow = new Set(numbers.map(name)), nameBefore = new Set(before.map(name));
    rows.fields.forEach((row, i) => {
      const isNew = now.has(i) && !earlier.has(i), isOld = chosen.has(i) && !now.has(i);
      row.classList.toggle("changed", isNew);
      row.classList.toggle("was", isOld);
      row.cells[2].textContent = isNew
        ? (nameBefore.has(name(i)) ? "changed" : "new")
        : isOld ? (nameNow.has(name(i)) ? "before" : "gone") : "";
      if (isNew || isOld) changed.add(name(i));
    });
    return [...changed];
  };

  const markObligations = (numbers, before) => {
    show("obligations", numbers);
    const earlier = new Set(before);
    const changed = numbers.filter((i) => !earlier.has(i));
    rows.obligations.forEach((row, i) => row.classList.toggle("fresh", changed.includes(i)));
    return changed.map((i) => rows.obligations[i].querySelector("b").textContent);
  };

  const markEntries = (on, known, before) => {
    const numbers = histories[known];
    show("entries", numbers);
    const earlier = new Set(before);
    rows.entries.forEach((row, i) => {
      const isLater = data.entryDays[i] > on;
      row.classList.toggle("later", isLater);
      row.querySelector(".after").toggleAttribute("hidden", !isLater);
      row.classList.toggle("fresh", before !== null && !earlier.has(i));
    });
    return numbers;
  };

  let last = null;
  const move = () => {
    const on = Number(sliders.on.value), known = Number(sliders.known.value);
    const numbers = at("fields", on, known);
    const changed = markFields(numbers, last === null ? numbers : last.fields);
    const entries = markEntries(on, known, last === null ? null : last.entries);
    const obligations = at("obligations", on, known);
    const dates = markObligations(obligations, last === null ? obligations : last.obligations);
    show("sums", at("sums", on, known));
    show("paths", data.paths[known]);
    find("none").toggleAttribute("hidden", numbers.length > 0);
    for (const mark of marks) {
      mark.setAttribute("x1", data.x[on]);
      mark.setAttribute("x2", data.x[on]);
    }
    const day = data.days[on], time = data.known[known];
    find("on-text").textContent = day;
    find("known-text").textContent = time;
    sliders.on.setAttribute("aria-valuetext", day);
    sliders.known.setAttribute("aria-valuetext", time);
    find("where").textContent = `${day}, as known ${time}`;
    if (last !== null) {
      const names = [...changed, ...dates.map((name) => `obligation ${name}`)];
      find("said").textContent = names.length === 0 ? "Nothing changed." : `Changed: ${names.join(", ")}.`;
    }
    last = { fields: numbers, obligations, entries };
  };

  sliders.on.addEventListener("input", move);
  sliders.known.addEventListener("input", move);
  find("sliders").addEventListener("submit", (event) => event.preventDefault());
  rows.entries.forEach((row, i) => {
    const button = document.createElement("button"), number = row.querySelector("b");
    button.type = "button";
    button.textContent = number.textContent;
    button.setAttribute("aria-label", `Entry ${number.textContent}: show the state after it`);
    number.hidden = true;
    number.after(button);
    if (row.querySelector(".after") === null) {
      const after = document.createElement("em");
      after.className = "after";
      after.textContent = "after the chosen day";
      row.firstElementChild.append(" ", after);
    }
    button.addEventListener("click", () => {
      sliders.on.value = data.entryDays[i];
      sliders.known.value = Math.max(data.entryKnown[i], 0);
      move();
    });
  });
  find("sliders").hidden = false;
  document.body.classList.add("live");
  move();
})();
