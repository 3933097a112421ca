(function () {
  "use strict";
  var EVERY_MS = 2000, SLOWEST_MS = 30000;
  // what format.rs says in Rust
  function inert(text) {
    return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      function (c) {
        var code = c.charCodeAt(0), named = { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
        return named || (code < 256 ? "\\x" + ("0" + code.toString(16)).slice(-2)
          : "\\u" + ("000" + code.toString(16)).slice(-4));
      });
  }
  function grouped(n) { return n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ","); }
  function short(n) { return n >= 99.95 ? grouped(n) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2); }
  function duration(ms) {
    return ms < 999.5 ? short(ms) + " ms" : ms < 59950 ? short(ms / 1e3) + " s"
      : ms < 3597000 ? short(ms / 6e4) + " min" : short(ms / 36e5) + " h";
  }
  function bytes(n) {
    if (n < 1000) return n.toFixed(0) + " B";
    var units = ["kB", "MB", "GB", "TB", "PB"], unit = 0;
    for (n /= 1000; n >= 999.5 && unit < 4; unit++) n /= 1000;
    return short(n) + " " + units[unit];
  }
  var formats = {
    text: inert,
    count: grouped,
    rate: function (n) { return n === 0 ? "0" : short(n); },
    ms: duration,
    bytes: bytes,
    share: function (n) { return n > 0 && n < 0.0005 ? "<0.1 %" : (n * 100).toFixed(1) + " %"; },
    time: function (t) { return inert(t.slice(0, 10) + " " + t.slice(11, 19) + " UTC"); },
    clock: function (t) { return inert(t.slice(11, 19)); },
    status: function (n) { return n === 0 ? "none" : String(n); }
  };
  function show(format, value) { return value === null || value === undefined ? "–" : formats[format](value); }
  function at(data, path) {
    return path.split(".").reduce(function (part, key) { return part === null || part === undefined ? null : part[key]; }, data);
  }
  function put(element, text) { if (element.textContent !== text) element.textContent = text; }
  function dress(cell, head, value) {
    if (head.dataset.f === "share") cell.style.setProperty("--h-part", String(Number(value) || 0));
    cell.classList.toggle("h-bad", head.hasAttribute("data-bad") && (value > 0 && (head.dataset.f !== "status" || value >= 500)));
  }
  function fill(body, data) {
    var heads = body.parentNode.querySelectorAll("th"), rows = data[body.dataset.rows];
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach(function (row, index) {
      var line = body.rows[index] || body.insertRow();
      heads.forEach(function (head, column) {
        var cell = line.cells[column] || line.insertCell(), value = row[head.dataset.k];
        cell.className = head.className;
        put(cell, show(head.dataset.f, value));
        dress(cell, head, value);
      });
    });
  }
  function spark(seconds) {
    var most = Math.max.apply(null, seconds.concat(1));
    return seconds.map(function (n, i) { return "M" + (i + 0.5) + " 20V" + (20 - Math.max(n / most * 19, 0.4)).toFixed(2); }).join("");
  }
  function render(root, data) {
    root.querySelectorAll("[data-v]").forEach(function (e) { put(e, show(e.dataset.f, at(data, e.dataset.v))); });
    root.querySelectorAll("[data-rows]").forEach(function (e) { fill(e, data); });
    root.querySelectorAll("[data-if]").forEach(function (e) {
      var value = at(data, e.dataset.if);
      e.hidden = !(value && typeof value === "object" ? Object.keys(value).length : value);
    });
    root.querySelectorAll("[data-grow]").forEach(function (e) {
      var value = Number(at(data, e.dataset.grow)) || 0;
      e.style.flexGrow = String(value);
      e.toggleAttribute("data-some", value > 0);
    });
    root.querySelector("[data-spark]").setAttribute("d", spark(data.requests.seconds.map(Number)));
    put(root.querySelector("[data-drops]"), Object.keys(data.dropped).map(function (reason) {
      return inert(reason) + " " + grouped(data.dropped[reason]);
    }).join(", "));
    say(root, data.state === "on" ? "live" : "paused", data.state === "on" ? "good" : "warn");
  }
  function say(root, text, tone) {
    var state = root.querySelector(".h-state");
    put(state, text);
    state.dataset.tone = tone;
  }
  function start(root) {
    // a web2py component knows the address it was loaded from
    var frame = root.closest("[data-w2p_remote]"), wait = EVERY_MS, last = Date.now();
    var url = frame ? frame.getAttribute("data-w2p_remote") : location.href.split("#")[0];
    function again() { setTimeout(next, wait); }
    function ask() {
      var stop = new AbortController(), timer = setTimeout(function () { stop.abort(); }, 10000);
      return fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store", signal: stop.signal })
        .then(function (answer) {
          if (answer.ok && !/json/.test(answer.headers.get("content-type") || "")) return null;
          if (!answer.ok) throw new Error("status " + answer.status);
          return answer.json();
        })
        .finally(function () { clearTimeout(timer); });
    }
    function next() {
      if (!root.isConnected) return;
      if (document.hidden) { document.addEventListener("visibilitychange", next, { once: true }); return; }
      ask().then(function (data) {
        // the address gives a page, not these numbers: they stay as they were loaded
        if (!data || !data.requests) { say(root, "as of loading", "warn"); return; }
        render(root, data);
        last = Date.now();
        wait = EVERY_MS;
        again();
      }).catch(function () {
        say(root, "no answer for " + Math.round((Date.now() - last) / 1000) + " s", "error");
        wait = Math.min(wait * 2, SLOWEST_MS);
        again();
      });
    }
    again();
  }
  document.querySelectorAll(".haechi-statistics:not([data-live])").forEach(function (root) {
    root.setAttribute("data-live", "");
    start(root);
  });
})();
