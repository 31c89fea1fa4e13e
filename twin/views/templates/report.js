(function () {
  "use strict";
  var bar = document.querySelector(".slider");
  if (bar) {
    var input = bar.querySelector("input"), output = bar.querySelector("output"), all = bar.querySelector("button");
    var whole = output.textContent;
    var marks = Array.prototype.map.call(document.querySelectorAll("[data-out]"), function (mark) {
      var spans = mark.getAttribute("data-out").split(";").map(function (span) { return span.split("-").map(Number); });
      return { mark: mark, spans: spans };
    });
    var two = function (n) { return (n < 10 ? "0" : "") + n; };
    var show = function (t) {
      marks.forEach(function (one) {
        var out = t === null || one.spans.some(function (span) { return span[0] <= t && t < span[1]; });
        one.mark.classList.toggle("off", !out);
      });
      all.setAttribute("aria-pressed", String(t === null));
      output.textContent = t === null ? whole : "T+" + Math.floor(t / 3600) + ":" + two(Math.floor(t / 60) % 60) + ":" + two(t % 60);
    };
    bar.hidden = false;
    input.addEventListener("input", function () { show(Number(input.value)); });
    all.addEventListener("click", function () { show(null); });
  }
  var open = function () {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    for (var above = target; above; above = above.parentElement) { if (above.tagName === "DETAILS") { above.open = true; } }
    if (target) { target.scrollIntoView({ block: "center" }); }
  };
  window.addEventListener("hashchange", open);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (one) { one.open = true; });
  });
  open();
})();
